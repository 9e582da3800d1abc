"""What a trip costs, and of which parts that is made. Pure: whole minor units in, whole minor units out, no float on the way.

    start (zone fare, or base and begun steps of the way) + way-points       = what the percentages are of
    + night + hours + holiday, each by itself, upwards to the whole unit     (they are added, never multiplied)
    + what is missing to the tariff's rounding                               = what is asked

The parts always sum to the amount.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from typing import Any

EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class HourRate:
    """A surcharge from `since` to `until` (local time, over midnight where `until` is not later): percent, and a fixed amount.

    `days` are those on which the hour lies (0 is Monday).
    """

    since: time
    until: time
    percent: int = 0
    amount: int = 0
    days: frozenset[int] = EVERY_DAY

    def holds(self, at: time, weekday: int) -> bool:
        """Whether the trip begins in it."""
        return weekday in self.days and within(at, self.since, self.until)


@dataclass(frozen=True, slots=True)
class ZonePair:
    """What the office's own table says: the fare from one zone to another, all of the way."""

    from_zone: str
    to_zone: str
    fare: int


@dataclass(frozen=True, slots=True)
class Trip:
    """What a price depends on. `distance_m` is the way, null where a pin is missing; `at` the local time at which it begins.

    `zones` is the pair of the office's table that fits, `holiday` the name of the day where it is one.
    """

    distance_m: int | None
    at: time
    weekday: int = 0
    way_points: int = 0
    zones: ZonePair | None = None
    holiday: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the explanation: `key` with `args` is a text in `panel.toml` under `fare_part`, `amount` what it adds."""

    key: str
    amount: int
    args: tuple[tuple[str, str | int], ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {"key": self.key, "amount": self.amount, "args": dict(self.args)}


@dataclass(frozen=True, slots=True)
class Quote:
    """What a trip costs, with the parts that sum to it."""

    amount: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class WaitingRule:
    """`free_min` minutes cost nothing; each `step_min` minutes begun after that cost `step` (whole minor units)."""

    free_min: int
    step_min: int
    step: int

    def amount(self, seconds: int) -> int:
        """What so long a wait comes to."""
        return -(-max(0, seconds - 60 * self.free_min) // (60 * self.step_min)) * self.step


@dataclass(frozen=True, slots=True)
class Tariff:
    """A price by distance, in whole minor units. `included_m` metres are in `base`; each `step_m` begun after that costs `step`.

    Between `night_from` and `night_to` (local time, over midnight) `night_percent` is added; `hours` are further surcharges,
    `holiday_percent` is added on public holidays and the office's own, `way_point` for each stop on the way. `rounding` is the
    smallest amount that is charged, upwards. `road_percent` is how long a way is for 100 of its beeline. The fields from
    `waiting_free_min` on are those of WaitingRule; with no step there is none, and it is never part of a quote's amount.
    """

    base: int
    included_m: int
    step: int
    step_m: int
    night_percent: int
    night_from: time
    night_to: time
    rounding: int
    hours: tuple[HourRate, ...] = ()
    holiday_percent: int = 0
    way_point: int = 0
    road_percent: int = 130
    waiting_free_min: int = 0
    waiting_step_min: int = 0
    waiting_step: int = 0

    @property
    def waiting(self) -> WaitingRule | None:
        """How waiting for the customer is counted, where it is."""
        if not self.waiting_step_min or not self.waiting_step:
            return None
        return WaitingRule(self.waiting_free_min, self.waiting_step_min, self.waiting_step)

    def quote(self, distance_m: int, at: time) -> int:
        """What a trip of `distance_m` metres that begins at local time `at` costs on an ordinary day."""
        found = self.explain(Trip(distance_m, at))
        assert found is not None
        return found.amount

    def explain(self, trip: Trip) -> Quote | None:
        """What `trip` costs and why; null where neither the way nor the zones are known."""
        start = self._start(trip)
        if start is None:
            return None
        whole = sum(part.amount for part in start)
        parts = [*start, *self._surcharges(trip, whole)]
        sum_ = sum(part.amount for part in parts)
        if missing := -sum_ % self.rounding:
            parts.append(Part("rounding", missing, (("unit", self.rounding),)))
        if (rule := self.waiting) is not None:  # said with the price, and of nothing yet
            args = (("free_min", rule.free_min), ("step_min", rule.step_min), ("step", rule.step))
            parts.append(Part("waiting", 0, args))
        return Quote(sum_ + missing, tuple(parts))

    def _start(self, trip: Trip) -> list[Part] | None:
        if trip.zones is not None:
            zones = trip.zones
            found = [Part("zones", zones.fare, (("from", zones.from_zone), ("to", zones.to_zone)))]
        elif trip.distance_m is not None:
            found = [Part("base", self.base, (("metres", self.included_m),))]
            if steps := -(-max(0, trip.distance_m - self.included_m) // self.step_m):
                args = (("metres", trip.distance_m), ("steps", steps), ("step_m", self.step_m), ("step", self.step))
                found.append(Part("distance", steps * self.step, args))
        else:
            return None
        if trip.way_points and self.way_point:
            found.append(Part("way_points", trip.way_points * self.way_point, (("count", trip.way_points),)))
        return found

    def _surcharges(self, trip: Trip, whole: int) -> Iterator[Part]:
        if self.night_percent and within(trip.at, self.night_from, self.night_to):
            hours = _hours(self.night_from, self.night_to)
            yield Part("night", _percent(whole, self.night_percent), (*hours, ("percent", self.night_percent)))
        for rate in self.hours:
            if rate.holds(trip.at, trip.weekday):
                hours = _hours(rate.since, rate.until)
                yield Part("hour", _percent(whole, rate.percent) + rate.amount, (*hours, ("percent", rate.percent)))
        if self.holiday_percent and trip.holiday is not None:
            args = (("name", trip.holiday), ("percent", self.holiday_percent))
            yield Part("holiday", _percent(whole, self.holiday_percent), args)


def within(at: time, since: time, until: time) -> bool:
    """Whether `at` lies from `since` to before `until`, over midnight where `until` is earlier; the same: always."""
    if since < until:
        return since <= at < until
    return since == until or at >= since or at < until


def _percent(amount: int, percent: int) -> int:
    """So many percent of an amount, upwards to the whole unit."""
    return -(-amount * percent // 100)


def _hours(since: time, until: time) -> tuple[tuple[str, str], tuple[str, str]]:
    return (("since", f"{since:%H:%M}"), ("until", f"{until:%H:%M}"))
