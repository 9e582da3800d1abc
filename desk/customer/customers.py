"""Who calls: customers by number, and the card that the desk sees of them.

A card is a handful of look-ups by index, whatever the number of customers; usual trips are counted from real past orders.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import BindParameter, Row, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.customer import segments, task_views
from desk.errors import NotFound
from desk.trades import CANCELLED
from desk.views import CustomerView, PlaceView, TripView
from models import Customer, CustomerPhone, Order, Place

Shown = Row[*tuple[Any, ...]]
"""A row that is shown and not changed, with the names of its table."""
USUAL_TRIPS = 3
PLACES_SHOWN = 10
# How far back a card looks: habits change, and a card must cost the same for a customer of ten years.
ORDERS_LOOKED_AT = 50


async def by_number(session: AsyncSession, office_id: int, number: str | None) -> Customer | None:
    """The customer of this office who is known by `number` (E.164), if any."""
    if number is None:
        return None
    found = await session.scalars(_BY_NUMBER, {"office_id": office_id, "number": number})
    return found.one_or_none()


async def id_by_number(session: AsyncSession, office_id: int, number: str | None) -> int | None:
    """The id of whom `by_number` finds."""
    if number is None:
        return None
    customer_id: int | None = await session.scalar(_ID_BY_NUMBER, {"office_id": office_id, "number": number})
    return customer_id


async def one(session: AsyncSession, customer_id: int, office_id: int) -> Customer:
    """The customer's row. Raises NotFound, also for another office's."""
    customer = await session.get(Customer, customer_id)
    if customer is None or customer.office_id != office_id:
        raise NotFound("there is no such customer", customer_id=customer_id)
    return customer


async def card(session: AsyncSession, customer_id: int, office_id: int | None = None) -> CustomerView:
    """The customer's card. Raises NotFound, with `office_id` also for another office's customer."""
    customer = await session.get(Customer, customer_id)
    found = (
        {} if customer is None or office_id not in (None, customer.office_id) else await cards(session, [customer_id])
    )
    if customer_id not in found:
        raise NotFound("there is no such customer", customer_id=customer_id)
    return await treated(session, found[customer_id])


async def treated(session: AsyncSession, card: CustomerView) -> CustomerView:
    """The card with what the customer's segments say of him, and what is to be done for him."""
    treatment = await segments.treatment(session, card.id)
    return replace(card, treatment=treatment, tasks=await task_views.on_card(session, card.id))


async def cards(session: AsyncSession, customer_ids: Iterable[int]) -> dict[int, CustomerView]:
    """The cards of those of `customer_ids` that exist, in five look-ups for all together."""
    ids = sorted(set(customer_ids))
    if not ids:
        return {}
    customers = (await session.execute(_CUSTOMERS, {"ids": ids})).all()
    phones: dict[int, list[str]] = defaultdict(list)
    for customer_id, number in await session.execute(_PHONES, {"ids": ids}):
        phones[customer_id].append(number)
    orders = await _recent_orders(session, ids)
    live = await _live_orders(session, ids)
    places = await _places(session, ids)
    return {
        customer.id: _card(
            customer, phones[customer.id], orders[customer.id], places[customer.id], live.get(customer.id)
        )
        for customer in customers
    }


async def usual_pickups(session: AsyncSession, customer_id: int, limit: int = 3) -> list[Shown]:
    """Places where the customer may want to be picked up: where he last was, then the most usual ones.

    A place that was only ever a destination comes after those where he has been picked up.
    """
    orders = (await _recent_orders(session, [customer_id]))[customer_id]
    places = (await _places(session, [customer_id]))[customer_id]
    by_text = _by_text(places)
    counts: dict[str, int] = defaultdict(int)
    for order in orders:
        counts[_text(by_text, order.origin_text)] += 1
    last = _text(by_text, orders[0].origin_text) if orders else None
    his = [place for place in places if place.removed_at is None]
    return sorted(his, key=lambda place: (place.text != last, -counts[place.text], -place.uses))[:limit]


# Built once: the building of a statement costs more than what it finds.
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_BY_NUMBER = (
    select(Customer)
    .join(CustomerPhone, CustomerPhone.customer_id == Customer.id)
    .where(CustomerPhone.office_id == bindparam("office_id"), CustomerPhone.number == bindparam("number"))
)
# Of the tables: a card is only shown, and objects that can be changed cost four times as much.
_customer, _phone, _order, _place_ = (model.__table__ for model in (Customer, CustomerPhone, Order, Place))
_ID_BY_NUMBER = select(_phone.c.customer_id).where(
    _phone.c.office_id == bindparam("office_id"), _phone.c.number == bindparam("number")
)
_CUSTOMERS = select(_customer).where(_customer.c.id.in_(_IDS))
_PHONES = select(_phone.c.customer_id, _phone.c.number).where(_phone.c.customer_id.in_(_IDS)).order_by(_phone.c.id)
_PAST = [
    _order.c[name]
    for name in (
        "id",
        "customer_id",
        "origin_text",
        "origin_lat",
        "origin_lon",
        "origin_accuracy_m",
        "origin_source",
        "destination_text",
        "destination_lat",
        "destination_lon",
        "destination_source",
        "fare",
    )
]
_RECENT_OF_ONE = (
    select(*_PAST)
    .where(_order.c.customer_id == bindparam("customer_id"), _order.c.state != CANCELLED)
    .order_by(_order.c.id.desc())
    .limit(ORDERS_LOOKED_AT)
)
_RANK = func.row_number().over(partition_by=_order.c.customer_id, order_by=_order.c.id.desc()).label("rank")
_RANKED = select(*_PAST, _RANK).where(_order.c.customer_id.in_(_IDS), _order.c.state != CANCELLED).subquery()
_RECENT_OF_MANY = select(_RANKED).where(_RANKED.c.rank <= ORDERS_LOOKED_AT).order_by(_RANKED.c.id.desc())
_LIVE = (
    select(_order.c.customer_id, func.max(_order.c.id))
    .where(_order.c.customer_id.in_(_IDS), _order.c.closed_at.is_(None))
    .group_by(_order.c.customer_id)
)
_PLACES = (
    select(_place_)
    .where(_place_.c.customer_id.in_(_IDS))
    .order_by(_place_.c.customer_id, _place_.c.last_used_at.desc())
)


async def _recent_orders(session: AsyncSession, ids: Sequence[int]) -> dict[int, list[Shown]]:
    """The latest orders of each customer, newest first; cancelled ones say nothing of habits and are left out."""
    if len(ids) == 1:
        rows = await session.execute(_RECENT_OF_ONE, {"customer_id": ids[0]})
    else:
        rows = await session.execute(_RECENT_OF_MANY, {"ids": ids})
    found: dict[int, list[Shown]] = defaultdict(list)
    for order in rows:
        found[order.customer_id].append(order)
    return found


async def _live_orders(session: AsyncSession, ids: Sequence[int]) -> dict[int, int]:
    """The newest order that is not closed, of each customer who has one."""
    rows = await session.execute(_LIVE, {"ids": ids})
    return {customer_id: order_id for customer_id, order_id in rows if customer_id is not None}


async def _places(session: AsyncSession, ids: Sequence[int]) -> dict[int, list[Shown]]:
    found: dict[int, list[Shown]] = defaultdict(list)
    for place in await session.execute(_PLACES, {"ids": ids}):
        found[place.customer_id].append(place)
    return found


def _card(
    customer: Shown,
    phones: list[str],
    orders: list[Shown],
    places: list[Shown],
    live_order_id: int | None,
) -> CustomerView:
    return CustomerView(
        id=customer.id,
        name=customer.name,
        grade=customer.grade,
        note=customer.note,
        language=customer.language,
        numbers=tuple(phones),
        trips=customer.trips,
        cancels=customer.cancels,
        last_trip_at=customer.last_trip_at,
        live_order_id=live_order_id,
        usual_trips=_usual_trips(orders, _by_text(places)),
        places=tuple(_place(place) for place in places if place.removed_at is None)[:PLACES_SHOWN],
        blocked_reason=customer.blocked_reason,
        version=customer.version,
    )


def _by_text(places: Sequence[Shown]) -> Mapping[str, Shown]:
    """His places by what orders call them: by what they were called before they were corrected as well."""
    former = {text: place for place in places if place.former for text in place.former.splitlines()}
    return former | {place.text: place for place in places}


def _text(by_text: Mapping[str, Shown], ordered: str) -> str:
    """What the place of an order is called now."""
    place = by_text.get(ordered)
    return ordered if place is None else str(place.text)


def _usual_trips(orders: list[Shown], by_text: Mapping[str, Shown]) -> tuple[TripView, ...]:
    """The trips made most often (of two alike, the later one), each as it was ordered the last time.

    None to or from a place that was taken away from him; a place that was corrected is told as it is now.
    """
    gone = {text for text, place in by_text.items() if place.removed_at is not None}
    alike: dict[tuple[str, str | None], list[Shown]] = defaultdict(list)
    for order in orders:
        if order.origin_text in gone or order.destination_text in gone:
            continue
        end = order.destination_text
        alike[_text(by_text, order.origin_text), None if end is None else _text(by_text, end)].append(order)
    ranked = sorted(alike.values(), key=lambda trips: (-len(trips), -trips[0].id))
    return tuple(_trip(trips, by_text) for trips in ranked[:USUAL_TRIPS])


def _trip(trips: list[Shown], by_text: Mapping[str, Shown]) -> TripView:
    last = trips[0]
    origin = PlaceView(
        None, last.origin_text, last.origin_lat, last.origin_lon, last.origin_accuracy_m, last.origin_source
    )
    destination = None
    if last.destination_text is not None:
        destination = PlaceView(
            None, last.destination_text, last.destination_lat, last.destination_lon, None, last.destination_source
        )
    fare = next((trip.fare for trip in trips if trip.fare is not None), None)
    return TripView(_now(origin, by_text), _now(destination, by_text) if destination else None, fare, len(trips))


def _now(ordered: PlaceView, by_text: Mapping[str, Shown]) -> PlaceView:
    """A place as an order has it, or as it was corrected since."""
    place = by_text.get(ordered.text)
    return ordered if place is None or place.corrected_at is None else replace(_place(place), id=None)


def _place(place: Shown) -> PlaceView:
    return PlaceView(place.id, place.text, place.lat, place.lon, place.accuracy_m, place.source, place.label)
