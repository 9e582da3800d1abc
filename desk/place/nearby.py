"""Who is near a point: found in a small box first, in larger ones only where too few are in it: no office is too large.

The boxes are bands of latitude of an index (`ix_driver_place`, `ix_driver_done`); metres are measured on the globe afterwards. A
statement is written once (`boxed`) and then only given its numbers: building it anew took longer than the database's answer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Float, Integer, Row, Select, bindparam
from sqlalchemy.ext.asyncio import AsyncSession

EARTH_RADIUS_M = 6_371_000
FIRST_M = 1_500
"""How far is looked at first; after that as far as should do, by how many were found."""
WIDER = 2
"""At least so many times as far, and twice that with each time: who stands in a crowd is not looked for ten times around it."""
ENOUGH = 1.5
"""So many times as many as are wanted shall lie within the next circle, as far as one can tell: they do not stand evenly."""

Point: TypeAlias = tuple[float, float]


def beeline_m(lat: float, lon: float, to_lat: float, to_lon: float) -> float:
    """Metres between two points on the globe, by the haversine formula."""
    a = (
        math.sin(math.radians(to_lat - lat) / 2) ** 2
        + math.cos(math.radians(lat)) * math.cos(math.radians(to_lat)) * math.sin(math.radians(to_lon - lon) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(a))


def boxed(query: Select[Any], lat: ColumnElement[Any], lon: ColumnElement[Any]) -> Select[Any]:
    """`query`, of those whose degrees lie in a box, the nearest to its middle first; for `nearest`.

    `lat` and `lon` are the columns with a row's degrees, which `query` selects as `at_lat` and `at_lon`.
    """
    north = lat - bindparam("box_lat", type_=Float)
    east = (lon - bindparam("box_lon", type_=Float)) * bindparam("box_squeeze", type_=Float)
    return (
        query.where(lat.between(bindparam("box_south", type_=Float), bindparam("box_north", type_=Float)))
        .where(lon.between(bindparam("box_west", type_=Float), bindparam("box_east", type_=Float)))
        # The database sorts by a flat-earth square, which is exact enough to cut the list.
        .order_by(north * north + east * east)
        .limit(bindparam("box_most", type_=Integer))
    )


async def nearest(
    session: AsyncSession, query: Select[Any], values: Mapping[str, Any], point: Point, limit: int, reach_m: int
) -> list[tuple[float, Row[Any]]]:
    """The rows of a `boxed` query that are nearest to `point`, with their metres, nearest first; none beyond `reach_m`.

    At least `limit` where there are as many, and at most twice that: some of them may turn out to be of no use. `values` are
    what else `query` has to be given.
    """
    step, wider = min(FIRST_M, reach_m), WIDER
    while True:
        found = await _in_box(session, query, values, point, limit, step)
        if len(found) >= limit or step >= reach_m:
            return found
        step, wider = min(reach_m, _farther(step, len(found), limit, wider)), 2 * wider


def _farther(step_m: int, found: int, wanted: int, wider: int) -> int:
    """Where enough should be, if they stand as thick farther out as they do within `step_m`. Pure."""
    return round(step_m * max(wider, math.sqrt(ENOUGH * wanted / max(1, found))))


async def _in_box(
    session: AsyncSession, query: Select[Any], values: Mapping[str, Any], point: Point, limit: int, reach_m: int
) -> list[tuple[float, Row[Any]]]:
    """What lies within the circle in the box: outside it, something nearer may lie beyond the box's sides."""
    lat, lon = point
    squeeze = max(math.cos(math.radians(lat)), 0.01)
    half_lat = math.degrees(reach_m / EARTH_RADIUS_M)
    half_lon = half_lat / squeeze
    box = {
        "box_lat": lat, "box_lon": lon, "box_squeeze": squeeze, "box_south": lat - half_lat, "box_north": lat + half_lat,
        "box_west": lon - half_lon, "box_east": lon + half_lon, "box_most": limit * 2,
    }  # fmt: skip
    rows = (await session.execute(query, {**values, **box})).all()
    measured = [(beeline_m(lat, lon, row.at_lat, row.at_lon), row) for row in rows]
    measured.sort(key=lambda pair: pair[0])
    return [pair for pair in measured if pair[0] <= reach_m]
