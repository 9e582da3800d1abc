"""What a driver does with an order on his page: say how far he is, and hear who was first where he was not."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import trades
from desk.dispatching import giving, searching
from desk.dispatching.searching import OfferGone
from desk.driver import vehicle_proof
from desk.errors import Conflict, DeskError, NotFound, WrongState
from desk.message import assignments
from desk.order import order_steps
from desk.ordering import no_show, open_fares, orders
from desk.trades import COMPLETED
from desk.work import Work
from models import Assignment, Driver, NextOrder, Order
from models.dispatch import HELD

DECLINED_FOR = ("too_far", "other_way", "low_fare", "break", "something_else")
"""Why a driver says no, as his page offers it; each has its words in `driver.toml`."""


class NotYours(Conflict):
    """The order was his and is not any more. `details` tell who has it, if anybody does."""

    code = "not_yours"


async def accept(work: Work, driver_id: int, offer_id: int) -> Assignment | NextOrder:
    """The driver takes what he was offered. Raises what `searching.accept` raises; OfferGone says who was first.

    DriverTaken where it was withdrawn because he has got another order.
    """
    try:
        return await searching.accept(work, driver_id, offer_id)
    except OfferGone as gone:
        if gone.details.get("state") == "withdrawn":  # because he has got another order meanwhile?
            driver = await work.session.get_one(Driver, driver_id)
            await giving.refuse_if_driver_kept(work, driver)
            await work.session.refresh(driver)  # what was kept for him may have begun since he was read
            if driver.done_at is None:
                await giving.refuse_if_driver_taken(work, driver)
        details = dict(gone.details)
        order_id = details.get("order_id")
        details |= await _holder(work.session, order_id) if isinstance(order_id, int) else {}
        raise OfferGone(str(gone), **details) from gone


async def step(work: Work, driver_id: int, order_id: int, to: str, called: int = 0, fare: int | None = None) -> Order:
    """The driver says how far he is, or that nobody came, whom he called so often; at the end, what an open fare was.

    A fare that is fixed, or that the office owes him, is not his to say: it is passed over. Raises WrongState, NotYours, NotFound
    for an order that never was his, and what `no_show.declare`, `vehicle_proof.check_step` and `open_fares.say` raise.
    """
    order = await order_steps.hold(work, None, order_id)
    active = await assignments.of_order(work.session, order_id)
    if active is None or active.driver_id != driver_id:
        raise await refusal(work, driver_id, order)
    trade = trades.load(order.trade)
    if to == trade.no_show:
        return await no_show.declare(work, order, driver_id, called)
    if to not in trade.steps_of_driver(order.state):
        raise WrongState(f"an order that is {order.state} cannot become {to}", before=order.state, after=to)
    await vehicle_proof.check_step(work.session, order, driver_id, to)
    if to == COMPLETED:
        if fare and open_fares.is_drivers_to_say(order):
            await open_fares.say(work, order, fare, None)
        return await orders.finish(work, order, None, driver_id)
    await order_steps.move(work, order, to, None, driver_id=driver_id)
    return order


async def refusal(work: Work, driver_id: int, order: Order) -> DeskError:
    """Why an order that is not his now is not his to move."""
    had = select(Assignment.state).where(Assignment.order_id == order.id, Assignment.driver_id == driver_id)
    states = (await work.session.scalars(had)).all()
    if not states:
        return NotFound(f"there is no order {order.id}", order_id=order.id)
    if "completed" in states:
        return WrongState(f"order {order.id} is {order.state}", before=order.state)
    holder = await _holder(work.session, order.id)
    return NotYours(f"order {order.id} was taken back", order_id=order.id, state=order.state, **holder)


async def _holder(session: AsyncSession, order_id: int) -> dict[str, str | int | None]:
    has = select(Assignment.driver_id).where(Assignment.order_id == order_id, Assignment.state == "active")
    next_ = select(NextOrder.driver_id).where(NextOrder.order_id == order_id, NextOrder.state == HELD)
    number = await session.scalar(select(Driver.number).where(Driver.id.in_(has.union(next_))))
    return {"driver_number": number} if number is not None else {}
