"""How long callers wait: from the ring to the saved order, to a driver, to his arrival, by the hour of the call and by operator.

Medians are made in the database. An order without a call, or whose step nobody noted, is in none of those that it lacks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, cast, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import trades
from desk.clock.days import Span
from desk.clock.local_time import LocalTime, milliseconds
from desk.views import Json
from models import Assignment, Call, Office, Operator, Order, OrderStep

WAYS = ("ring_to_saved", "ring_to_dispatched", "dispatched_to_arrived", "ring_to_arrived")


@dataclass(frozen=True, slots=True)
class Median:
    """The middle of `count` times, in whole seconds."""

    seconds: int
    count: int


@dataclass(frozen=True, slots=True)
class Waited:
    """One hour or one operator; `medians` by way, without those that nobody took."""

    key: str
    label: str
    medians: dict[str, Median]

    def as_json(self) -> Json:
        return {
            "key": self.key,
            "label": self.label,
            **{
                way: {"seconds": self.medians[way].seconds, "count": self.medians[way].count}
                if way in self.medians
                else None
                for way in WAYS
            },
        }


@dataclass(frozen=True, slots=True)
class Times:
    """The same orders by hour of the call (office's clock), by operator, and all together."""

    hours: tuple[Waited, ...]
    operators: tuple[Waited, ...]
    all: Waited


async def look(session: AsyncSession, office: Office, span: Span) -> Times:
    """The times of the orders that were closed in these days."""
    by_hour: dict[str, Waited] = {}
    by_operator: dict[str, Waited] = {}
    everybody = Waited("", "", {})
    for way in WAYS:
        for found, side in ((by_hour, "hour"), (by_operator, "operator"), ({"": everybody}, "all")):
            for key, label, median in await _medians(session, office, span, way, side):
                found.setdefault(key, Waited(key, label, {})).medians[way] = median
    return Times(
        tuple(sorted(by_hour.values(), key=lambda one: int(one.key))),
        tuple(sorted(by_operator.values(), key=lambda one: (one.label, one.key))),
        everybody,
    )


async def _medians(
    session: AsyncSession, office: Office, span: Span, way: str, side: str
) -> list[tuple[str, str, Median]]:
    dialect = session.get_bind().dialect.name
    clock = LocalTime(office.timezone, dialect, span.since, span.until)
    given: Any = select(func.min(Assignment.assigned_at)).where(Assignment.order_id == Order.id)
    came: Any = select(func.min(OrderStep.at)).where(
        OrderStep.order_id == Order.id, OrderStep.after == _arrived(office.trade)
    )
    ring: Any = func.coalesce(Call.ringing_at, Call.arrived_at)
    given, came = given.scalar_subquery(), came.scalar_subquery()
    since, until = {
        "ring_to_saved": (ring, Order.taken_at),
        "ring_to_dispatched": (ring, given),
        "dispatched_to_arrived": (given, came),
        "ring_to_arrived": (ring, came),
    }[way]
    keys: dict[str, tuple[Any, Any]] = {
        "hour": (cast(clock.hour(Call.arrived_at), String), literal_column("''")),
        "operator": (cast(Operator.id, String), Operator.name),
        "all": (literal_column("''"), literal_column("''")),
    }
    key, label = keys[side]
    took = (
        select(key.label("k"), label.label("l"), milliseconds(since, until, dialect).label("ms"))
        .select_from(Order)
        .join(Call, Call.id == Order.call_id)
        .join(Operator, Operator.id == Order.taken_by)
        .where(
            Order.office_id == office.id,
            Order.closed_at >= span.since,
            Order.closed_at < span.until,
            Call.direction == "in",
        )
        .subquery()
    )
    ranked = (
        select(
            took.c.k,
            took.c.l,
            took.c.ms,
            func.row_number().over(partition_by=took.c.k, order_by=took.c.ms).label("at"),
            func.count().over(partition_by=took.c.k).label("of"),
        )
        .where(took.c.ms >= 0)
        .subquery()
    )
    # The one in the middle, or the two of an even number.
    middle = (2 * ranked.c.at >= ranked.c.of) & (2 * ranked.c.at <= ranked.c.of + 2)
    rows = await session.execute(
        select(ranked.c.k, func.max(ranked.c.l), func.sum(ranked.c.ms), func.count(), func.max(ranked.c.of))
        .where(middle)
        .group_by(ranked.c.k)
    )
    return [
        (str(key), str(label or ""), Median(_rounded(int(total), 1000 * int(parts)), int(count)))
        for key, label, total, parts, count in rows
    ]


def _arrived(name: str) -> str:
    """The state in which a driver stands before his customer: the one that a no-show is told from."""
    trade = trades.load(name)
    return next((state for state, after in trade.states.items() if trade.no_show in after), "arrived")


def _rounded(total: int, by: int) -> int:
    return (2 * total + by) // (2 * by)
