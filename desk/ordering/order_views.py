"""Orders, drivers, candidates and messages as the outside sees them (JSON shapes of the API and of the live feed)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.dispatching import crowds, next_orders, search_views
from desk.dispatching.candidates import Candidate
from desk.dispatching.search_views import SearchView
from desk.driver.driver_fitness import papers_json, soon_out
from desk.errors import NotFound
from desk.message import unheard
from desk.message.unheard import Unheard
from desk.order import order_clock, order_places, pin_doubt, promises, way_points
from desk.ordering import fares, no_show, waiting
from desk.texts.message_states import shown_text
from desk.views import Json, moment
from desk.work import utc_now
from models import (
    Assignment,
    CreditAccount,
    Customer,
    Driver,
    FixedFare,
    Message,
    Order,
    OrderTimer,
    Promise,
    WayPoint,
)


async def order_json(session: AsyncSession, order_id: int, office_id: int | None = None) -> Json:
    """One order. Raises NotFound, with `office_id` also for another office's order."""
    order = await session.get(Order, order_id)
    found = [] if order is None or office_id not in (None, order.office_id) else await orders_json(session, [order_id])
    if not found:
        raise NotFound(f"there is no order {order_id}", order_id=order_id)
    return found[0]


async def orders_json(session: AsyncSession, order_ids: Iterable[int]) -> list[Json]:
    """Orders in the order of their ids as given; those that do not exist are left out. A few queries, however many there are."""
    wanted = list(order_ids)
    query = (
        select(Order, Customer.id, Customer.name, CreditAccount.name)
        .outerjoin(Customer, Customer.id == Order.customer_id)
        .outerjoin(CreditAccount, CreditAccount.id == Order.credit_id)
        .where(Order.id.in_(wanted))
        .execution_options(populate_existing=True)
    )
    rows = {row[0].id: row for row in (await session.execute(query)).all()}
    drivers = await _last_drivers(session, wanted)
    searches = await search_views.of_orders(session, wanted)
    alike = await crowds.of_orders(session, [row[0] for row in rows.values()])
    following = await next_orders.drivers_of(session, wanted)
    waits = await no_show.earliest(session, [row[0] for row in rows.values()])
    waited = await waiting.of_orders(session, [row[0] for row in rows.values()])
    beside = await _Beside.of(session, wanted)
    return [
        _order(order, customer_id, customer_name, drivers.get(order.id), searches.get(order.id))
        | {"crowd": alike[order.id].as_json() if order.id in alike else None}
        | beside.of_order(order.id)
        | {
            "no_show_at": moment(waits.get(order.id)),
            "waiting": waited[order.id].as_json(beside.now) if order.id in waited else None,
            "next_driver": following.get(order.id),
            "credit": _credit(order, credit_name),
        }
        for order, customer_id, customer_name, credit_name in (
            rows[order_id] for order_id in wanted if order_id in rows
        )
    ]


def driver_json(driver: Driver) -> Json:
    """A driver."""
    return {
        "id": driver.id,
        "number": driver.number,
        "name": driver.name,
        "phone": driver.phone,
        "state": driver.state,
        "free_since": moment(driver.free_since),
        "lat": driver.lat,
        "lon": driver.lon,
        "located_at": moment(driver.located_at),
        "heard_at": moment(driver.heard_at),
    }


def candidate_json(candidate: Candidate, reason: str) -> Json:
    """A candidate; `reason` is his reason in the reader's language."""
    return {
        "driver_id": candidate.driver_id,
        "number": candidate.number,
        "name": candidate.name,
        "distance_m": candidate.distance_m,
        "eta_s": candidate.eta_s,
        "waiting_s": candidate.waiting_s,
        "reason": reason,
        "free": candidate.free,
        "finishes_in_s": candidate.finish_s,
        "papers": papers_json(candidate.papers),
        "alive": candidate.alive,
    }


def message_json(message: Message) -> Json:
    """A text message."""
    return {
        "id": message.id,
        "order_id": message.order_id,
        "audience": message.audience,
        "recipient": message.recipient or None,
        "sender": message.sender,
        "text": shown_text(message.text_key, message.text),
        "language": message.language,
        "state": message.state,
        "attempts": message.attempts,
        "provider": message.provider,
        "detail": message.detail,
        "created_at": moment(message.created_at),
        "updated_at": moment(message.updated_at),
    }


@dataclass(frozen=True, slots=True)
class _Beside:
    """What stands in rows beside the orders."""

    stops: Mapping[int, Sequence[WayPoint]]
    fixed: Mapping[int, FixedFare]
    promised: Mapping[int, Promise]
    alarms: Mapping[int, Sequence[OrderTimer]]
    unheard: Mapping[int, Sequence[Unheard]]
    now: datetime

    @classmethod
    async def of(cls, session: AsyncSession, order_ids: list[int]) -> _Beside:
        return cls(
            await way_points.of_orders(session, order_ids),
            await fares.of_orders(session, order_ids),
            await promises.of_orders(session, order_ids),
            await order_clock.alarms_of(session, order_ids),
            await unheard.of_orders(session, order_ids),
            utc_now(),
        )

    def of_order(self, order_id: int) -> Json:
        return {
            "way_points": [
                {"text": s.text, "lat": s.lat, "lon": s.lon, "accuracy_m": s.accuracy_m, "source": s.source}
                for s in self.stops.get(order_id, ())
            ],
            "fare_basis": fixed_json(self.fixed.get(order_id)),
            "promise": promises.as_json(self.promised.get(order_id), self.now),
            "alarms": [
                {"kind": a.kind, "outcome": a.outcome, "at": moment(a.done_at), "late_s": a.late_s}
                for a in self.alarms.get(order_id, ())
            ],
            "unheard": [each.as_json() for each in self.unheard.get(order_id, ())],
        }


def fixed_json(row: FixedFare | None) -> Json | None:
    """What a fare rests on."""
    if row is None:
        return None
    return {
        "basis": row.basis,
        "quoted": row.quoted,
        "parts": row.parts,
        "reason": row.reason,
        "told": row.told,
        "at": moment(row.at),
    }


async def _last_drivers(session: AsyncSession, order_ids: list[int]) -> dict[int, tuple[Assignment, Driver]]:
    """Who has, or at the end had, each order; a driver who was released is not its driver."""
    query = (
        select(Assignment, Driver)
        .join(Driver, Driver.id == Assignment.driver_id)
        .where(Assignment.order_id.in_(order_ids), Assignment.state != "released")
        .order_by(Assignment.id)
    )
    return {assignment.order_id: (assignment, driver) for assignment, driver in (await session.execute(query)).all()}


def _order(
    order: Order,
    customer_id: int | None,
    customer_name: str | None,
    held: tuple[Assignment, Driver] | None,
    search: SearchView | None,
) -> Json:
    return {
        "id": order.id,
        "state": order.state,
        "trade": order.trade,
        "call_id": order.call_id,
        "customer": None if customer_id is None else {"id": customer_id, "name": customer_name},
        "number": order.number,
        "origin": order_places.origin_json(order),
        "destination": order_places.destination_json(order),
        "fare": order.fare,
        "currency": order.currency,
        "note": order.note,
        "payment": order.payment,
        "cost_centre": order.cost_centre,
        "details": order.details,
        "wants": list(order.wants or ()),
        "taken_by": order.taken_by,
        "taken_at": moment(order.taken_at),
        "wanted_at": moment(order.wanted_at),
        "closed_at": moment(order.closed_at),
        "version": order.version,
        "driver": _driver_of(order, held[1]) if held else None,
        "assigned_at": moment(held[0].assigned_at) if held else None,
        "pin_doubt": pin_doubt.doubt(order),
        "search": search.as_json() if search else None,
    }


def _driver_of(order: Order, driver: Driver) -> Json:
    """Who has it. Papers of his that run out are told while the order is open."""
    papers = () if order.closed_at else soon_out(driver.licence_until, driver.insurance_until, utc_now().date())
    return {"id": driver.id, "number": driver.number, "name": driver.name, "papers": papers_json(papers)}


def _credit(order: Order, name: str | None) -> Json | None:
    return None if order.credit_id is None else {"id": order.credit_id, "name": name}
