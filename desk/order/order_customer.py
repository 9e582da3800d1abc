"""Whose order it is, and what is kept of it: an unknown number becomes a customer, a place that was used is remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from desk import events
from desk.customer import customers
from desk.errors import Invalid
from desk.text import plain
from desk.work import Work
from models import Call, Customer, CustomerPhone, Office, Place

SOURCES = ("operator", "saved", "history", "caller", "recording", "map", "book", "area", "network", "link")
"""How a place can be known: typed, the customer's own, his past trips, chosen or said in the voice menu, marked on a map, the
office's book, the gazetteer (an area), a geocoder on the network, or shown by the caller through a link."""


@dataclass(frozen=True, slots=True)
class PlaceText:
    """A place as the desk heard it. Degrees are WGS 84; `accuracy_m` is a radius.

    `source` says how it is known, `at` since when (None: now).
    """

    text: str
    lat: float | None = None
    lon: float | None = None
    accuracy_m: int | None = None
    source: str = "operator"
    at: datetime | None = None


async def customer_for(
    work: Work, office: Office, call: Call | None, number: str | None, name: str | None
) -> Customer | None:
    """The customer of a new order, held against other writers; made now if the number is new. None without a number.

    The call of an unknown caller is joined to the customer that it became.
    """
    known = await customers.by_number(work.session, office.id, number)
    customer_id = known.id if known else (call.customer_id if call and not number else None)
    if customer_id is None and number:
        customer_id = await _new(work, office, number, plain(name))
    if customer_id is None:
        return None
    query = select(Customer).where(Customer.id == customer_id).with_for_update()
    customer = (await work.session.execute(query.execution_options(populate_existing=True))).scalar_one()
    if not customer.name and name:
        customer.name = plain(name)
    if call is not None and call.customer_id is None and call.number == number:
        call.customer_id = customer.id
        work.tell(events.CallIdentified(work.now, call.id, customer.id))
    return customer


async def remember_place(work: Work, customer: Customer | None, place: PlaceText, field: str) -> PlaceText:
    """Count one more use of `place` by this customer, and fill its pin from the same text's earlier use.

    Raises Invalid naming `field` when there is no text or the pin is not on the globe.
    """
    [remembered] = await remember_places(work, customer, {field: place})
    return remembered


async def remember_places(
    work: Work, customer: Customer | None, places: Mapping[str, PlaceText]
) -> tuple[PlaceText, ...]:
    """The same for several, by field, at once: what is searched of the customer is written down once."""
    checked = [_checked(place, field) for field, place in places.items()]
    if customer is None:
        return tuple(checked)
    texts = {place.text for place in checked}
    query = select(Place).where(Place.customer_id == customer.id, Place.text.in_(texts)).order_by(Place.id.desc())
    known = {row.text: row for row in await work.session.scalars(query)}
    remembered = tuple(_remembered(work, customer, known, place) for place in checked)
    await work.session.flush()
    return remembered


def _remembered(work: Work, customer: Customer, known: dict[str, Place], place: PlaceText) -> PlaceText:
    """One of them; `known` are the customer's places by their text."""
    row = known.get(place.text)
    if row is None:
        row = known[place.text] = Place(
            customer_id=customer.id,
            text=place.text,
            lat=place.lat,
            lon=place.lon,
            accuracy_m=place.accuracy_m,
            source=place.source,
            uses=0,
            last_used_at=work.now,
        )
        work.session.add(row)
    elif row.removed_at is not None:
        # Taken away by hand, and wanted again: it is a place like one that nobody has used, and its old pin is no word for it.
        row.removed_at, row.uses = None, 0
        row.lat, row.lon, row.accuracy_m, row.source = place.lat, place.lon, place.accuracy_m, place.source
    elif place.lat is None:
        place = replace(place, lat=row.lat, lon=row.lon, accuracy_m=row.accuracy_m, source="saved")
    row.uses += 1
    row.last_used_at = work.now
    return place


async def _new(work: Work, office: Office, number: str, name: str) -> int:
    """A customer with `number`. Another operator may be saving the same caller at this moment: then his row is used."""
    customer = Customer(office_id=office.id, name=name, created_at=work.now)
    try:
        async with work.session.begin_nested():
            work.session.add(customer)
            await work.session.flush()
            work.session.add(CustomerPhone(office_id=office.id, customer_id=customer.id, number=number))
    except IntegrityError:
        known = await customers.by_number(work.session, office.id, number)
        if known is None:
            raise
        return known.id
    return customer.id


def _checked(place: PlaceText, field: str) -> PlaceText:
    text = plain(place.text, 200)
    if not text:
        raise Invalid("a place needs words", field=f"{field}.text")
    if (place.lat is None) != (place.lon is None):
        raise Invalid("a pin has a latitude and a longitude", field=f"{field}.lat")
    if place.lat is not None and place.lon is not None and not (abs(place.lat) <= 90 and abs(place.lon) <= 180):
        raise Invalid("a pin must be on the globe", field=f"{field}.lat")
    if place.source not in SOURCES:
        raise Invalid("nobody knows a place in that way", field=f"{field}.source")
    return replace(place, text=text)
