"""A pick-up time as operators type it: "2330", "+45", "내일 0130", "11/23 7:00", "오후 3시 반". Pure.

now | 지금 | (nothing)                       as soon as can be
+45, +1h30, +1:30, +90분                     from now
[day] hour minute                            the office's own clock; without a day the next time that it is so late
  day:  오늘 내일 모레 today tomorrow 11/23 11월 23일 2026-11-23
  time: 2330 930 23:30 23시 23시 30분 오후 3시 반 3:30pm
    2026-11-22T14:30:00.000Z                     as programs write it (RFC 3339)

"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from desk.errors import Invalid

FARTHEST = timedelta(days=60)
JUST_PAST = timedelta(minutes=5)
"""A time that was a moment ago is now, not tomorrow's."""
_NOW = {"", "now", "지금", "바로"}
_DAYS = {"오늘": 0, "내일": 1, "모레": 2, "today": 0, "tomorrow": 1}
_FROM_NOW = re.compile(
    r"\+\s*(?:(?P<hours>\d{1,3})\s*(?:h|:|시간)\s*(?P<rest>\d{1,2})?|(?P<minutes>\d{1,4}))\s*(?:m|min|분)?"
)
_DAY = re.compile(r"(?:(?P<year>\d{4})-)?(?P<month>\d{1,2})(?:[/-]|월\s*)(?P<day>\d{1,2})일?(?=\s|$)")
_TIME = re.compile(
    r"(?P<before>오전|오후|am|pm)?\s*"
    r"(?:(?P<hour>\d{1,2})\s*(?:시|:)\s*(?:(?P<half>반)|(?P<minute>\d{1,2})\s*분?)?|(?P<digits>\d{3,4}))"
    r"\s*(?P<after>am|pm)?"
)
_WRITTEN = re.compile(r"\d{4}-\d\d-\d\dt\d\d:\d\d(:\d\d(\.\d{1,6})?)?(z|[+-]\d\d:\d\d)")
_LATE = {"오후", "pm"}


def read(typed: str, now: datetime, timezone: str, farthest: timedelta = FARTHEST) -> datetime | None:
    """The moment that is meant (UTC), null for as soon as can be. Raises Invalid for what is no time, is past or too far."""
    text = " ".join(unicodedata.normalize("NFKC", typed).lower().split())
    if text in _NOW:
        return None
    if _WRITTEN.fullmatch(text):
        return _checked(_written(text), now, farthest)
    if found := _FROM_NOW.fullmatch(text):
        return _checked(now + _span(found), now, farthest)
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).date()
    day, rest = _day(text, today)
    at = _time(rest)
    if at is None:
        raise Invalid("that is no time; write 2330, +45 or 내일 0130", field="wanted")
    if day is not None:
        return _checked(_moment(day, at, zone), now, farthest)
    meant = _moment(today, at, zone)
    return _checked(meant if meant > now - JUST_PAST else _moment(today + timedelta(days=1), at, zone), now, farthest)


def _written(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError:
        raise Invalid("there is no such moment", field="wanted") from None


def _span(found: re.Match[str]) -> timedelta:
    if found["minutes"] is not None:
        return timedelta(minutes=int(found["minutes"]))
    return timedelta(hours=int(found["hours"]), minutes=int(found["rest"] or 0))


def _day(text: str, today: date) -> tuple[date | None, str]:
    """The day that is named at the beginning, and what follows it."""
    word, _, rest = text.partition(" ")
    if word in _DAYS:
        return today + timedelta(days=_DAYS[word]), rest
    found = _DAY.match(text)
    if found is None:
        return None, text
    try:
        day = date(int(found["year"] or today.year), int(found["month"]), int(found["day"]))
        if not found["year"] and day < today:
            day = day.replace(year=day.year + 1)
    except ValueError:
        raise Invalid("there is no such day", field="wanted") from None
    return day, text[found.end() :].strip()


def _time(text: str) -> time | None:
    found = _TIME.fullmatch(text)
    if found is None or (found["before"] and found["after"]):
        return None
    if found["digits"] is not None:
        hour, minute = divmod(int(found["digits"]), 100)
    else:
        hour, minute = int(found["hour"]), 30 if found["half"] else int(found["minute"] or 0)
    half = found["before"] or found["after"]
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half in _LATE else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.combine(day, at, zone).astimezone(UTC)
    except OverflowError:
        raise Invalid("there is no such moment", field="wanted") from None
    if moment.astimezone(zone).time() != at:
        raise Invalid("the clocks go forward then: there is no such time on that day", field="wanted")
    return moment


def _checked(moment: datetime, now: datetime, farthest: timedelta) -> datetime | None:
    if moment <= now - JUST_PAST:
        raise Invalid("that time is past", field="wanted")
    if moment > now + farthest:
        raise Invalid(f"that is more than {farthest.days} days ahead", field="wanted")
    return None if moment <= now else moment.astimezone(UTC)
