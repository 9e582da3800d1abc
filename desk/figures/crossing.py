"""Two sides of the orders at once: hours by origin, drivers by hours. All cells together are the report's total."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.clock.days import Span
from desk.customer.order_sides import CLOCKS, SQUARE, closed, joined, side
from desk.errors import Invalid
from desk.figures.analysis import OTHERS, SEGMENT, Cell, Counted, counts, dialect_of, places_in_squares
from models import Office

MOST_ROWS = 60
MOST_COLUMNS = 24
"""What has fewer orders than so many others is summed in one line, or one column."""
Key = str | None


@dataclass(frozen=True, slots=True)
class Crossed:
    """`cells` by (row's key, column's key); rows and columns carry their own sums, which add up to `total`."""

    by: str
    across: str
    span: Span
    rows: tuple[Cell, ...]
    columns: tuple[Cell, ...]
    cells: Mapping[tuple[Key, Key], Counted]
    total: Counted


async def look(session: AsyncSession, office: Office, span: Span, by: str, across: str) -> Crossed:
    """The orders by both sides. Raises Invalid for sides that cannot be crossed."""
    if by == across or SEGMENT in (by, across) or {by, across} == set(CLOCKS):
        raise Invalid("these two sides cannot be crossed", field="across")
    key, label = side(dialect_of(session), office, span, by)
    other_key, other_label = side(dialect_of(session), office, span, across)
    query = joined(
        select(key.label("cell_key"), other_key.label("other_key"), func.max(label), func.max(other_label), *counts())
    ).where(*closed(office, span))
    found = await session.execute(query.group_by(literal_column("cell_key"), literal_column("other_key")))
    lines = [(str(a), str(b), str(x or ""), str(y or ""), Counted(*map(int, rest))) for a, b, x, y, *rest in found]
    if SQUARE in (by, across):
        names = await places_in_squares(session, office, span)
        lines = [
            (a, b, names.get(a, "") if by == SQUARE else x, names.get(b, "") if across == SQUARE else y, counted)
            for a, b, x, y, counted in lines
        ]
    rows = _edge(by, [(a, label, counted) for a, _, label, _, counted in lines], MOST_ROWS)
    columns = _edge(across, [(b, label, counted) for _, b, _, label, counted in lines], MOST_COLUMNS)
    in_rows, in_columns = ({cell.key for cell in edge} for edge in (rows, columns))
    cells: dict[tuple[Key, Key], Counted] = defaultdict(Counted)
    for a, b, _, _, counted in lines:
        cells[a if a in in_rows else OTHERS, b if b in in_columns else OTHERS] += counted
    return Crossed(by, across, span, rows, columns, cells, sum((cell.counted for cell in rows), Counted()))


def _edge(by: str, lines: list[tuple[str, str, Counted]], most: int) -> tuple[Cell, ...]:
    """The rows or the columns: hours in their order, all of them where there are any; others by the number of their orders."""
    sums: dict[str, Counted] = defaultdict(Counted)
    labels: dict[str, str] = {}
    for key, label, counted in lines:
        sums[key] += counted
        labels[key] = label
    if by in CLOCKS:
        # A week has more hours than a page has columns: all of them are kept, so that a picture of it has no holes.
        return tuple(Cell(key, "", sums[key]) for key in sorted(sums, key=int))
    cells = [Cell(key, labels[key], counted) for key, counted in sums.items()]
    cells.sort(key=lambda cell: (-cell.counted.orders, cell.label, cell.key or ""))
    if rest := cells[most:]:
        cells[most:] = [Cell(OTHERS, "", sum((cell.counted for cell in rest), Counted()))]
    return tuple(cells)
