"""When a rule that runs again and again is due: weekdays and hours of the office's clock, whatever the server's zone is. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTES_A_DAY = 1440
_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class Hours:
    """On which days, from which minute of the day, and until which one. "0" of `weekdays` is Monday."""

    timezone: str
    weekdays: str
    from_minute: int
    to_minute: int
    first_day: date
    last_day: date | None

    def opens(self, day: date) -> datetime:
        """When the run of that day begins."""
        return self._moment(day, self.from_minute)

    def closes(self, day: date) -> datetime:
        """Until when it may begin, and what it wrote is for."""
        return self._moment(day, self.to_minute)

    def day_of(self, at: datetime) -> date:
        """Which day it is there."""
        return at.astimezone(ZoneInfo(self.timezone)).date()

    def runs_on(self, day: date) -> bool:
        """Whether it is one of its days."""
        within = self.first_day <= day and (self.last_day is None or day <= self.last_day)
        return within and str(day.weekday()) in self.weekdays

    def following(self, after: datetime, not_on: date | None = None) -> datetime | None:
        """When it is due next after that moment, on a day after `not_on`; null: never again."""
        day = max(self.day_of(after), self.first_day)
        if not_on is not None:
            day = max(day, not_on + timedelta(days=1))
        for _ in range(_A_WEEK + 1):
            if self.runs_on(day) and (due := self.opens(day)) > after:
                return due
            day += timedelta(days=1)
        return None

    def _moment(self, day: date, minute: int) -> datetime:
        if minute == MINUTES_A_DAY:
            return self._moment(day + timedelta(days=1), 0)
        clock = time(minute // 60, minute % 60)
        return datetime.combine(day, clock, ZoneInfo(self.timezone)).astimezone(UTC)
