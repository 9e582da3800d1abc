"""The order that a driver takes next: his from the moment that he says yes, begun in the very transaction that frees him.

One held row a driver and one an order, by partial unique indexes. Whoever ends the order that he has now calls `begin`; where he
cannot begin the next one (he went off duty, it was cancelled), it waits for another driver again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from desk import errors, events, trades
from desk.dispatching.giving import give, refuse_if_driver_kept, refuse_if_order_taken
from desk.driver import offers
from desk.order import finishing, order_steps
from desk.trades import TAKEN
from desk.views import Json, moment
from desk.work import Work
from models import Driver, NextOrder, Order
from models.dispatch import HELD


async def of_order(session: AsyncSession, order_id: int) -> NextOrder | None:
    """Who begins this order next."""
    found = await session.scalars(select(NextOrder).where(NextOrder.order_id == order_id, NextOrder.state == HELD))
    return found.one_or_none()


async def of_driver(session: AsyncSession, driver_id: int) -> NextOrder | None:
    """What this driver begins next."""
    found = await session.scalars(select(NextOrder).where(NextOrder.driver_id == driver_id, NextOrder.state == HELD))
    return found.one_or_none()


async def drivers_of(session: AsyncSession, order_ids: Collection[int]) -> dict[int, Json]:
    """Who begins each of these orders next, and about when he is free for it."""
    query = (
        select(NextOrder.order_id, NextOrder.expected_at, Driver.id, Driver.number, Driver.name)
        .join(Driver, Driver.id == NextOrder.driver_id)
        .where(NextOrder.order_id.in_(order_ids), NextOrder.state == HELD)
    )
    return {
        order_id: {"id": driver_id, "number": number, "name": name, "expected_at": moment(expected_at)}
        for order_id, expected_at, driver_id, number, name in await session.execute(query)
    }


async def hold(work: Work, operator_id: int | None, order: Order, driver: Driver) -> NextOrder:
    """Keep an order for a busy driver; both are held (order_steps.hold, giving.driver_of_office).

    Raises OrderTaken, DriverTaken, WrongState.
    """
    await refuse_if_order_taken(work, order)
    if order.state != TAKEN:
        raise errors.WrongState(f"an order that is {order.state} waits for no driver", before=order.state)
    left = finishing.done_in_s(driver, trades.load(order.trade), work.now)
    kept = NextOrder(
        order_id=order.id, driver_id=driver.id, state=HELD, made_at=work.now, made_by=operator_id,
        expected_at=None if left is None else work.now + timedelta(seconds=left),
    )  # fmt: skip
    try:
        async with work.session.begin_nested():
            work.session.add(kept)
    except IntegrityError:
        await refuse_if_driver_kept(work, driver)
        raise
    await offers.withdraw_of_order(work, order.id, f"driver {driver.number} takes the order next", "assigned")
    await offers.withdraw_of_driver(work, driver.id, "the driver has his next order")
    work.tell(events.OrderChanged(work.now, order.id, operator_id))
    return kept


def may_hold(order: Order, driver: Driver, now: datetime) -> bool:
    """Whether a busy driver is so far that this order could be his next one."""
    trade = trades.load(order.trade)
    left = finishing.done_in_s(driver, trade, now)
    return (
        trade.finishing is not None and driver.state == "busy" and left is not None and left <= trade.finishing.within_s
    )


async def let_go(work: Work, order_id: int, reason: str) -> bool:
    """The order that is held (order_steps.hold) is nobody's next one any more; whether it was."""
    kept = await of_order(work.session, order_id)
    if kept is None:
        return False
    kept.state, kept.ended_at, kept.reason = "released", work.now, reason or None
    await work.session.flush()
    work.tell(events.OrderChanged(work.now, order_id, None))
    return True


async def begin(work: Work, driver_id: int) -> Order | None:
    """He has nothing to do any more: what he holds is his order now. The order that he could not begin, or None."""
    kept = await of_driver(work.session, driver_id)
    if kept is None:
        return None
    order = await order_steps.hold(work, None, kept.order_id)
    driver = await work.session.get_one(Driver, driver_id, populate_existing=True)
    await work.session.refresh(kept)
    if kept.state != HELD:
        return None
    able = order.state == TAKEN and driver.state == "free" and driver.disabled_at is None
    kept.state, kept.ended_at = ("begun" if able else "released"), work.now
    if not able:
        kept.reason = "the driver went off duty"
    await work.session.flush()
    if not able:
        work.tell(events.OrderChanged(work.now, order.id, None))
        return order
    await give(work, kept.made_by, order, driver)
    return None
