"""How long a consent to advertising holds before its owner is to be told of it again, in days of the office's calendar. Pure.

    agreed on 24 November 2024      told by 23 November 2026 at the latest; from the 24th on it is not confirmed in time

Two years from the day, and before that day (정보통신망법 시행령 art. 62-3). Who agreed on 29 February has until 27 February.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

YEARS: Final = 2
_DAY = timedelta(days=1)


def runs_out(since: datetime, timezone: str) -> date:
    """The first day on which a consent that holds since then is not confirmed in time any more."""
    return _moved(since.astimezone(ZoneInfo(timezone)).date(), YEARS)


def last_day(since: datetime, timezone: str) -> date:
    """The last day on which its owner is told in time."""
    return runs_out(since, timezone) - _DAY


def run_out_before(day: date, timezone: str) -> datetime:
    """A consent that holds since before this moment has run out on `day`; one that holds since it or later has not."""
    latest = _moved(day, -YEARS)
    while _moved(latest + _DAY, YEARS) <= day:  # 28 February is also the day of whoever agreed on the 29th
        latest += _DAY
    return midnight(latest + _DAY, timezone)


def midnight(day: date, timezone: str) -> datetime:
    """When that day begins there."""
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)


def _moved(day: date, years: int) -> date:
    leap = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year + years, day=28) if leap else day.replace(year=day.year + years)
