"""Who could drive an order, best first, and why: the nearest free driver, and of equals the one who has waited longest."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import driver_fitness, trades
from desk.errors import NotFound
from desk.trades import Approach
from models import Driver, Order

FreeDriver: TypeAlias = "Row[int, str, str, float | None, float | None, datetime | None]"

EARTH_RADIUS_M = 6_371_000
# Nobody waits for a driver from farther away; he is listed after those who are near, like one whose place is not known.
REACH_M = 30_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """A driver for an order. Metres are beeline; `reason_key` with `reason_args` is a text in `panel.toml`.

    `unfit` is why he may not take it (desk/driver_fitness.py): he is listed after those who may, with that as his reason.
    """

    driver_id: int
    number: str
    name: str
    distance_m: int | None
    eta_s: int | None
    waiting_s: int
    reason_key: str
    reason_args: Mapping[str, int]
    free: bool
    unfit: str | None = None


async def candidates(
    session: AsyncSession, order_id: int, limit: int = 20, now: datetime | None = None, office_id: int | None = None
) -> list[Candidate]:
    """Up to `limit` free drivers on shift for an order: by distance from its origin, or by waiting time without a pin.

    Raises NotFound, with `office_id` also for another office's order. `now` is the moment of the question (default: the
    present).
    """
    order = await session.get(Order, order_id)
    if order is None or office_id not in (None, order.office_id):
        raise NotFound(f"there is no order {order_id}", order_id=order_id)
    moment = now or datetime.now().astimezone()
    approach = trades.load(order.trade).approach
    near = await _near(session, order, limit) if order.origin_lat is not None else []
    seen = [row.id for _distance, row in near]
    rest = await _longest_waiting(session, order, limit - len(near), seen) if len(near) < limit else []
    listed = [_candidate(row, distance, moment, approach) for distance, row in near]
    listed += [_candidate(row, None, moment, approach) for row in rest]
    return (await _fit_first(session, order, listed, moment))[:limit]


def beeline_m(lat: float, lon: float, to_lat: float, to_lon: float) -> float:
    """Metres between two points on the globe, by the haversine formula."""
    a = (
        math.sin(math.radians(to_lat - lat) / 2) ** 2
        + math.cos(math.radians(lat)) * math.cos(math.radians(to_lat)) * math.sin(math.radians(to_lon - lon) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(a))


async def _fit_first(session: AsyncSession, order: Order, listed: list[Candidate], now: datetime) -> list[Candidate]:
    """Those who may take it as they came, then those who may not, each of these with why."""
    reasons = await driver_fitness.reasons_for(session, order, [one.driver_id for one in listed], now)
    fit = [one for one in listed if one.driver_id not in reasons]
    rest = (one for one in listed if one.driver_id in reasons)
    return fit + [
        replace(one, free=False, unfit=reasons[one.driver_id], reason_key=f"unfit.{reasons[one.driver_id]}")
        for one in rest
    ]


def _free(office_id: int) -> Select[int, str, str, float | None, float | None, datetime | None]:
    columns = (Driver.id, Driver.number, Driver.name, Driver.lat, Driver.lon, Driver.free_since)
    return select(*columns).where(Driver.office_id == office_id, Driver.state == "free", Driver.disabled_at.is_(None))


async def _near(session: AsyncSession, order: Order, limit: int) -> list[tuple[float, FreeDriver]]:
    """Drivers within reach, nearest first, twice as many as are listed: some may not take it.

    The database sorts by a flat-earth square, which is exact enough to cut the list.
    """
    lat, lon = order.origin_lat, order.origin_lon
    assert lat is not None
    assert lon is not None
    squeeze = max(math.cos(math.radians(lat)), 0.01)
    reach_lat = math.degrees(REACH_M / EARTH_RADIUS_M)
    reach_lon = reach_lat / squeeze
    north = Driver.lat - lat
    east = (Driver.lon - lon) * squeeze
    query = (
        _free(order.office_id)
        .where(Driver.lat.between(lat - reach_lat, lat + reach_lat))
        .where(Driver.lon.between(lon - reach_lon, lon + reach_lon))
        .order_by(*driver_fitness.skilled_first(order.wants or ()), north * north + east * east, Driver.free_since)
        .limit(limit * 2)
    )
    rows = (await session.execute(query)).all()
    measured = [(beeline_m(lat, lon, row.lat, row.lon), row) for row in rows]
    # To ten metres: no reading is better than that, and among equals the longest wait is the fairer answer.
    measured.sort(key=lambda pair: (round(pair[0], -1), *_waiting_order(pair[1])))
    return [pair for pair in measured if pair[0] <= REACH_M]


async def _longest_waiting(session: AsyncSession, order: Order, limit: int, seen: list[int]) -> list[FreeDriver]:
    query = _free(order.office_id).where(Driver.id.not_in(seen))
    first = driver_fitness.skilled_first(order.wants or ())
    query = query.order_by(*first, Driver.free_since.is_(None), Driver.free_since, Driver.id).limit(limit)
    return list((await session.execute(query)).all())


def _waiting_order(row: FreeDriver) -> tuple[float, int]:
    return (row.free_since.timestamp() if row.free_since else math.inf, row.id)


def _candidate(row: FreeDriver, distance: float | None, now: datetime, approach: Approach) -> Candidate:
    waiting = max(0, round((now - row.free_since).total_seconds())) if row.free_since else 0
    args = {"waiting_s": waiting}
    eta = None
    key = "candidate.waiting"
    if distance is not None:
        eta = approach.seconds(distance)
        key = "candidate.distance"
        args |= {"distance_m": round(distance), "eta_s": eta}
    return Candidate(
        driver_id=row.id,
        number=row.number,
        name=row.name,
        distance_m=None if distance is None else round(distance),
        eta_s=eta,
        waiting_s=waiting,
        reason_key=key,
        reason_args=args,
        free=True,
    )
