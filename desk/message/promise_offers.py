"""What is done about a promise that is about to break: tell the customer to wait. A higher fare is a change of the order."""

from __future__ import annotations

from datetime import timedelta

from desk import events, trades
from desk.clock.clock_words import clock
from desk.errors import Invalid, NotFound, WrongState
from desk.message import order_texts
from desk.order import order_clock, order_steps, promises
from desk.views import moment
from desk.work import Work
from models import Order, OrderChange

LONGEST_MIN = 180
WAIT_UNTIL = "sms.wait.until"


async def wait(work: Work, operator_id: int, order_id: int, minutes: int) -> Order:
    """Promise `minutes` from now instead, and text the customer so. Raises Invalid, WrongState where nobody waits, NotFound."""
    order = await order_steps.hold(work, operator_id, order_id)
    if not 1 <= minutes <= LONGEST_MIN:
        raise Invalid(f"from 1 to {LONGEST_MIN} minutes", field="minutes")
    trade = trades.load(order.trade)
    if trade.is_closed(order.state) or promises.is_there(trade, order.state):
        raise WrongState(f"for an order that is {order.state} nobody waits", before=order.state)
    promise = await promises.of_order(work.session, order.id)
    if promise is None:
        raise NotFound("this order has no promise", order_id=order_id)
    before = promise.promised_at
    until = work.now + timedelta(minutes=minutes)
    await promises.another_time(work, promise, until, told=True)
    shown = await clock(work.session, order.office_id, until)
    await order_texts.to_customer(
        work, order, WAIT_UNTIL, lambda _: {"origin": order.origin_text, "time": shown.partition(" ")[2]}
    )
    await order_clock.seen(work, order.id, operator_id, order_clock.OF_PROMISE)
    await order_clock.plan(work, order, promise)
    work.session.add(
        OrderChange(
            order_id=order.id, version=order.version, at=work.now, operator_id=operator_id,
            field="promise", before=moment(before), after=moment(until),
        )
    )  # fmt: skip
    await work.session.flush()
    work.tell(events.OrderChanged(work.now, order.id, operator_id))
    return order


async def seen(work: Work, operator_id: int, order_id: int) -> Order:
    """Somebody has seen to what the desk was alarmed of."""
    order = await order_steps.hold(work, operator_id, order_id)
    if await order_clock.seen(work, order.id, operator_id):
        work.tell(events.OrderChanged(work.now, order.id, operator_id))
    return order
