"""Customers by the month of their very first trip, and how many of them came again in each month after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.clock import days
from desk.clock.days import Span
from desk.customer.order_sides import driven
from desk.errors import Invalid
from desk.figures.reports import parts_table
from models import Office, Order

MOST_MONTHS = 24


@dataclass(frozen=True, slots=True)
class Came:
    """Of one cohort in one month: so many customers, their trips and fares."""

    customers: int = 0
    trips: int = 0
    fares: int = 0


@dataclass(frozen=True, slots=True)
class Cohort:
    """Whose first trip was in `month`; `later[n]` is how it was n months after. `later[0].customers` is all of them."""

    month: Span
    later: tuple[Came, ...]


async def look(session: AsyncSession, office: Office, span: Span) -> list[Cohort]:
    """The cohorts of the months of `span`. Raises Invalid for more than 24 months."""
    months = days.parts(office.timezone, span, "month")
    if len(months) > MOST_MONTHS:
        raise Invalid(f"cohorts are shown for {MOST_MONTHS} months at most", field="from")
    first = _firsts(office).cte("firsts")
    table = parts_table(months)
    then = table.alias("then_in")
    begun = table.alias("begun_in")
    rows = await session.execute(
        select(
            begun.c.part,
            then.c.part,
            func.count(Order.customer_id.distinct()),
            func.count(),
            func.coalesce(func.sum(Order.fare), 0),
        )
        .select_from(then)
        .join(Order, and_(*driven(office), Order.closed_at >= then.c.since, Order.closed_at < then.c.until))
        .join(first, first.c.customer_id == Order.customer_id)
        .join(begun, and_(first.c.at >= begun.c.since, first.c.at < begun.c.until))
        .group_by(begun.c.part, then.c.part)
    )
    found = {(begun_in, in_): Came(int(who), int(trips), int(fares)) for begun_in, in_, who, trips, fares in rows}
    return [
        Cohort(month, tuple(found.get((n, m), Came()) for m in range(n, len(months)))) for n, month in enumerate(months)
    ]


def _firsts(office: Office) -> Select[int | None, datetime | None]:
    return (
        select(Order.customer_id, func.min(Order.closed_at).label("at"))
        .where(*driven(office))
        .group_by(Order.customer_id)
    )
