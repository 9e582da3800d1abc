"""Places as they are typed: the customer's own first, then those of the office's book, then areas of the bundled gazetteer.

Found by any part, first consonants and aliases; what nothing is found by, also with one letter wrong. Places of one name stay
apart by their district. Each says where it is known from and how sure; a place may have no pin, and says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.customer.customer_search import Wanted, understood
from desk.keeping import word_index
from desk.place.gazetteer import finding
from desk.place.gazetteer.areas import Area
from desk.place.near_miss import SHORTEST_MISTYPED, nearly
from desk.text import plain
from desk.views import Json
from models import BookPlace, Customer, Place
from models.words import PLACES, holds, is_open, letters

FEW = 500
AREAS_KEPT = 2
"""So many areas are told however many places there are."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A place to choose. `kind`: "saved" (of the customer, `id` is his place's), "book" (`id` is the book's), "area" (of the
    gazetteer, `id` is its code).

    `source` is who knows it: how the customer's place came to be known, what the book names, or "gazetteer". `district` is where
    it lies. Degrees are WGS 84, null without a pin; `accuracy_m` is a radius.
    """

    id: int
    kind: str
    text: str
    district: str | None
    alias: str | None
    lat: float | None
    lon: float | None
    accuracy_m: int | None
    source: str

    def as_json(self) -> Json:
        return {name: getattr(self, name) for name in self.__slots__}


async def suggest(
    session: AsyncSession, office_id: int, q: str, *, customer_id: int | None = None, limit: int = 8
) -> list[Suggestion]:
    """At most `limit` places. Without letters in `q`, the customer's last ones. Another office's customer has none."""
    wanted = understood(q)
    saved = await _saved(session, office_id, customer_id)
    own = [place for place in saved if not wanted.runs or wanted.meets(_own_names(place), ())]
    book = await _from_book(session, office_id, wanted, plain(q)) if wanted.runs else []
    areas = await _areas(q, limit, saved, mistyped=False) if wanted.runs else []
    if not own and not book and not areas and wanted.runs:
        mistyped = "".join(wanted.runs)
        own = [place for place in saved if nearly(mistyped, "".join(letters(place.text)))]
        book = await _mistyped(session, office_id, mistyped)
        areas = [] if own or book else await _areas(q, limit, saved, mistyped=True)
    known = [*map(_own, own), *(_booked(place, wanted) for place in book)]
    kept = max(limit - len(known), min(AREAS_KEPT, limit // 2))
    areas = areas[:kept]
    return [*known[: limit - len(areas)], *areas]


async def _areas(q: str, limit: int, saved: Sequence[Place], *, mistyped: bool) -> list[Suggestion]:
    """Of one name, those nearest to where the customer was last come first."""
    near = next(((place.lat, place.lon) for place in saved if place.lat is not None and place.lon is not None), None)
    # Besides the first time, when the data is read, this is short; a thread keeps it from holding up anybody in any case.
    found = await asyncio.to_thread(finding.find, q, limit, near, mistyped=mistyped)
    return [_area(area, behind) for area, behind in found]


async def _saved(session: AsyncSession, office_id: int, customer_id: int | None) -> Sequence[Place]:
    if customer_id is None:
        return []
    query = select(Place).join(Customer, Customer.id == Place.customer_id)
    query = query.where(Place.customer_id == customer_id, Place.removed_at.is_(None), Customer.office_id == office_id)
    return (await session.scalars(query.order_by(Place.last_used_at.desc(), Place.id.desc()).limit(PLACES))).all()


async def _from_book(session: AsyncSession, office_id: int, wanted: Wanted, whole: str) -> list[BookPlace]:
    found = await _by_words(session, office_id, wanted.words, wanted)
    # Of what very many are called by a part, not all are read; who is called just so is always among them.
    named = select(BookPlace).where(BookPlace.office_id == office_id, BookPlace.name == whole).limit(FEW)
    exact = sorted(await session.scalars(named), key=lambda place: place.district)
    found = [*exact, *(place for place in found if place not in exact)]
    if not found and is_open(wanted.runs[-1][-1]):
        growing = Wanted(wanted.runs, unfinished=True)
        found = await _by_words(session, office_id, growing.words, growing)
    return found


async def _by_words(session: AsyncSession, office_id: int, words: Sequence[str], wanted: Wanted) -> list[BookPlace]:
    places = await _read(session, office_id, words, any_of=False)
    met = [place for place in places if wanted.meets(_names(place), ())]
    return sorted(met, key=lambda place: _rank(place, "".join(wanted.runs)))


async def _mistyped(session: AsyncSession, office_id: int, typed: str) -> list[BookPlace]:
    if len(typed) < SHORTEST_MISTYPED:
        return []
    # One wrong letter spoils two pairs at most; the first letter is a word as well, for what is too short to keep a pair.
    words = [*word_index.wanted(typed), typed[0]]
    places = await _read(session, office_id, words, any_of=True)
    met = [place for place in places if any(nearly(typed, "".join(letters(name))) for name in _names(place))]
    return sorted(met, key=lambda place: _rank(place, typed))


async def _read(session: AsyncSession, office_id: int, words: Sequence[str], *, any_of: bool) -> Sequence[BookPlace]:
    ids = await word_index.matching(session, "book_place_words", office_id, words, FEW, any_of=any_of)
    return (
        await session.scalars(select(BookPlace).where(BookPlace.id.in_(ids), BookPlace.office_id == office_id))
    ).all()


def _own_names(place: Place) -> list[str]:
    return [place.text, *([place.label] if place.label else []), *place.former.splitlines()]


def _names(place: BookPlace) -> list[str]:
    return [place.name, place.district, *place.aliases.split("\n")]


def _rank(place: BookPlace, typed: str) -> tuple[bool, bool, bool, int, str, str]:
    """The whole name first, then its beginning, then any part of it; what only an alias or the district has comes last."""
    name = "".join(letters(place.name))
    return (
        name != typed,
        not holds(name[: len(typed)], typed),
        not holds(name, typed),
        len(name),
        place.name,
        place.district,
    )


def _area(area: Area, behind: str) -> Suggestion:
    return Suggestion(
        int(area.code), "area", f"{area.name} {behind}".strip(), area.within or None, None, area.lat, area.lon,
        area.radius_m, "gazetteer",
    )  # fmt: skip


def _own(place: Place) -> Suggestion:
    return Suggestion(
        place.id, "saved", place.text, None, place.label, place.lat, place.lon, place.accuracy_m, place.source
    )


def _booked(place: BookPlace, wanted: Wanted) -> Suggestion:
    return Suggestion(
        place.id, "book", place.name, place.district or None, _alias(place, wanted.runs),
        place.lat, place.lon, place.accuracy_m, place.source,
    )  # fmt: skip


def _alias(place: BookPlace, runs: Iterable[str]) -> str | None:
    """The other name by which it was found, if the first one does not show why it is here."""
    name = "".join(letters(place.name))
    for run in runs:
        if holds(name, run, unfinished=True):
            continue
        return next(
            (each for each in place.aliases.split("\n") if holds("".join(letters(each)), run, unfinished=True)), None
        )
    return None
