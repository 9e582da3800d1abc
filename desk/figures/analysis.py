"""Sales and orders seen from one side after another: by hour and weekday, place, customer's grade, driver, operator, channel.

The orders are those that the company's report counts: closed in the days that are asked for. Each cell is summed in the
database, and opens into the very rows that it is the sum of; all cells of a side together are the report's own total.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from desk.clock.days import Span
from desk.customer import order_sides, segments, squares
from desk.customer.order_sides import CLOCKS, SQUARE, closed, joined
from desk.errors import Invalid
from desk.figures.report_rows import PAGE, DriverName, OrderRow, beyond, order_row
from desk.trades import CANCELLED, COMPLETED
from desk.views import Json
from models import Driver, Office, Order

SEGMENT = "segment"
SIDES = (
    "hour", "clock", "origin", SQUARE, "destination", "grade", SEGMENT, "driver", "operator", "channel", "payment",
)  # fmt: skip
"""From which sides the orders are looked at."""
MOST_CELLS = 300
"""What has fewer orders than so many others is summed in one line."""
OTHERS = None


@dataclass(frozen=True, slots=True)
class Counted:
    """Orders by their end, and the fares of those that were driven."""

    completed: int = 0
    cancelled: int = 0
    no_show: int = 0
    fares: int = 0

    def __add__(self, other: Counted) -> Counted:
        return Counted(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    @property
    def orders(self) -> int:
        """All of them."""
        return self.completed + self.cancelled + self.no_show

    @property
    def average(self) -> int | None:
        """The mean fare of those that were driven, down to whole units."""
        return self.fares // self.completed if self.completed else None

    def permille(self, of: str) -> int | None:
        """How many of a thousand orders were `cancelled` or `no_show`, to the nearest; halves up."""
        return (2000 * int(getattr(self, of)) + self.orders) // (2 * self.orders) if self.orders else None

    def as_json(self) -> Json:
        return {one.name: getattr(self, one.name) for one in fields(self)} | {
            "orders": self.orders,
            "average": self.average,
            "cancelled_permille": self.permille("cancelled"),
            "no_show_permille": self.permille("no_show"),
        }


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a side. `key` opens it ("" where the order does not say); null is all that is too small to be shown."""

    key: str | None
    label: str
    counted: Counted


@dataclass(frozen=True, slots=True)
class Analysis:
    """One side of some days; `total` is the sum of the cells, but by segment, as somebody may be in several or in none."""

    by: str
    span: Span
    cells: tuple[Cell, ...]
    total: Counted


async def look(session: AsyncSession, office: Office, span: Span, by: str) -> Analysis:
    """The cells of a side: hours in the order of the week, others by the number of their orders. Raises Invalid."""
    if by == SEGMENT:
        return await _by_segment(session, office, span)
    key, label = order_sides.side(dialect_of(session), office, span, by)
    query = joined(select(key.label("cell_key"), func.max(label).label("cell_label"), *counts())).where(
        *closed(office, span)
    )
    rows = await session.execute(query.group_by(literal_column("cell_key")))
    cells = [
        Cell(str(key), str(label or ""), Counted(*(int(one) for one in counts))) for key, label, *counts in rows
    ]  # fmt: skip
    if by == SQUARE:
        names = await places_in_squares(session, office, span)
        cells = [replace(cell, label=names.get(cell.key or "", "")) for cell in cells]
    total = sum((cell.counted for cell in cells), Counted())
    if by in CLOCKS:
        return Analysis(by, span, tuple(sorted(cells, key=lambda cell: int(cell.key or 0))), total)
    cells.sort(key=lambda cell: (-cell.counted.orders, cell.label, cell.key or ""))
    if rest := cells[MOST_CELLS:]:
        cells[MOST_CELLS:] = [Cell(OTHERS, "", sum((cell.counted for cell in rest), Counted()))]
    return Analysis(by, span, tuple(cells), total)


async def places_in_squares(session: AsyncSession, office: Office, span: Span) -> dict[str, str]:
    """By key of a square: the place from which most of its orders were, as it was written."""
    key, _ = order_sides.side(dialect_of(session), office, span, SQUARE)
    written = select(key.label("square"), Order.origin_text.label("told"), func.count().label("times"))
    each = written.where(*closed(office, span)).group_by(literal_column("square"), literal_column("told")).subquery()
    at = func.row_number().over(partition_by=each.c.square, order_by=(each.c.times.desc(), each.c.told))
    ranked = select(each.c.square, each.c.told, at.label("at")).subquery()
    found = await session.execute(select(ranked.c.square, ranked.c.told).where(ranked.c.at == 1))
    return {str(square): str(told) for square, told in found if squares.square_of(str(square)) is not None}


async def rows(
    session: AsyncSession,
    office: Office,
    span: Span,
    cells: Mapping[str, str],
    after: int | None = None,
    limit: int | None = PAGE,
) -> list[OrderRow]:
    """The orders of a cell, or where several sides are named of what they have in common. Raises Invalid."""
    query = (
        joined(select(Order, Driver.id, Driver.number, Driver.name))
        .where(*closed(office, span), *await _within(session, office, span, cells))
        .order_by(Order.closed_at, Order.id)
    )
    if after is not None:
        query = query.where(beyond(Order.closed_at, Order.id, after))
    return [
        order_row(order, DriverName(driver_id, number, name) if driver_id is not None else None)
        for order, driver_id, number, name in await session.execute(query.limit(limit))
    ]


def counted(found: Sequence[OrderRow]) -> Counted:
    """The sum of rows, as a cell counts them."""
    done = [row for row in found if row.state == COMPLETED]
    cancelled = sum(row.state == CANCELLED for row in found)
    return Counted(
        len(done), cancelled, len(found) - len(done) - cancelled, sum(row.fare or 0 for row in done)
    )  # fmt: skip


async def _by_segment(session: AsyncSession, office: Office, span: Span) -> Analysis:
    """A cell for each segment, by its orders, and one for who is in none; the total counts every order once."""
    mine = closed(office, span)

    async def sum_of(*within: ColumnElement[bool]) -> Counted:
        row = (await session.execute(joined(select(*counts())).where(*mine, *within))).one()
        return Counted(*map(int, row))

    found = await segments.listed(session, office.id)
    cells = [
        Cell(f"{one.id}", one.name, await sum_of(await _in_segment(session, office, f"{one.id}"))) for one in found
    ]
    cells.sort(key=lambda cell: (-cell.counted.orders, cell.label))
    cells.append(Cell("", "", await sum_of(await _in_segment(session, office, ""))))
    return Analysis(SEGMENT, span, tuple(cell for cell in cells if cell.counted.orders), await sum_of())


async def _in_segment(session: AsyncSession, office: Office, told: str) -> ColumnElement[bool]:
    if told:
        if not (told.isascii() and told.isdigit() and len(told) < 18):
            raise Invalid("there is no such segment", field=SEGMENT)
        return Order.customer_id.in_(await segments.who(session, office.id, int(told)))
    every = [await segments.who(session, office.id, one.id) for one in await segments.listed(session, office.id)]
    return or_(Order.customer_id.is_(None), and_(true(), *(Order.customer_id.not_in(one) for one in every)))


async def _within(
    session: AsyncSession, office: Office, span: Span, cells: Mapping[str, str]
) -> list[ColumnElement[bool]]:
    asked = []
    for by, told in cells.items():
        if by == SEGMENT:
            asked.append(await _in_segment(session, office, told))
            continue
        asked += order_sides.within(dialect_of(session), office, span, {by: told})
    return asked


def dialect_of(session: AsyncSession) -> str:
    """The database's: "sqlite" or "postgresql"."""
    return str(session.get_bind().dialect.name)


def counts() -> tuple[Any, ...]:
    """What a cell counts, in the order of Counted."""
    no_show = and_(Order.state != COMPLETED, Order.state != CANCELLED)
    return (
        func.count().filter(Order.state == COMPLETED),
        func.count().filter(Order.state == CANCELLED),
        func.count().filter(no_show),
        func.coalesce(func.sum(Order.fare).filter(Order.state == COMPLETED), 0),
    )
