"""Spans of the office's calendar: from the first midnight of a day to the midnight after another, as moments. Pure.

A day begins at local midnight to the microsecond, whatever the server's zone; days of 23 and 25 hours are what they are. A moment
lies in exactly one day: the end of a span belongs to the next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from desk.errors import Invalid

By = Literal["day", "month", "quarter", "year"]
MOST_PARTS = 400
"""How many parts a span is cut into at most: a year by days, a generation by months."""
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True)
class Span:
    """The days from `first` to `last` (local, both included): the moments `since` <= t < `until` (UTC)."""

    first: date
    last: date
    since: datetime
    until: datetime


def span(timezone: str, first: date, last: date) -> Span:
    """The days from `first` to `last` in that calendar. Raises Invalid where that is no span."""
    if first.year < 2000 or last.year > 2999:
        raise Invalid("the years are from 2000 to 2999", field="from")
    if first > last:
        raise Invalid("the first day is not after the last", field="to")
    zone = ZoneInfo(timezone)
    return Span(first, last, _midnight(zone, first), _midnight(zone, last + timedelta(days=1)))


def month_of(timezone: str, day: date) -> Span:
    """The whole month in which `day` lies."""
    return span(timezone, day.replace(day=1), _last_of(day, "month"))


def today(timezone: str, now: datetime) -> date:
    """Which day it is there."""
    return now.astimezone(ZoneInfo(timezone)).date()


def parts(timezone: str, whole: Span, by: By) -> tuple[Span, ...]:
    """`whole`, cut at the calendar's joints; the first and the last part may be less than a whole one. Raises Invalid."""
    found: list[Span] = []
    first = whole.first
    while first <= whole.last:
        if len(found) == MOST_PARTS:
            raise Invalid(f"that is more than {MOST_PARTS} parts; ask for larger ones", field="by")
        last = min(whole.last, _last_of(first, by))
        found.append(span(timezone, first, last))
        first = last + timedelta(days=1)
    return tuple(found)


def _last_of(day: date, by: By) -> date:
    if by == "day":
        return day
    length = _MONTHS[by]
    months = day.year * 12 + (day.month - 1) // length * length + length
    return date(months // 12, months % 12 + 1, 1) - timedelta(days=1)


def _midnight(zone: ZoneInfo, day: date) -> datetime:
    # Where the clocks go forward at midnight, this is the moment at which they do.
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
