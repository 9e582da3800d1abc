"""How long it will take until a driver is there, learned from how long it took before. Pure.

The simplest honest model: of the latest orders at such an hour (one more or less) and in such a place, where there are enough
of them, else at such an hour, else of all; among them those with about as many drivers free, where there are enough. Promised is
what four of five kept: the median and the spread above it. Its error is what the median would have been wrong by, had it been
asked before each of these orders in turn.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass

ENOUGH = 12
LEAST_SPREAD_S = 120
WHOLE_S = 60
SHARE = 0.8
CELLS = 50
"""Squares of the map to a degree: 2 km."""
_FREE = (0, 2, 9)


@dataclass(frozen=True, slots=True)
class Sample:
    """An order of the past: how many seconds it took until its driver was there, when, where, and with how many drivers free."""

    actual_s: int
    hour: int
    cell: str | None
    drivers_free: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """What may be promised: `median_s` and `spread_s` together. `error_s` is null where nothing could be learned."""

    basis: str
    samples: int
    median_s: int
    spread_s: int
    error_s: int | None

    @property
    def seconds(self) -> int:
        """What is promised, in whole minutes."""
        return -(-(self.median_s + self.spread_s) // WHOLE_S) * WHOLE_S


def cell(lat: float | None, lon: float | None) -> str | None:
    """The square of the map in which a pin lies."""
    return None if lat is None or lon is None else f"{int(lat * CELLS // 1)}:{int(lon * CELLS // 1)}"


def estimate(samples: Sequence[Sample], hour: int, where: str | None, drivers_free: int, usual_s: int) -> Estimate:
    """What may be promised now. `samples` are in the order in which they happened; `usual_s` is for who has no history."""
    at_hour = [one for one in samples if (one.hour - hour) % 24 in (0, 1, 23)]
    here = [one for one in at_hour if where is not None and one.cell == where]
    for basis, level in (("place", here), ("hour", at_hour), ("all", samples)):
        if len(level) < ENOUGH:
            continue
        alike = [one for one in level if _bucket(one.drivers_free) == _bucket(drivers_free)]
        return _learned(basis, [one.actual_s for one in (alike if len(alike) >= ENOUGH else level)])
    return Estimate("usual", 0, usual_s, 0, None)


def _learned(basis: str, seconds: Sequence[int]) -> Estimate:
    sorted_ = sorted(seconds)
    median = sorted_[len(sorted_) // 2]
    spread = max(LEAST_SPREAD_S, sorted_[min(len(sorted_) - 1, int(len(sorted_) * SHARE))] - median)
    return Estimate(basis, len(seconds), median, spread, _error(seconds))


def _error(seconds: Sequence[int]) -> int:
    """By how much the median of what came before was wrong, on average. The first half has nothing to be asked of."""
    known: list[int] = []
    wrong: list[int] = []
    for at, actual in enumerate(seconds):
        if at >= len(seconds) // 2 and known:
            wrong.append(abs(actual - known[len(known) // 2]))
        insort(known, actual)
    return round(sum(wrong) / len(wrong)) if wrong else 0


def _bucket(drivers_free: int) -> int:
    return bisect_right(_FREE, drivers_free - 1)
