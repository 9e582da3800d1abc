"""How many orders the coming hours will bring: the median of the same hour of the office's own weeks, and the trend.

The rule is tried on the last two weeks first, each hour foretold from what was known a day before it, and its error stands
beside the figures: nobody plans a night on a number without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from sqlalchemy import func, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.clock.local_time import LocalTime
from models import Office, Order

WEEK = 168
WEEKS = 8
"""So many weeks back are looked at; fewer than `LEAST` say too little."""
LEAST = 2
TRIED_WEEKS = 2
AHEAD = 24
_STEADY = (0.5, 2.0)
"""A trend is never taken for more than this, whatever two weeks say."""


@dataclass(frozen=True, slots=True)
class Hour:
    """One coming hour by the office's clock: about so many orders, from `low` to `high` by the same hour of the weeks before."""

    at: datetime
    about: float
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """`error` is by how many orders an hour was wrong on the mean in the weeks that it was tried on, `tried` how many hours.

    `share` is all that it was wrong by, of a hundred orders. No hours: there is too little history.
    """

    hours: tuple[Hour, ...]
    weeks: int
    trend: float
    error: float | None
    share: float | None
    tried: int


async def look(session: AsyncSession, office: Office, now: datetime) -> Forecast:
    """The hours after this one."""
    since = now - timedelta(hours=WEEK * (WEEKS + TRIED_WEEKS + 1))
    dialect = session.get_bind().dialect.name
    clock = LocalTime(office.timezone, dialect, since, now)
    hour = clock.hours(Order.taken_at).label("in_hour")
    rows = await session.execute(
        select(hour, func.count())
        .where(
            Order.office_id == office.id,
            # What was taken since then is open, or was closed since then: the index has it by that.
            or_(Order.closed_at.is_(None), Order.closed_at >= since),
            Order.taken_at >= since,
            Order.taken_at < now,
        )
        .group_by(literal_column("in_hour"))
    )
    counts = {int(at): int(count) for at, count in rows}
    present = _local_hour(now, office.timezone)
    return _told(counts, present)


def _told(counts: Mapping[int, int], present: int) -> Forecast:
    weeks = min(WEEKS, (present - min(counts)) // WEEK) if counts else 0
    if weeks < LEAST:
        return Forecast((), weeks, 1.0, None, None, 0)
    trend = _trend(counts, present)
    hours = []
    for hour in range(present + 1, present + 1 + AHEAD):
        before = _same_hours(counts, hour, present)
        hours.append(Hour(_clock(hour), round(median(before) * trend, 1), min(before), max(before)))
    errors, real = [], 0
    oldest = min(counts)
    for hour in range(max(present - TRIED_WEEKS * WEEK, oldest + LEAST * WEEK + AHEAD), present):
        known = hour - AHEAD
        before = _same_hours(counts, hour, known)
        errors.append(abs(median(before) * _trend(counts, known) - counts.get(hour, 0)))
        real += counts.get(hour, 0)
    error = sum(errors) / len(errors) if errors else None
    share = 100 * sum(errors) / real if errors and real else None
    return Forecast(
        tuple(hours),
        weeks,
        round(trend, 2),
        None if error is None else round(error, 1),
        None if share is None else round(share, 1),
        len(errors),
    )


def _same_hours(counts: Mapping[int, int], hour: int, known: int) -> list[int]:
    """The same hour of the weeks before, as far as they were over at `known` and there is history."""
    oldest = min(counts)
    back = [hour - WEEK * n for n in range(1, WEEKS + 2)]
    return [counts.get(at, 0) for at in back if oldest <= at < known][:WEEKS] or [0]


def _trend(counts: Mapping[int, int], until: int) -> float:
    """The last two weeks against the two before them, taken halfway: one good week is not yet a trend."""
    new = sum(counts.get(at, 0) for at in range(until - 2 * WEEK, until))
    old = sum(counts.get(at, 0) for at in range(until - 4 * WEEK, until - 2 * WEEK))
    if not new or not old or until - 4 * WEEK < min(counts):
        return 1.0
    low, high = _STEADY
    return min(high, max(low, (1 + new / old) / 2))


def _local_hour(at: datetime, timezone: str) -> int:
    there = at.astimezone(ZoneInfo(timezone)).replace(tzinfo=UTC)
    return int(there.timestamp()) // 3600


def _clock(hour: int) -> datetime:
    """The hour as the office's clock shows it, without a zone."""
    return datetime.fromtimestamp(hour * 3600, UTC).replace(tzinfo=None)
