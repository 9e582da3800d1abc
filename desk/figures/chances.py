"""At what price how many orders were reached in time, by the office's own orders: for a trip that is typed, for the analysis."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.pool import Pool

from desk import trades
from desk.rules import acceptance
from desk.rules.acceptance import Band, Calibration, Tried
from desk.trades import COMPLETED
from desk.views import Json
from models import FixedFare, Office, Order, Promise

LATEST, SHOWN = 400, 100
"""From so many orders of each hour of the day is learned, and so many are shown together."""
FRESH = timedelta(minutes=1)
WITHIN_S = (600, 900, 1_200, 1_800)
"""What the analysis shows."""
TRIED_S = 900
"""The minutes for which the analysis tries how well the chances hold."""
_LEARNED: WeakKeyDictionary[Pool, dict[tuple[int, int], tuple[datetime, list[Tried]]]] = WeakKeyDictionary()
"""By database, office and hour: since when, and what."""


@dataclass(frozen=True, slots=True)
class Curve:
    """For each of `WITHIN_S` the bands of prices, and how well such chances held; `orders` is how many could be learned from."""

    bands: dict[int, list[Band]]
    calibration: Calibration | None
    orders: int


async def of_trip(
    session: AsyncSession, office: Office, quoted: int, fare: int | None, drivers_free: int, within_s: int, at: datetime
) -> Json | None:
    """The chance of a driver within `within_s` for `fare` (null: what the tariff asks, `quoted`), and the lowest fare that helps.

    Null where the past tells too little. Fares are whole minor units of the office's currency.
    """
    tariff = trades.load(office.trade).tariffs.get(office.currency)
    if quoted <= 0 or tariff is None:
        return None
    hour = at.astimezone(ZoneInfo(office.timezone)).hour
    tried = await _of_hour(session, office.id, hour, at)
    price = round(100 * (quoted if fare is None else fare) / quoted)
    found = acceptance.chance(tried, hour, drivers_free, price, within_s)
    if found is None:
        return None
    unit = 100 * max(1, tariff.rounding)
    return {
        "within_s": within_s,
        "percent": found.percent,
        "orders": found.orders,
        "raise_to": None if found.raise_to is None else -(-quoted * found.raise_to // unit) * max(1, tariff.rounding),
        "raised_percent": found.raised_percent,
    }


def prices(found: Curve) -> list[tuple[int, int, dict[int, int]]]:
    """The curve's lines: from which price on (percent of the tariff), how many orders, and the percent reached by seconds."""
    edges = sorted({band.price for bands in found.bands.values() for band in bands})
    lines = []
    for edge in edges:
        here = {seconds: band for seconds, bands in found.bands.items() for band in bands if band.price == edge}
        lines.append(
            (
                edge,
                max(band.orders for band in here.values()),
                {seconds: band.percent for seconds, band in here.items()},
            )
        )
    return lines


async def _of_hour(session: AsyncSession, office_id: int, hour: int, at: datetime) -> list[Tried]:
    kept = _LEARNED.setdefault(session.get_bind().engine.pool, {})
    since, tried = kept.get((office_id, hour), (None, []))
    if since is None or not since <= at < since + FRESH:
        tried = await _tried(session, office_id, [(hour + by) % 24 for by in (-1, 0, 1)], LATEST)
        kept[office_id, hour] = at, tried
    return tried


async def look(session: AsyncSession, office_id: int) -> Curve:
    """The whole curve of the office's latest orders, all hours together."""
    tried = await _tried(session, office_id, range(24), SHOWN)
    bands = {seconds: acceptance.curve(tried, seconds) for seconds in WITHIN_S}
    return Curve(bands, await asyncio.to_thread(acceptance.calibration, tried, TRIED_S), len(tried))


async def _tried(session: AsyncSession, office_id: int, hours: Sequence[int], of_each: int) -> list[Tried]:
    """The oldest first."""
    rows = await session.execute(_latest(office_id, hours, of_each))
    found = []
    for hour, free, made_at, actual_s, closed_at, state, amount, quoted in rows:
        if actual_s is not None:
            waited_s = actual_s
        elif closed_at is not None and state != COMPLETED:
            waited_s = max(0, round((closed_at - made_at).total_seconds()))
        else:
            continue  # still open, or nobody knows when its driver was there
        assert amount is not None, "as it is asked for"
        assert quoted is not None
        found.append(Tried(round(100 * amount / quoted), waited_s, actual_s is not None, hour, free))
    return found


def _latest(
    office_id: int, hours: Sequence[int], of_each: int
) -> Select[int, int, datetime, int | None, datetime | None, str, int | None, int | None]:
    """By a walk along the index of promises for each hour, of a bounded length."""
    walks = [
        select(
            select(Promise.id)
            .where(Promise.office_id == office_id, Promise.hour == hour)
            .order_by(Promise.id.desc())
            .limit(of_each)
            .subquery()
        )
        for hour in hours
    ]
    newest = union_all(*walks).subquery()
    later = aliased(FixedFare)
    last = select(func.max(later.id)).where(later.order_id == Order.id).correlate(Order).scalar_subquery()
    return (
        select(
            Promise.hour, Promise.drivers_free, Promise.made_at, Promise.actual_s,
            Order.closed_at, Order.state, FixedFare.amount, FixedFare.quoted,
        )
        .select_from(newest)
        .join(Promise, Promise.id == newest.c.id)
        .join(Order, Order.id == Promise.order_id)
        .join(FixedFare, FixedFare.id == last)
        .where(Promise.basis != "wanted", FixedFare.amount.is_not(None), FixedFare.quoted > 0)
        .order_by(Promise.id)
    )  # fmt: skip
