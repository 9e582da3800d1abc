"""What the desk does with an order: take it, move it along the trade's table, close it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import events, numbers, trades
from desk.books import credit, dead_runs, settlement
from desk.books.credit import CASH, Payment
from desk.clock import time_entry
from desk.customer import do_not_serve
from desk.dispatching import modes, next_orders, searching
from desk.driver import offers
from desk.errors import Invalid, NotFound
from desk.message import assignments, order_texts
from desk.office import people
from desk.order import order_clock, order_details, order_places, order_steps, promises, way_points
from desk.order.order_customer import PlaceText, customer_for, remember_places
from desk.ordering import drafts, fares, reserving
from desk.text import plain
from desk.trades import ASSIGNED, CANCELLED, COMPLETED, RESERVED, TAKEN
from desk.work import Work
from models import Call, Customer, Office, Order

__all__ = [
    "PlaceText",
    "TakeOrder",
    "cancel",
    "complete",
    "finish",
    "give_up",
    "list_orders",
    "step",
    "take",
]


@dataclass(frozen=True, slots=True)
class TakeOrder:
    """The order form. `number` is as written by a person, or absent: then it is the call's. `fare` is whole minor units.

    `details` is what only the trade asks, by the field's name.
    `wants` names skills of the trade that the driver must have.
    `wanted` is when, as it is typed (desk/clock/time_entry.py); `fare_reason` why the fare is not what the tariff says.
    `served_because` says why a customer is served who is not to be served.
    """

    origin: PlaceText
    destination: PlaceText | None = None
    call_id: int | None = None
    number: str | None = None
    customer_name: str | None = None
    fare: int | None = None
    note: str | None = None
    details: Mapping[str, str | None] = field(default_factory=dict)
    payment: Payment = CASH
    wants: tuple[str, ...] = ()
    way_points: tuple[PlaceText, ...] = ()
    wanted: str | None = None
    fare_reason: str | None = None
    served_because: str | None = None


async def take(work: Work, operator_id: int, form: TakeOrder, over_limit_because: str | None = None) -> Order:
    """A new order. An unknown number becomes a customer with it; the places are remembered as the customer's.

    Raises Invalid (with the field's name) for a form that cannot be used, NotFound for a call that is not there, and what
    `credit.admit` raises for one on account; `over_limit_because` lets that one go beyond its limit.
    """
    office_id = (await people.operator_of(work, operator_id)).office_id
    return await _take(work, office_id, operator_id, form, over_limit_because)


async def cancel(work: Work, operator_id: int, order_id: int, reason: str, version: int | None = None) -> Order:
    """The trip will not happen; a driver who had it is free again. Raises WrongState once the order is closed."""
    order = await order_steps.hold(work, operator_id, order_id, version)
    await order_steps.move(work, order, CANCELLED, operator_id, plain(reason, 200))
    active = await assignments.of_order(work.session, order.id)
    driver_id = await _end_assignment(work, order, "released", "the order was cancelled")
    if active is not None:
        await order_texts.call_off(work, order, active, "sms.called_off.cancelled")
    await order_texts.withdraw(work, order.id, (order_texts.GIVEN_BACK,), "the order was cancelled")
    await next_orders.let_go(work, order.id, "the order was cancelled")
    await offers.withdraw_of_order(work, order.id, "the order was cancelled", "stopped")
    await _count_for_customer(work, order, "cancels")
    await _freed(work, driver_id)
    return order


async def complete(work: Work, operator_id: int, order_id: int, version: int | None = None) -> Order:
    """The trip is done: the driver is free again and owes the fee, and the customer's trips count one more."""
    return await finish(work, await order_steps.hold(work, operator_id, order_id, version), operator_id)


async def finish(work: Work, order: Order, operator_id: int | None, said_by_driver: int | None = None) -> Order:
    """The trip of an order that is held is done: an operator says so, or its driver."""
    await order_steps.move(work, order, COMPLETED, operator_id, driver_id=said_by_driver)
    driver_id = await _end_assignment(work, order, "completed")
    if driver_id is not None:
        await settlement.book_trip(work, order, driver_id, operator_id)
    await _count_for_customer(work, order, "trips")
    await _freed(work, driver_id)
    return order


async def give_up(work: Work, order: Order, state: str, driver_id: int, compensation: int = 0) -> Order:
    """Nobody came out to the driver of an order that is held: it is closed, he is free, and it counts as a cancel.

    `compensation` (whole minor units) is what he gets for it.
    """
    await order_steps.move(work, order, state, None, driver_id=driver_id)
    await _end_assignment(work, order, "released", "the customer did not come")
    if compensation:
        await dead_runs.book(work, order, driver_id, compensation)
    await _count_for_customer(work, order, "cancels")
    await _freed(work, driver_id)
    return order


async def step(work: Work, operator_id: int, order_id: int, to_state: str, version: int | None = None) -> Order:
    """Move an order by the trade's table. Raises WrongState, and Invalid for the steps that have a word of their own."""
    if to_state == COMPLETED:
        return await complete(work, operator_id, order_id, version)
    if to_state in (RESERVED, TAKEN, ASSIGNED, CANCELLED):
        raise Invalid(f"an order becomes {to_state} by assign, release or cancel, not by a step", field="to_state")
    order = await order_steps.hold(work, operator_id, order_id, version)
    if to_state == trades.load(order.trade).no_show:
        raise Invalid("only the driver who waited says that nobody came", field="to_state")
    await order_steps.move(work, order, to_state, operator_id)
    return order


async def list_orders(
    session: AsyncSession,
    office_id: int,
    state: str | None = None,
    open_only: bool = False,
    limit: int = 50,
    before_id: int | None = None,
) -> list[int]:
    """Ids of an office's orders, newest first; `before_id` continues an earlier list."""
    query = select(Order.id).where(Order.office_id == office_id).order_by(Order.id.desc()).limit(limit)
    if state is not None:
        query = query.where(Order.state == state)
    if open_only:
        query = query.where(Order.closed_at.is_(None))
    if before_id is not None:
        query = query.where(Order.id < before_id)
    return list((await session.execute(query)).scalars())


async def _take(
    work: Work, office_id: int, operator_id: int | None, form: TakeOrder, over_limit_because: str | None = None
) -> Order:
    office = await work.session.get_one(Office, office_id)
    call = await _call(work, office_id, form.call_id)
    number = _number(form, call, office)
    trade = trades.load(office.trade)  # a trade that is not there is refused here, not at the first step
    order_details.check_destination(trade, form.destination)
    details = order_details.read(trade, form.details)
    payment = credit.understood(form.payment)
    fares.check(form.fare)
    wanted_at = time_entry.read(form.wanted or "", work.now, office.timezone)
    customer = await customer_for(work, office, call, number, form.customer_name)
    served_because = await do_not_serve.refuse(work, customer, operator_id, form.served_because)
    places = {"origin": form.origin, **({"destination": form.destination} if form.destination else {})}
    origin, *there = await remember_places(work, customer, places)
    destination = there[0] if there else None
    order = Order(
        office_id=office.id,
        trade=office.trade,
        state=reserving.state_for(office, wanted_at, work.now),
        call_id=call.id if call else None,
        customer_id=customer.id if customer else None,
        number=number,
        fare=form.fare,
        currency=office.currency,
        note=plain(form.note, 500) or None,
        details=details,
        payment=payment.kind,
        credit_id=payment.credit_id,
        cost_centre=payment.cost_centre,
        wants=trades.load(office.trade).wanted(form.wants) or None,
        taken_by=operator_id,
        taken_at=work.now,
        wanted_at=wanted_at,
    )
    order_places.set_origin(order, origin, work.now)
    order_places.set_destination(order, destination, work.now)
    if payment.credit_id is not None:  # held, and known to be the office's, before a row names it
        await credit.hold(work, office.id, payment.credit_id)
    work.session.add(order)
    await work.session.flush()
    do_not_serve.served(work, order, customer, operator_id, served_because)
    await credit.admit(work, operator_id, office, order, over_limit_because=over_limit_because)
    order_steps.record_step(work, order, None, order.state, operator_id)
    await work.session.flush()
    if form.way_points:
        await way_points.write(work, order, customer, form.way_points)
    await fares.fix_new(work, order, operator_id, form.fare_reason)
    await order_clock.plan(work, order, await promises.make(work, order))
    if call is not None:
        await drafts.forget(work, call.id)
    work.tell(events.OrderTaken(work.now, order.id, operator_id))
    if order.state == TAKEN:
        await modes.taken(work, order)
    return order


async def _call(work: Work, office_id: int, call_id: int | None) -> Call | None:
    if call_id is None:
        return None
    call = await work.session.get(Call, call_id)
    if call is None or call.office_id != office_id:
        raise NotFound(f"there is no call {call_id}", call_id=call_id)
    return call


def _number(form: TakeOrder, call: Call | None, office: Office) -> str | None:
    if not form.number:
        return call.number if call else None
    number = numbers.normalise(form.number, office.country).e164
    if number is None:
        raise Invalid("that is not a telephone number", field="number")
    return number


async def _end_assignment(
    work: Work, order: Order, state: Literal["released", "completed"], reason: str | None = None
) -> int | None:
    """Who had it."""
    active = await assignments.of_order(work.session, order.id)
    if active is None:
        return None
    await assignments.end(work, active, state, reason)
    return active.driver_id


async def _freed(work: Work, driver_id: int | None) -> None:
    if driver_id is not None:
        await searching.freed(work, driver_id)


async def _count_for_customer(work: Work, order: Order, what: Literal["trips", "cancels"]) -> None:
    if order.customer_id is None:
        return
    query = select(Customer).where(Customer.id == order.customer_id).with_for_update()
    customer = (await work.session.execute(query.execution_options(populate_existing=True))).scalar_one()
    if what == "trips":
        customer.trips += 1
        customer.last_trip_at = work.now
    else:
        customer.cancels += 1
    await work.session.flush()
