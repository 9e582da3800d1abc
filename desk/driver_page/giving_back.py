"""A driver cannot come: before the customer is with him he gives his order back, with a reason that stays on record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import trades
from desk.dispatching import modes, next_orders, searching
from desk.driver_page.driver_trips import refusal
from desk.errors import Invalid, WrongState
from desk.message import assignments, order_texts
from desk.order import order_clock, order_steps
from desk.trades import TAKEN
from desk.work import Work
from models import Assignment, Order, OrderStep, Search

GIVEN_BACK_FOR = ("too_late", "breakdown", "unwell", "wrong_order", "something_else")
"""Why a driver gives an order back, as his page offers it; each has its words in the locales (`give_back`, `given_back`)."""


@dataclass(frozen=True, slots=True)
class GivenBack:
    """An order that a driver gave back, when, why (one of GIVEN_BACK_FOR), and how far he was."""

    at: datetime
    order_id: int
    reason: str
    before: str


async def give_back(work: Work, driver_id: int, order_id: int, reason: str) -> Order:
    """The order waits for another driver, and he is free (or begins his next one). It may also be his next one.

    It is looked for at once as the mode of its line has it; where the desk asks nobody by itself, it is alarmed. He is not
    asked for it again. The customer is told, where the office wants that.

    Raises Invalid, WrongState once the customer is with him, NotYours, NotFound.
    """
    if reason not in GIVEN_BACK_FOR:
        raise Invalid("that is no reason", field="reason")
    order = await order_steps.hold(work, None, order_id)
    active = await assignments.of_order(work.session, order_id)
    if active is not None and active.driver_id == driver_id:
        await _from_now(work, order, active, reason)
    else:
        await _from_later(work, order, driver_id, reason)
    if not await searching.resume(work, order):
        await modes.taken(work, order)
    if not await _is_asked_for(work.session, order_id):
        await order_clock.alarm(work, order_id, order_clock.GIVEN_BACK)
    return order


async def of_driver(session: AsyncSession, driver_id: int, limit: int = 20) -> list[GivenBack]:
    """What he gave back, the newest first."""
    # By his assignments, which have an index, to the steps of their orders.
    had = select(Assignment.order_id).where(Assignment.driver_id == driver_id, Assignment.state == "released")
    query = (
        select(OrderStep)
        .where(
            OrderStep.order_id.in_(had),
            OrderStep.driver_id == driver_id,
            OrderStep.after == TAKEN,
            OrderStep.reason.in_(GIVEN_BACK_FOR),
        )
        .order_by(OrderStep.id.desc())
        .limit(limit)
    )
    rows = await session.scalars(query)
    return [GivenBack(row.at, row.order_id, row.reason or "", row.before or "") for row in rows]


async def _from_now(work: Work, order: Order, active: Assignment, reason: str) -> None:
    if not trades.load(order.trade).may_be_given_back(order.state):
        raise WrongState(f"an order that is {order.state} is not given back", before=order.state, after=TAKEN)
    await order_steps.move(work, order, TAKEN, None, reason, driver_id=active.driver_id)
    await assignments.end(work, active, "released", reason)
    await order_texts.given_back(work, order, active)
    await searching.freed(work, active.driver_id)


async def _from_later(work: Work, order: Order, driver_id: int, reason: str) -> None:
    kept = await next_orders.of_order(work.session, order.id)
    if kept is None or kept.driver_id != driver_id:
        raise await refusal(work, driver_id, order)
    await next_orders.let_go(work, order.id, reason)
    order_steps.record_step(work, order, TAKEN, TAKEN, None, reason, driver_id)
    await work.session.flush()


async def _is_asked_for(session: AsyncSession, order_id: int) -> bool:
    query = select(Search.id).where(Search.order_id == order_id, Search.state == "running", Search.proposes.is_(False))
    return await session.scalar(query) is not None
