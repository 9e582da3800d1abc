"""Hours and weekdays of the office's own clock, worked out by the database: exact on both engines, also where clocks are changed.

SQLite knows no time zones. Every zone's distance from UTC is whole quarters of an hour, so the distance is told to the database
as a table of moments at which it changed, and the rest is whole numbers.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, Integer, case, cast, extract, func

QUARTER_S = 900
_BEFORE = timedelta(days=400)
"""Orders that were taken longer before the days that are asked for are read by the clock of then."""
_MONDAY = 3
"""Days are counted from 1 January 1970, which was a Thursday."""


class LocalTime:
    """The office's clock for moments in a column; `since` and `until` are the days that are asked for."""

    def __init__(self, timezone: str, dialect: str, since: datetime, until: datetime) -> None:
        self._dialect = dialect
        self._distances = _distances(ZoneInfo(timezone), since - _BEFORE, until)

    def hours(self, at: Any) -> ColumnElement[int]:
        """Whole local hours since the beginning of 1970."""
        return self._quarters(at) // 4

    def hour_of_week(self, at: Any) -> ColumnElement[int]:
        """0 for Monday from 00:00, 167 for Sunday from 23:00."""
        return (self.hours(at) + _MONDAY * 24) % 168

    def hour(self, at: Any) -> ColumnElement[int]:
        """0 to 23."""
        return self.hours(at) % 24

    def _quarters(self, at: Any) -> ColumnElement[int]:
        first, *later = self._distances
        distance: Any = first[1]
        if later:
            # The newest change that is not after the moment.
            distance = case(*((at >= since, quarters) for since, quarters in reversed(later)), else_=first[1])
        quarters: ColumnElement[int] = quarters_since_1970(at, self._dialect) + distance
        return quarters


def quarters_since_1970(at: Any, dialect: str) -> ColumnElement[int]:
    """Whole quarters of an hour (UTC); a moment belongs to the one that it begins."""
    if dialect == "postgresql":
        return cast(func.floor(extract("epoch", at) / QUARTER_S), BigInteger)
    # Without the fraction: a microsecond before midnight is rounded up otherwise.
    return cast(func.strftime("%s", func.substr(at, 1, 19)), Integer) // QUARTER_S


def milliseconds(since: Any, until: Any, dialect: str) -> ColumnElement[int]:
    """From one moment to another."""
    if dialect == "postgresql":
        return cast((extract("epoch", until) - extract("epoch", since)) * 1000, BigInteger)
    return cast(func.round((func.julianday(until) - func.julianday(since)) * 86_400_000), Integer)


def _distances(zone: ZoneInfo, since: datetime, until: datetime) -> list[tuple[datetime, int]]:
    """(from when on, quarters of an hour ahead of UTC); found to the quarter, where every change lies."""
    at = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    found = [(at, _quarters_ahead(zone, at))]
    while at < until:
        following = at + timedelta(days=1)
        if _quarters_ahead(zone, following) != found[-1][1]:
            while _quarters_ahead(zone, at) == found[-1][1]:
                at += timedelta(seconds=QUARTER_S)
            found.append((at, _quarters_ahead(zone, at)))
        at = following
    return found


def _quarters_ahead(zone: ZoneInfo, at: datetime) -> int:
    ahead = at.astimezone(zone).utcoffset()
    assert ahead is not None
    return int(ahead.total_seconds()) // QUARTER_S
