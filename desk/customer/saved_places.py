"""A customer's own places, corrected by hand: one more, what one is called and where it lies, one that is his no more.

A place that was taken away is offered nowhere: not in the voice menu, not on the card, not as a trip that past orders tell of.
It comes back by `bring_back`, as it was, or by an order to or from it, as new.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.customer.customer_deeds import as_read, changed, held, not_forgotten
from desk.errors import Conflict, Invalid, NotFound
from desk.text import optional, plain
from desk.work import Work
from models import Customer, Place

TEXT_LIMIT, LABEL_LIMIT = 200, 40
MOST_ACCURACY_M = 100_000
SOURCES = ("operator", "map", "book", "area", "network")
"""How a place that is corrected by hand is known: typed, or chosen from what was suggested."""
MOST_FORMER = 20
"""So many texts that it had before are remembered."""


@dataclass(frozen=True, slots=True)
class SavedPlace:
    """A place as it is typed or chosen. Degrees are WGS 84, `accuracy_m` is a radius; no pin: `lat` and `lon` are null.

    `label` is what it is to him ("home").
    """

    text: str
    lat: float | None = None
    lon: float | None = None
    accuracy_m: int | None = None
    source: str = "operator"
    label: str | None = None


async def of_customer(session: AsyncSession, customer_id: int) -> list[Place]:
    """All of his, those that were taken away as well, the last used first."""
    query = select(Place).where(Place.customer_id == customer_id).order_by(Place.last_used_at.desc(), Place.id.desc())
    return list((await session.scalars(query)).all())


async def add(work: Work, operator_id: int, customer_id: int, version: int, given: SavedPlace) -> Place:
    """One more place of his. Raises Invalid, Conflict where he has it, StaleCustomer, NotFound, and Forgotten."""
    customer, _ = await held(work, operator_id, customer_id)
    await not_forgotten(work, customer)
    checked = _checked(given)
    await as_read(work, customer, version, {"text": (checked.text, None)})
    there = await _of_text(work, customer, checked.text)
    if there is not None and there.removed_at is None:
        raise Conflict("he has a place of that name", place_id=there.id)
    place = there or Place(customer_id=customer.id, uses=0)
    _set(place, checked)
    place.removed_at, place.corrected_at, place.last_used_at = None, work.now, work.now
    work.session.add(place)
    await changed(work, customer, operator_id, "place_added", place.text)
    return place


async def correct(work: Work, operator_id: int, place_id: int, version: int, given: SavedPlace) -> Place:
    """Another text, pin or label. Past orders stay as they were ordered; what is offered of them is the corrected place.

    `version` is the customer's. Raises as `add`.
    """
    place, customer = await _held(work, operator_id, place_id)
    checked = _checked(given)
    there = {
        "text": (checked.text, place.text),
        "label": (checked.label, place.label),
        "pin": (_pin(checked.lat, checked.lon), _pin(place.lat, place.lon)),
    }
    await as_read(work, customer, version, there)
    if place.removed_at is not None:
        raise NotFound("this place was taken away", place_id=place_id)
    same = await _of_text(work, customer, checked.text)
    if same is not None and same.id != place.id:
        if same.removed_at is None:
            raise Conflict("he has a place of that name", place_id=same.id)
        # One that was taken away is in nobody's way; its text is that of this one now.
        same.text = f"{same.text[: TEXT_LIMIT - 22]} ({same.id})"
        await work.session.flush()
    was = place.text
    others = [name for name, (yours, theirs) in there.items() if yours != theirs]
    _set(place, checked)
    if was != place.text:
        former = dict.fromkeys([was, *place.former.splitlines()])
        former.pop(place.text, None)
        place.former = "\n".join(list(former)[:MOST_FORMER])
    if others:
        if others != ["label"]:
            place.corrected_at = work.now
        words = f"{was} → {place.text}" if was != place.text else f"{place.text} ({', '.join(others)})"
        await changed(work, customer, operator_id, "place_changed", words)
    return place


async def take_away(work: Work, operator_id: int, place_id: int, version: int) -> Place:
    """Not a place of his any more. Raises StaleCustomer, NotFound (also where it was taken away already), and Forgotten."""
    place, customer = await _held(work, operator_id, place_id)
    await as_read(work, customer, version, {"text": (None, place.text if place.removed_at is None else None)})
    if place.removed_at is not None:
        raise NotFound("this place was taken away", place_id=place_id)
    place.removed_at = work.now
    await changed(work, customer, operator_id, "place_removed", place.text)
    return place


async def bring_back(work: Work, operator_id: int, place_id: int) -> Place:
    """Undo `take_away`: the place is his again, as it was. Raises Conflict where it is his, NotFound, and Forgotten."""
    place, customer = await _held(work, operator_id, place_id)
    if place.removed_at is None:
        raise Conflict("this place is his", place_id=place_id)
    place.removed_at = None
    await changed(work, customer, operator_id, "place_back", place.text)
    return place


async def _held(work: Work, operator_id: int, place_id: int) -> tuple[Place, Customer]:
    whose = await work.session.scalar(select(Place.customer_id).where(Place.id == place_id))
    if whose is None:
        raise NotFound(f"there is no place {place_id}", place_id=place_id)
    customer, _ = await held(work, operator_id, whose)
    await not_forgotten(work, customer)
    # Read again, now that nobody else is at it: a merge may have given it to another.
    place = await work.session.get(Place, place_id, populate_existing=True)
    if place is None or place.customer_id != customer.id:
        raise NotFound(f"there is no place {place_id}", place_id=place_id)
    return place, customer


async def _of_text(work: Work, customer: Customer, text: str) -> Place | None:
    query = select(Place).where(Place.customer_id == customer.id, Place.text == text).order_by(Place.id.desc()).limit(1)
    return (await work.session.scalars(query)).one_or_none()


def _set(place: Place, given: SavedPlace) -> None:
    if place.text != given.text:
        place.text = given.text
    place.label = given.label
    if (place.lat, place.lon) != (given.lat, given.lon) or place.source is None:
        place.lat, place.lon, place.accuracy_m, place.source = given.lat, given.lon, given.accuracy_m, given.source


def _checked(given: SavedPlace) -> SavedPlace:
    text = plain(given.text, TEXT_LIMIT)
    if not text:
        raise Invalid("a place needs words", field="place")
    if (given.lat is None) != (given.lon is None):
        raise Invalid("a pin has a latitude and a longitude", field="pin")
    # What is no number is no place either: NaN is beside every range.
    if given.lat is not None and given.lon is not None and not (abs(given.lat) <= 90 and abs(given.lon) <= 180):
        raise Invalid("a pin must be on the globe", field="pin")
    if given.accuracy_m is not None and not 0 <= given.accuracy_m <= MOST_ACCURACY_M:
        raise Invalid("how sure a pin is, is a radius in metres", field="pin")
    if given.source not in SOURCES:
        raise Invalid("nobody knows a place in that way", field="source")
    accuracy = given.accuracy_m if given.lat is not None else None
    return SavedPlace(text, given.lat, given.lon, accuracy, given.source, optional(given.label, LABEL_LIMIT))


def _pin(lat: float | None, lon: float | None) -> str | None:
    return None if lat is None or lon is None else f"{lat:.5f}, {lon:.5f}"
