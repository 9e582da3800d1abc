"""A trip whose fare was left open: its driver says at the end what he was paid, or the office adds it afterwards.

Until then no fee is taken and no total knows of it. Such trips are listed, and counted before their month is closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import events
from desk.books import ledger, settlement
from desk.customer.order_sides import driver_at_the_end
from desk.errors import Conflict, Invalid, WrongState
from desk.office.people import audit
from desk.order import order_steps, paying
from desk.ordering import fares, order_changes, orders
from desk.trades import COMPLETED
from desk.views import Json, moment
from desk.work import Work
from models import Assignment, Driver, Order

MOST = 200
"""How many are listed at once; the oldest first, so that none is forgotten."""


class FareKnown(Conflict):
    """The trip has a fare. `details["fare"]` says which."""

    code = "fare_known"


class MonthClosed(Conflict):
    """The trip's month is closed, and its totals are what they are."""

    code = "fare_month_closed"


@dataclass(frozen=True, slots=True)
class OpenFare:
    """A trip that was completed without a fare, with the driver who drove it."""

    order_id: int
    closed_at: datetime
    origin: str
    destination: str | None
    payment: str
    driver_id: int | None
    driver_number: str | None
    driver_name: str | None

    def as_json(self) -> Json:
        driver = {"id": self.driver_id, "number": self.driver_number, "name": self.driver_name}
        return {
            "order_id": self.order_id,
            "closed_at": moment(self.closed_at),
            "origin": self.origin,
            "destination": self.destination,
            "payment": self.payment,
            "driver": driver if self.driver_id else None,
        }


def is_drivers_to_say(order: Order) -> bool:
    """Whether its driver says what an open fare was: he collects it. Where the office owes it to him, the office says so."""
    return order.fare is None and paying.is_collected(order)


async def say(work: Work, order: Order, fare: int, operator_id: int | None) -> None:
    """Write down the fare of an order that is held and has none; the customer reads it. Null: its driver says so.

    Whole minor units; raises Invalid, also for nothing at all, and FareKnown.
    """
    fares.check(fare)
    if order.fare is not None:
        raise FareKnown(f"order {order.id} has a fare", order_id=order.id, fare=order.fare)
    if fare == 0:
        raise Invalid("a fare that is said afterwards is more than nothing", field="fare")
    order.fare = fare
    await work.session.flush()
    await order_changes.record(work, order, operator_id, [("fare", None, fare)])
    await fares.fix_at_end(work, order, operator_id)


async def end_with(work: Work, operator_id: int, order_id: int, to_state: str, fare: int) -> Order:
    """The trip is done, and cost so much: an operator says both at once, or neither is true.

    Raises what `say` and `orders.complete` raise, and Invalid for a step that is not the last one.
    """
    if to_state != COMPLETED:
        raise Invalid("a fare is said when the trip is done", field="fare")
    order = await order_steps.hold(work, operator_id, order_id)
    await say(work, order, fare, operator_id)
    return await orders.finish(work, order, operator_id)


async def add(work: Work, operator_id: int, order_id: int, fare: int) -> Order:
    """The office adds the fare of a trip that is over: the fee is taken now, as it would have been then.

    Raises NotFound, WrongState for an order that was not completed, MonthClosed, and what `say` raises.
    """
    order = await order_steps.hold(work, operator_id, order_id)
    if order.state != COMPLETED or order.closed_at is None:
        raise WrongState(f"an order that is {order.state} has no fare to be added", before=order.state)
    until = await ledger.closed_until(work.session, order.office_id)
    if order.fare is None and until is not None and order.closed_at < until:
        raise MonthClosed(f"the month of order {order_id} is closed", order_id=order_id)
    await say(work, order, fare, operator_id)
    audit(work, operator_id, "order.late_fare", f"order {order.id}", {"fare": fare})
    driver_id = await work.session.scalar(select(Assignment.driver_id).where(*_drove(order)))
    if driver_id is not None:
        await settlement.book_trip(work, order, driver_id, operator_id)
    work.tell(events.OrderChanged(work.now, order.id, operator_id))
    return order


async def listed(session: AsyncSession, office_id: int, most: int = MOST) -> Sequence[OpenFare]:
    """Trips of months that are not closed which still have no fare, the oldest first."""
    query = (await _open(session, office_id)).order_by(Order.closed_at, Order.id).limit(most)
    return [OpenFare(*row) for row in await session.execute(query)]


async def count(session: AsyncSession, office_id: int, until: datetime | None = None) -> int:
    """How many there are; with `until`, of those that ended before."""
    query = await _open(session, office_id)
    if until is not None:
        query = query.where(Order.closed_at < until)
    return await session.scalar(select(func.count()).select_from(query.subquery())) or 0


def _drove(order: Order) -> tuple[ColumnElement[bool], ...]:
    return Assignment.order_id == order.id, Assignment.state == "completed"


async def _open(session: AsyncSession, office_id: int) -> Any:
    query = (
        select(
            Order.id, Order.closed_at, Order.origin_text, Order.destination_text, Order.payment, Driver.id, Driver.number,
            Driver.name,
        )
        .select_from(Order)
        .outerjoin(Assignment, driver_at_the_end())
        .outerjoin(Driver, Driver.id == Assignment.driver_id)
        .where(Order.office_id == office_id, Order.state == COMPLETED, Order.fare.is_(None))
    )  # fmt: skip
    closed_until = await ledger.closed_until(session, office_id)
    return query if closed_until is None else query.where(Order.closed_at >= closed_until)
