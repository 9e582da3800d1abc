"""Does what is due for orders: reminders, searches that begin by themselves, promises that are about to break.

What is due stands in rows, so it survives any restart; what was missed is done once, and says by how much it is late.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import events, trades
from desk.clock.clock_words import clock
from desk.dispatching import candidates, searching
from desk.dispatching.crowds import TooManyAlike
from desk.dispatching.pins import PinUncertain
from desk.message import assignments, order_texts
from desk.order import order_clock, order_steps, promises, way_points
from desk.order.order_clock import PROMISE, PROMISE_BROKEN, REMIND_CUSTOMER, REMIND_DESK, SEARCH
from desk.trades import RESERVED, TAKEN
from desk.work import Work
from models import Driver, Office, Order, OrderTimer

LATE = timedelta(seconds=60)
"""What is done so much after its time has been missed, and the desk is told."""
REMINDER, WAIT = "sms.reminder.customer", "sms.wait.customer"
AGAIN = timedelta(minutes=2)

log = structlog.get_logger(__name__)


async def due(session: AsyncSession, now: datetime, limit: int = 50) -> list[int]:
    """Timers for which it is time, the longest due first."""
    query = select(OrderTimer.id).where(OrderTimer.done_at.is_(None), OrderTimer.due_at <= now)
    return list(await session.scalars(query.order_by(OrderTimer.due_at, OrderTimer.id).limit(limit)))


async def next_due(session: AsyncSession) -> datetime | None:
    """When there is something to do again."""
    query = select(OrderTimer.due_at).where(OrderTimer.done_at.is_(None)).order_by(OrderTimer.due_at).limit(1)
    found: datetime | None = await session.scalar(query)
    return found


async def advance(work: Work, timer_id: int) -> None:
    """Do what is due, once: another one may have done it meanwhile."""
    order_id = await work.session.scalar(select(OrderTimer.order_id).where(OrderTimer.id == timer_id))
    if order_id is None:
        return
    order = await order_steps.hold(work, None, order_id)
    timer = await work.session.get_one(OrderTimer, timer_id, populate_existing=True)
    if timer.done_at is not None or timer.due_at > work.now:
        return
    late = work.now - timer.due_at
    if order.closed_at is not None:
        outcome: str | None = "off"
    else:
        outcome = await _DEEDS[timer.kind](work, order, timer)
    if outcome is None:  # it has another time now
        await work.session.flush()
        return
    timer.done_at, timer.outcome = work.now, outcome
    if late > LATE and outcome != "off":
        timer.late_s = round(late.total_seconds())
        log.warning(
            "what was due for an order was missed and is done now",
            order_id=order.id,
            kind=timer.kind,
            late_s=timer.late_s,
        )
    await work.session.flush()
    if outcome != "off":
        work.tell(events.OrderAlarmed(work.now, order.id, timer.kind, outcome, timer.late_s))


async def _remind_desk(_work: Work, order: Order, _timer: OrderTimer) -> str | None:
    return "alarm" if order.state == RESERVED else "off"


async def _remind_customer(work: Work, order: Order, _timer: OrderTimer) -> str | None:
    if order.wanted_at is None or order.wanted_at <= work.now:
        return "alarm"  # too late to remind him: somebody should call
    wanted = await clock(work.session, order.office_id, order.wanted_at)
    stops = await way_points.of_order(work.session, order.id)
    message = await order_texts.to_customer(
        work,
        order,
        REMINDER,
        lambda language: {"time": wanted, "way": way_points.words(order, stops, language, named=True)},
        briefer=lambda language: {"time": wanted, "way": way_points.words(order, stops, language, named=False)},
    )
    return "texted" if message.state == "queued" else "failed"


async def _search(work: Work, order: Order, timer: OrderTimer) -> str | None:
    if order.state != RESERVED or order.wanted_at is None:
        return "off"
    lead = await _lead(work, order)
    if order.wanted_at - lead > work.now:
        timer.due_at = max(work.now + AGAIN, order.wanted_at - lead)
        timer.due_at = min(timer.due_at, order.wanted_at)
        return None
    timer.done_at, timer.outcome = work.now, "started"  # done before the order moves: that drops what waits
    await work.session.flush()
    await order_steps.move(work, order, TAKEN, None)
    await order_clock.drop(work, order.id, order_clock.OF_RESERVATION)
    try:
        await searching.start(work, None, order.id)
    except (PinUncertain, TooManyAlike):  # somebody has to say why it shall be offered all the same
        return "failed"
    return "started"


async def _lead(work: Work, order: Order) -> timedelta:
    """How long before the time a driver is looked for: what the office wants, or what the nearest one needs with the asking."""
    office = await work.session.get_one(Office, order.office_id)
    least = order_clock.search_ahead_s(office, order)
    near = await candidates.candidates(work.session, order.id, 1, work.now)
    way = near[0].eta_s if near and near[0].eta_s is not None else 0
    asking = sum(ring.seconds for ring in trades.load(order.trade).rings)
    return timedelta(seconds=min(order_clock.LOOK_S, max(least, way + asking)))


async def _promise(work: Work, order: Order, _timer: OrderTimer) -> str | None:
    promise = await promises.of_order(work.session, order.id)
    if promise is None or promise.state != "open" or promises.is_there(trades.load(order.trade), order.state):
        return "off"
    if order.state not in (TAKEN, RESERVED) and await _in_time(work, order, promise.promised_at):
        return "off"
    return "alarm"


async def _promise_broken(work: Work, order: Order, _timer: OrderTimer) -> str | None:
    promise = await promises.of_order(work.session, order.id)
    if promise is None or promise.state != "open" or promises.is_there(trades.load(order.trade), order.state):
        return "off"
    promise.state = "broken"  # and none does so without a word: neither the first nor one that was texted in its place
    await order_texts.to_customer(work, order, WAIT, lambda _: {"origin": order.origin_text})
    promise.told_at = work.now
    return "alarm"


async def _in_time(work: Work, order: Order, promised_at: datetime) -> bool:
    """Whether its driver, from where he was last seen, is there by then."""
    active = await assignments.of_order(work.session, order.id)
    driver = await work.session.get(Driver, active.driver_id) if active else None
    if (
        driver is None
        or driver.lat is None
        or driver.lon is None
        or order.origin_lat is None
        or order.origin_lon is None
    ):
        return False
    metres = candidates.beeline_m(driver.lat, driver.lon, order.origin_lat, order.origin_lon)
    return work.now + timedelta(seconds=trades.load(order.trade).approach.seconds(metres)) <= promised_at


_DEEDS = {
    REMIND_DESK: _remind_desk,
    REMIND_CUSTOMER: _remind_customer,
    SEARCH: _search,
    PROMISE: _promise,
    PROMISE_BROKEN: _promise_broken,
}
