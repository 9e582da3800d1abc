"""Who is near a point: found in a small box first, in larger ones only where too few are in it: no office is too large.

The boxes are bands of latitude of an index (`ix_driver_place`, `ix_driver_done`); metres are measured on the globe afterwards.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

from sqlalchemy import Row, Select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

EARTH_RADIUS_M = 6_371_000
STEPS_M = (750, 3_000, 10_000)
"""How far is looked at first, second and third; after that as far as one may."""

Degrees: TypeAlias = "InstrumentedAttribute[float | None]"
Point: TypeAlias = tuple[float, float]


def beeline_m(lat: float, lon: float, to_lat: float, to_lon: float) -> float:
    """Metres between two points on the globe, by the haversine formula."""
    a = (
        math.sin(math.radians(to_lat - lat) / 2) ** 2
        + math.cos(math.radians(lat)) * math.cos(math.radians(to_lat)) * math.sin(math.radians(to_lon - lon) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(a))


async def nearest(
    session: AsyncSession, query: Select[Any], where: tuple[Degrees, Degrees], point: Point, limit: int, reach_m: int
) -> list[tuple[float, Row[Any]]]:
    """The rows of `query` that are nearest to `point`, with their metres, nearest first; none beyond `reach_m`.

    At least `limit` where there are as many, and at most twice that: some of them may turn out to be of no use.
    `where` are the columns with a row's degrees; `query` selects them as `at_lat` and `at_lon`.
    """
    found: list[tuple[float, Row[Any]]] = []
    for step in (*(each for each in STEPS_M if each < reach_m), reach_m):
        found = await _in_box(session, query, where, point, limit, step)
        if len(found) >= limit:
            break
    return found


async def _in_box(
    session: AsyncSession, query: Select[Any], where: tuple[Degrees, Degrees], point: Point, limit: int, reach_m: int
) -> list[tuple[float, Row[Any]]]:
    """What lies within the circle in the box: outside it, something nearer may lie beyond the box's sides."""
    lat, lon = point
    squeeze = max(math.cos(math.radians(lat)), 0.01)
    half_lat = math.degrees(reach_m / EARTH_RADIUS_M)
    half_lon = half_lat / squeeze
    north, east = where[0] - lat, (where[1] - lon) * squeeze
    boxed = (
        query.where(where[0].between(lat - half_lat, lat + half_lat))
        .where(where[1].between(lon - half_lon, lon + half_lon))
        # The database sorts by a flat-earth square, which is exact enough to cut the list.
        .order_by(north * north + east * east)
        .limit(limit * 2)
    )
    rows = (await session.execute(boxed)).all()
    measured = [(beeline_m(lat, lon, row.at_lat, row.at_lon), row) for row in rows]
    measured.sort(key=lambda pair: pair[0])
    return [pair for pair in measured if pair[0] <= reach_m]
