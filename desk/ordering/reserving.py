"""Orders for later: when one waits as reserved, and when it is taken at once."""

from __future__ import annotations

from datetime import datetime, timedelta

from desk import trades
from desk.driver import offers
from desk.errors import Invalid
from desk.order import order_clock, order_steps
from desk.trades import RESERVED, TAKEN
from desk.work import Work
from models import Office, Order


def state_for(office: Office, wanted_at: datetime | None, now: datetime) -> str:
    """Reserved, or taken where it is time to look for a driver already. Raises Invalid where the trade takes none for later."""
    trade = trades.load(office.trade)  # a trade that is not there is refused here, not at the first step
    if wanted_at is None:
        return TAKEN
    ahead = office.search_ahead_s if office.search_ahead_s is not None else trade.ahead.search_s
    if wanted_at - timedelta(seconds=ahead) <= now:
        return TAKEN
    if RESERVED not in trade.states:
        raise Invalid("this trade takes no orders for later", field="wanted")
    return RESERVED


async def change_time(work: Work, order: Order, office: Office, wanted_at: datetime | None, operator_id: int) -> None:
    """The customer wants it at another time. A search that runs ends where there is time again."""
    order.wanted_at = wanted_at
    await work.session.flush()
    if order.state not in (TAKEN, RESERVED):
        return
    state = state_for(office, wanted_at, work.now)
    if state != order.state:
        await order_steps.move(work, order, state, operator_id)
    if state == RESERVED:
        await offers.withdraw_of_order(work, order.id, "the customer wants it later", "stopped")
    await order_clock.seen(work, order.id, operator_id)


async def begin(work: Work, operator_id: int, order_id: int) -> Order:
    """Do not wait any longer: the order is taken, and a driver may be looked for. Raises WrongState, NotFound."""
    order = await order_steps.hold(work, operator_id, order_id)
    if order.state != TAKEN:
        await order_steps.move(work, order, TAKEN, operator_id)
        await order_clock.drop(work, order.id, order_clock.OF_RESERVATION)
        await order_clock.seen(work, order.id, operator_id, order_clock.OF_RESERVATION)
    return order
