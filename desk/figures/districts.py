"""In which city or district (시·군·구) an order begins and ends: by its pin, else by what its text says beyond doubt.

It is worked out after the order was taken, some at a time, never while a caller waits. An order without it counts as "not known".
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from desk.place.gazetteer.areas import DISTRICT, PROVINCE, Area
from desk.place.gazetteer.finding import find
from desk.place.gazetteer.outlines import where
from desk.work import Desk
from models import Base, BookPlace, Order
from models.words import letters

UNKNOWN = ""
LONGEST = 40
AT_A_TIME = 40
RESTS = 9
"""So many times as long as it works it leaves the desk to those who call, order and drive."""
MOST_RUNS = 3
End = tuple[str | None, float | None, float | None]
"""A text and its pin, if it has one."""
_order = Base.metadata.tables["order"]
_place = (
    update(_order)
    # A place that was changed meanwhile is looked at again.
    .where(_order.c.id == bindparam("key"), _order.c.version == bindparam("seen"))
    .values(origin_area=bindparam("origin"), destination_area=bindparam("destination"))
)


def of_place(text: str | None, lat: float | None, lon: float | None) -> str:
    """The district's name with its province, as "서울 강남구"; empty where that is not sure. Pure."""
    if lat is not None and lon is not None:
        return _of_pin(round(lat, 4), round(lon, 4))
    return _of_text(text or "")


async def fill(desk: Desk, most: int) -> int:
    """Work out the districts of up to `most` orders, the newest first; how many there were."""
    done, clock = 0, asyncio.get_running_loop().time
    while done < most:
        begun = clock()
        async with desk.look() as session:
            query = select(
                Order.id, Order.office_id, Order.version,
                Order.origin_text, Order.origin_lat, Order.origin_lon,
                Order.destination_text, Order.destination_lat, Order.destination_lon,
            )  # fmt: skip
            query = (
                query.where(Order.origin_area.is_(None)).order_by(Order.id.desc()).limit(min(AT_A_TIME, most - done))
            )
            rows = (await session.execute(query)).all()
            books = await _books(session, {(row[1], text) for row in rows for text in (row[3], row[6]) if text})
        if not rows:
            break
        ends = [(row[0], row[2], _end(row[1], row[3:6], books), _end(row[1], row[6:9], books)) for row in rows]
        found = await asyncio.to_thread(_of_ends, ends)
        async with desk.work() as work:
            await (await work.session.connection()).execute(_place, found)
        done += len(rows)
        if len(rows) == AT_A_TIME:
            await asyncio.sleep(RESTS * (clock() - begun))
    return done


def _of_ends(ends: Sequence[tuple[int, int, End, End]]) -> list[dict[str, int | str]]:
    """For a thread: the first time, all outlines are read."""
    return [
        {"key": key, "seen": version, "origin": of_place(*one), "destination": of_place(*other)}
        for key, version, one, other in ends
    ]


async def _books(session: AsyncSession, wanted: set[tuple[int, str]]) -> Mapping[tuple[int, str], str]:
    """The district of each text that the office's place book knows once, and in one district."""
    texts = sorted({text for _, text in wanted})
    query = select(BookPlace.office_id, BookPlace.name, BookPlace.district)
    found: dict[tuple[int, str], set[str]] = defaultdict(set)
    for office_id, name, district in await session.execute(query.where(BookPlace.name.in_(texts))):
        found[office_id, name].add(district)
    return {key: next(iter(names)) for key, names in found.items() if len(names) == 1}


def _end(office_id: int, end: Sequence[object], books: Mapping[tuple[int, str], str]) -> End:
    text, lat, lon = end
    told = books.get((office_id, str(text)), str(text)) if text else None
    return told, lat if isinstance(lat, float) else None, lon if isinstance(lon, float) else None


@lru_cache(maxsize=20_000)
def _of_pin(lat: float, lon: float) -> str:
    there = where(lat, lon)
    return UNKNOWN if there is None else _named(there.area)


@lru_cache(maxsize=20_000)
def _of_text(text: str) -> str:
    """By the longest beginning, and by what stands in brackets, that names one area and no other."""
    inside = text[text.rindex("(") + 1 : -1] if text.endswith(")") and "(" in text else ""
    runs = text.split()[:MOST_RUNS]
    for told in (inside, *(" ".join(runs[:count]) for count in range(len(runs), 0, -1))):
        last = letters(told)[-1:]
        areas = [area for area, _ in find(told, 50, mistyped=False) if last and last[0] in area.words] if told else []
        names = {_named(area) for area in areas}
        if len(names) == 1:
            return names.pop()
    return UNKNOWN


def _named(area: Area) -> str:
    """The district in which an area lies; the province itself where it has none (세종)."""
    lines = (area, *area.above)
    district = next((one for one in lines if one.level == DISTRICT), None)
    if district is None and area.level == PROVINCE:
        return UNKNOWN
    return (district or lines[-1]).full[:LONGEST]
