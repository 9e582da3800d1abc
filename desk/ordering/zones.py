"""In which of the office's fare zones a place lies: by its text, by the place book, and by the area in which its pin is."""

from __future__ import annotations

import asyncio

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.dispatching.candidates import beeline_m
from desk.order.order_customer import PlaceText
from desk.place.gazetteer.naming import names_at
from desk.rules.tariff import ZonePair
from desk.text import plain
from models import BookPlace, ZoneFare

NEAR_M = 2_000
"""A place of the book is the one that is meant when its pin is so near; where nobody knows, its name must be the only one."""
LONGEST = 80
_FINEST = 9
"""More than any area's smallness (desk/place/gazetteer/naming.py)."""


async def zones_of(
    session: AsyncSession, office_id: int, table_id: int, origin: PlaceText, destination: PlaceText
) -> ZonePair | None:
    """The pair that fits most closely: the longest beginning of a text is closer than a shorter one, and than any area."""
    starts, ends = await _zones(session, office_id, origin), await _zones(session, office_id, destination)
    found = await session.scalars(
        select(ZoneFare).where(
            ZoneFare.table_id == table_id, ZoneFare.from_zone.in_(starts), ZoneFare.to_zone.in_(ends)
        )
    )
    best = min(found, key=lambda pair: (starts[pair.from_zone], ends[pair.to_zone], pair.id), default=None)
    return None if best is None else ZonePair(best.from_zone, best.to_zone, best.fare)


async def _zones(session: AsyncSession, office_id: int, place: PlaceText) -> dict[str, int]:
    """The zones that a place may lie in, with how far each is from fitting closely (0: all of its text).

    What the text says counts for more than the district in the place book, and that for more than the outlines of areas.
    """
    text = plain(place.text, 200)
    found = {text[:length]: len(text) - length for length in range(1, min(len(text), LONGEST) + 1)}
    for district in await _districts(session, office_id, place, text):
        found.setdefault(district, len(text) + 1)
    if place.lat is not None and place.lon is not None:
        named = await asyncio.to_thread(names_at, round(place.lat, 4), round(place.lon, 4), place.accuracy_m or 0)
        for name, small in named.items():
            found.setdefault(name, len(text) + 1 + _FINEST - small)
    return found


async def _districts(session: AsyncSession, office_id: int, place: PlaceText, text: str) -> set[str]:
    if text.endswith(")") and " (" in text:  # as the form writes a place of the book that has namesakes
        return {text[text.rindex(" (") + 2 : -1]}
    named = or_(BookPlace.name == text, BookPlace.aliases == text)
    query = select(BookPlace).where(BookPlace.office_id == office_id, named, BookPlace.district != "").limit(50)
    places = (await session.scalars(query)).all()
    if place.lat is not None and place.lon is not None:
        lat, lon = place.lat, place.lon
        near = [
            p for p in places if p.lat is not None and p.lon is not None and beeline_m(lat, lon, p.lat, p.lon) <= NEAR_M
        ]
        places = near or (places if len(places) == 1 and places[0].lat is None else [])
    districts = {each.district for each in places}
    return districts if len(districts) == 1 else set()
