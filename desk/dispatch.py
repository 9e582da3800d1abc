"""Who gets an order. The database, by its partial unique indexes, decides between two operators who choose at once."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from desk import assignments, driver_fitness, errors, events, offers, order_steps
from desk.candidates import Candidate, candidates
from desk.messages import write_assignment_messages
from desk.text import plain
from desk.trades import ASSIGNED, TAKEN
from desk.work import Work
from models import Assignment, Driver, Operator, Order

__all__ = ["Candidate", "assign", "candidates", "driver_by_number", "release"]


async def assign(
    work: Work, operator_id: int | None, order_id: int, driver_id: int, version: int | None = None
) -> Assignment:
    """Give the order to the driver; the texts to both are written in this transaction, open offers are withdrawn.

    Without `operator_id` the driver took it himself.
    Raises OrderTaken or DriverTaken (whose details say who has it), DriverNotFree, DriverUnfit, WrongState, NotFound.
    """
    order = await order_steps.hold(work, operator_id, order_id, version)
    driver = await _driver(work, order, driver_id)
    await driver_fitness.check(work.session, order, driver, work.now, by_operator=operator_id is not None)
    assignment = Assignment(
        order_id=order.id, driver_id=driver.id, state="active", assigned_at=work.now, assigned_by=operator_id
    )
    try:
        async with work.session.begin_nested():
            work.session.add(assignment)
    except IntegrityError:
        # One of the two indexes has said no: say who has the order, or what the driver has.
        await _refuse_if_taken(work, order, driver)
        raise
    await _occupy(work, driver)
    await order_steps.move(work, order, ASSIGNED, operator_id)
    await offers.withdraw_of_order(work, order.id, f"driver {driver.number} has the order", "assigned")
    await offers.withdraw_of_driver(work, driver.id, "the driver has another order")
    pair = await write_assignment_messages(work, order, driver, assignment)
    ids = tuple(message.id for message in pair)
    work.tell(events.OrderAssigned(work.now, order.id, driver.id, operator_id, ids))
    for message in pair:
        work.tell(events.MessageChanged(work.now, message.id, order.id, message.state))
    return assignment


async def release(work: Work, operator_id: int, order_id: int, reason: str, version: int | None = None) -> Order:
    """Take the order back from its driver: it waits for another one, and he is free again."""
    order = await order_steps.hold(work, operator_id, order_id, version)
    await order_steps.move(work, order, TAKEN, operator_id, plain(reason, 200))
    active = await assignments.of_order(work.session, order.id)
    if active is not None:
        await assignments.end(work, active, "released", plain(reason, 200))
    return order


async def driver_by_number(work: Work, operator_id: int, number: str) -> Driver:
    """The driver whom the desk calls by this number. Raises NotFound."""
    operator = await order_steps.operator_of(work, operator_id)
    query = select(Driver).where(Driver.office_id == operator.office_id, Driver.number == plain(number, 8))
    driver = (await work.session.execute(query)).scalar_one_or_none()
    if driver is None:
        raise errors.NotFound("there is no driver with that number", driver_number=plain(number, 8))
    return driver


async def _driver(work: Work, order: Order, driver_id: int) -> Driver:
    driver = await work.session.get(Driver, driver_id, populate_existing=True)
    if driver is None or driver.office_id != order.office_id:
        raise errors.NotFound(f"there is no driver {driver_id}", driver_id=driver_id)
    return driver


async def _refuse_if_taken(work: Work, order: Order, driver: Driver) -> None:
    has_order = await assignments.of_order(work.session, order.id)
    if has_order is not None:
        raise errors.OrderTaken(f"order {order.id} already has a driver", **await _who(work, has_order))
    has_driver = await assignments.of_driver(work.session, driver.id)
    if has_driver is not None:
        raise errors.DriverTaken(f"driver {driver.number} already has an order", **await _who(work, has_driver))


async def _who(work: Work, assignment: Assignment) -> dict[str, str | int | None]:
    driver = await work.session.get_one(Driver, assignment.driver_id)
    by = await work.session.get(Operator, assignment.assigned_by) if assignment.assigned_by else None
    return {
        "order_id": assignment.order_id,
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
        raise _not_free(driver)


def _not_free(driver: Driver) -> errors.DriverNotFree:
    return errors.DriverNotFree(
        f"driver {driver.number} is not on shift", driver_id=driver.id, driver_number=driver.number
    )
