"""Too many open orders from one number, or to one place: somebody sends drivers out for nothing, until a person says otherwise.

In Moscow, on 1 September 2022, dozens of taxis were ordered to one address at once, and stood for hours. Such an order is taken
like any other, as nobody on the telephone is told that he is not believed; but no driver is asked for it, and none is proposed,
before an operator says why. His words stand in the record of who did what.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from desk import trades
from desk.dispatching.pins import OFFERED_ALL_THE_SAME
from desk.errors import Conflict
from desk.office.people import audit
from desk.text import plain
from desk.trades import TAKEN
from desk.views import Json
from desk.work import Work
from models import Order

NUMBER, PLACE = "many_from_number", "many_to_place"


@dataclass(frozen=True, slots=True)
class Crowd:
    """`count` open orders, this one among them, are from one number or to one place: `why` is NUMBER or PLACE."""

    why: str
    count: int

    def as_json(self) -> Json:
        return {"why": self.why, "count": self.count}


class TooManyAlike(Conflict):
    """Too many open orders are from the same number or to the same place. `details` has `why` and `count`."""

    code = "too_many_alike"


async def of_orders(session: AsyncSession, orders: Iterable[Order]) -> dict[int, Crowd]:
    """Those of the orders that wait for a driver and stand in a crowd. Two queries for each office, however many there are."""
    found: dict[int, Crowd] = {}
    offices: dict[int, list[Order]] = {}
    for order in orders:
        if order.state == TAKEN:
            offices.setdefault(order.office_id, []).append(order)
    for office_id, waiting in offices.items():
        numbers = await _counts(session, office_id, Order.number, {order.number for order in waiting} - {None})
        places = await _counts(session, office_id, Order.origin_text, {order.origin_text for order in waiting})
        for order in waiting:
            crowd = _crowd(order, numbers.get(order.number, 0), places.get(order.origin_text, 0))
            if crowd is not None:
                found[order.id] = crowd
    return found


async def check(work: Work, order: Order, operator_id: int | None, all_the_same: str | None) -> None:
    """Raises TooManyAlike where the order stands in a crowd and nobody says why it shall be offered; who does is written down."""
    crowd = (await of_orders(work.session, [order])).get(order.id)
    if crowd is None:
        return
    reason = plain(all_the_same, 200)
    if not reason or operator_id is None:
        raise TooManyAlike(
            f"order {order.id} is one of {crowd.count} open orders alike",
            order_id=order.id,
            why=crowd.why,
            count=crowd.count,
        )
    audit(
        work,
        operator_id,
        OFFERED_ALL_THE_SAME,
        str(order.id),
        {"why": crowd.why, "reason": reason, "count": crowd.count},
    )


def _crowd(order: Order, same_number: int, same_place: int) -> Crowd | None:
    trade = trades.load(order.trade)
    if same_number > trade.open_from_a_number:
        return Crowd(NUMBER, same_number)
    return Crowd(PLACE, same_place) if same_place > trade.open_to_a_place else None


async def _counts(
    session: AsyncSession, office_id: int, column: InstrumentedAttribute[Any], values: set[Any]
) -> dict[Any, int]:
    query = (
        select(column, func.count())
        .where(Order.office_id == office_id, Order.closed_at.is_(None), column.in_(values))
        .group_by(column)
    )
    return {row[0]: row[1] for row in await session.execute(query)} if values else {}
