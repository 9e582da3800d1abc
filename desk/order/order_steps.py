"""How an order row is held and moved: by the trade's table, with a step row for each move. Shared by orders and dispatch."""

from __future__ import annotations

from sqlalchemy import select

from desk import events, trades
from desk.errors import Conflict, NotFound
from desk.office import people
from desk.order import finishing, order_clock, promises
from desk.work import Work
from models import Order, OrderStep


async def hold(work: Work, operator_id: int | None, order_id: int, version: int | None = None) -> Order:
    """The order, fresh, held against other writers until the end of this work.

    With `version`, the row must still be that version. Raises NotFound (also for another office's order) and Conflict.
    """
    query = select(Order).where(Order.id == order_id).with_for_update().execution_options(populate_existing=True)
    order = (await work.session.execute(query)).scalar_one_or_none()
    work.has_waited()
    if order is None:
        raise NotFound(f"there is no order {order_id}", order_id=order_id)
    if operator_id is not None and (await people.operator_of(work, operator_id)).office_id != order.office_id:
        raise NotFound(f"there is no order {order_id}", order_id=order_id)
    if version is not None and order.version != version:
        raise Conflict(f"order {order_id} has changed since it was read", order_id=order_id, version=order.version)
    return order


async def move(
    work: Work,
    order: Order,
    after: str,
    operator_id: int | None,
    reason: str | None = None,
    driver_id: int | None = None,
) -> None:
    """Take `order` one step by its trade's table and write who did it: an operator, or its driver. Raises WrongState."""
    trade = trades.load(order.trade)
    trade.check_step(order.state, after)
    record_step(work, order, order.state, after, operator_id, reason, driver_id)
    order.state = after
    if trade.is_closed(after):
        order.closed_at = work.now
        await order_clock.drop(work, order.id)
    await work.session.flush()
    await finishing.note(work, order)
    await promises.settle(work, order, trade)
    work.tell(events.OrderChanged(work.now, order.id, operator_id))


def record_step(
    work: Work,
    order: Order,
    before: str | None,
    after: str,
    operator_id: int | None,
    reason: str | None = None,
    driver_id: int | None = None,
) -> None:
    """Add the row that says who moved `order`, and why."""
    work.session.add(
        OrderStep(
            order_id=order.id,
            at=work.now,
            operator_id=operator_id,
            driver_id=driver_id,
            before=before,
            after=after,
            reason=reason or None,
        )
    )
