"""Who gets an order. The database, by its partial unique indexes, decides between two operators who choose at once."""

from __future__ import annotations

from sqlalchemy import select

from desk import errors
from desk.dispatching import by_hand, next_orders, pins, searching
from desk.dispatching.candidates import Candidate, candidates
from desk.dispatching.giving import driver_of_office, give, refuse_if_order_taken
from desk.driver import driver_fitness
from desk.message import assignments, order_texts
from desk.office import people
from desk.order import order_steps
from desk.text import plain
from desk.trades import TAKEN
from desk.work import Work
from models import Assignment, Driver, NextOrder, Order

__all__ = ["Candidate", "assign", "candidates", "driver_by_number", "reassign", "release"]


async def assign(
    work: Work, operator_id: int | None, order_id: int, driver_id: int, version: int | None = None
) -> Assignment | NextOrder:
    """Give the order to the driver, or, where he is about to be done with another, as his next one.

    The texts to both are written when he begins it; open offers are withdrawn at once. Who else could have had it is kept.
    Raises OrderTaken or DriverTaken (whose details say who has it), DriverNotFree, DriverUnfit, WrongState, NotFound.
    """
    return await _assign(work, operator_id, await order_steps.hold(work, operator_id, order_id, version), driver_id)


async def reassign(
    work: Work, operator_id: int, order_id: int, driver_id: int, reason: str, version: int | None = None
) -> Assignment | NextOrder:
    """Give an order that a driver has, or takes next, to another one: both, or nothing. Nobody else is asked in between.

    Raises what `assign` raises (OrderTaken for the driver who has it), and WrongState where it cannot be taken back any more.
    """
    order = await order_steps.hold(work, operator_id, order_id, version)
    has_it = await assignments.of_order(work.session, order.id) or await next_orders.of_order(work.session, order.id)
    if has_it is not None and has_it.driver_id == driver_id:
        await refuse_if_order_taken(work, order)
    await _take_back(work, operator_id, order, plain(reason, 200))
    return await _assign(work, operator_id, order, driver_id)


async def release(work: Work, operator_id: int, order_id: int, reason: str, version: int | None = None) -> Order:
    """Take the order back from its driver, or from whom it is the next one: it waits for another one, and he is free again.

    Where the desk had looked for him by itself, it looks for another one at once.
    """
    order = await order_steps.hold(work, operator_id, order_id, version)
    await _take_back(work, operator_id, order, plain(reason, 200))
    await searching.resume(work, order)
    return order


async def driver_by_number(work: Work, operator_id: int, number: str) -> Driver:
    """The driver whom the desk calls by this number. Raises NotFound."""
    operator = await people.operator_of(work, operator_id)
    query = select(Driver).where(Driver.office_id == operator.office_id, Driver.number == plain(number, 8))
    driver = (await work.session.execute(query)).scalar_one_or_none()
    if driver is None:
        raise errors.NotFound("there is no driver with that number", driver_number=plain(number, 8))
    return driver


async def _assign(work: Work, operator_id: int | None, order: Order, driver_id: int) -> Assignment | NextOrder:
    driver = await driver_of_office(work, order, driver_id)
    await driver_fitness.check(work.session, order, driver, work.now, by_operator=operator_id is not None)
    as_next = next_orders.may_hold(order, driver, work.now)
    # Otherwise it is refused, and nothing is looked up in vain.
    if order.state == TAKEN and (driver.state == "free" or as_next):
        await by_hand.keep(work, operator_id, order, driver)
    as_his = next_orders.hold if as_next else give
    given = await as_his(work, operator_id, order, driver)
    pins.note_assigned(work, operator_id, order, driver)
    return given


async def _take_back(work: Work, operator_id: int, order: Order, why: str) -> None:
    if order.state == TAKEN and await next_orders.let_go(work, order.id, why):
        order_steps.record_step(work, order, TAKEN, TAKEN, operator_id, why)
        return
    await order_steps.move(work, order, TAKEN, operator_id, why)
    active = await assignments.of_order(work.session, order.id)
    if active is not None:
        await assignments.end(work, active, "released", why)
        await order_texts.call_off(work, order, active, "sms.called_off.taken_back")
        await searching.freed(work, active.driver_id)
