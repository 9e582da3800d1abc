"""Giving an order to a driver, once and for all: the database, by its partial unique indexes, decides who is first.

Who calls holds the order (order_steps.hold). Every refusal names the winner in its `details`.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.exc import IntegrityError

from desk import errors, events
from desk.books import fee_rules
from desk.driver import offers
from desk.message import assignments, order_texts
from desk.message.messages import write_assignment_messages
from desk.order import order_clock, order_steps
from desk.trades import ASSIGNED
from desk.work import Work
from models import Assignment, Driver, NextOrder, Operator, Order
from models.dispatch import HELD


async def driver_of_office(work: Work, order: Order, driver_id: int) -> Driver:
    """The driver as he is now, held until the end of this work. Raises NotFound, also for another office's."""
    # Whoever frees him has to wait, or is waited for: he never has a next order and nothing before it.
    driver = await work.session.get(Driver, driver_id, populate_existing=True, with_for_update={"key_share": True})
    work.has_waited()
    if driver is None or driver.office_id != order.office_id:
        raise errors.NotFound(f"there is no driver {driver_id}", driver_id=driver_id)
    return driver


async def give(work: Work, operator_id: int | None, order: Order, driver: Driver) -> Assignment:
    """The texts to both are written in this transaction, open offers are withdrawn.

    Without `operator_id` the driver took it himself. Raises OrderTaken or DriverTaken, DriverNotFree, WrongState.
    """
    await refuse_if_order_taken(work, order)
    held = await fee_rules.for_driver(work.session, driver, order.trade, order.currency, work.now)
    assignment = Assignment(
        order_id=order.id, driver_id=driver.id, state="active", assigned_at=work.now, assigned_by=operator_id,
        fee_rule_id=held.rule_id if held else None,
    )  # fmt: skip
    try:
        async with work.session.begin_nested():
            work.session.add(assignment)
    except IntegrityError:
        # One of the two indexes has said no: say who has the order, or what the driver has.
        await refuse_if_order_taken(work, order)
        await refuse_if_driver_taken(work, driver)
        raise
    await _occupy(work, driver)
    await order_steps.move(work, order, ASSIGNED, operator_id)
    await order_clock.seen(work, order.id, operator_id, (order_clock.GIVEN_BACK,))
    await offers.withdraw_of_order(work, order.id, f"driver {driver.number} has the order", "assigned")
    await offers.withdraw_of_driver(work, driver.id, "the driver has another order")
    await order_texts.withdraw(work, order.id, (order_texts.GIVEN_BACK,), f"driver {driver.number} has the order")
    pair = await write_assignment_messages(work, order, driver, assignment)
    ids = tuple(message.id for message in pair)
    work.tell(events.OrderAssigned(work.now, order.id, driver.id, operator_id, ids))
    for message in pair:
        work.tell(events.MessageChanged(work.now, message.id, order.id, message.state))
    return assignment


async def refuse_if_order_taken(work: Work, order: Order) -> None:
    """Raises OrderTaken where a driver has the order, or takes it next."""
    has_it = await assignments.of_order(work.session, order.id)
    if has_it is not None:
        who = await _who(work, order.id, has_it.driver_id, has_it.assigned_by)
        raise errors.OrderTaken(f"order {order.id} already has a driver", **who)
    kept = await _kept(work, NextOrder.order_id == order.id)
    if kept is not None:
        who = await _who(work, order.id, kept.driver_id, kept.made_by)
        raise errors.OrderTaken(f"order {order.id} is a driver's next one", **who)


async def refuse_if_driver_taken(work: Work, driver: Driver) -> None:
    """Raises DriverTaken where the driver has an order."""
    has = await assignments.of_driver(work.session, driver.id)
    if has is not None:
        who = await _who(work, has.order_id, driver.id, has.assigned_by)
        raise errors.DriverTaken(f"driver {driver.number} already has an order", **who)


async def refuse_if_driver_kept(work: Work, driver: Driver) -> None:
    """Raises DriverTaken where the driver has a next order already."""
    kept = await _kept(work, NextOrder.driver_id == driver.id)
    if kept is not None:
        who = await _who(work, kept.order_id, driver.id, kept.made_by)
        raise errors.DriverTaken(f"driver {driver.number} already has a next order", **who)


async def _kept(work: Work, which: ColumnElement[bool]) -> NextOrder | None:
    found = await work.session.scalars(select(NextOrder).where(NextOrder.state == HELD, which))
    return found.one_or_none()


async def _who(work: Work, order_id: int, driver_id: int, operator_id: int | None) -> dict[str, str | int | None]:
    driver = await work.session.get_one(Driver, driver_id)
    by = await work.session.get(Operator, operator_id) if operator_id else None
    return {
        "order_id": order_id,
        "driver_id": driver.id,
        "driver_number": driver.number,
        "driver_name": driver.name,
        "operator_id": by.id if by else None,
        "operator_name": by.name if by else None,
    }


async def _occupy(work: Work, driver: Driver) -> None:
    """Free -> busy, where he is on shift and may work at this very moment."""
    taken = await work.session.execute(
        update(Driver)
        .where(Driver.id == driver.id, Driver.state == "free", Driver.disabled_at.is_(None))
        .values(state="busy", free_since=None)
        .returning(Driver.id)
    )
    if taken.first() is None:
        raise errors.DriverNotFree(
            f"driver {driver.number} is not on shift", driver_id=driver.id, driver_number=driver.number
        )
