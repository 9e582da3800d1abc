"""What a process holds, sampled while it works, and whether it grows."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = 4096
HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Held:
    """One look at a process: resident memory in MiB, open descriptors, threads."""

    rss_mib: float
    descriptors: int
    threads: int


def held_by(pid: int) -> Held:
    """From /proc. Raises OSError when the process is gone."""
    process = Path("/proc") / str(pid)
    resident = int((process / "statm").read_text().split()[1]) * PAGE / 2**20
    threads = next(line for line in (process / "status").read_text().splitlines() if line.startswith("Threads:"))
    return Held(resident, len(list((process / "fd").iterdir())), int(threads.split()[1]))


@dataclass(frozen=True, slots=True)
class Trend:
    """A series after its warm-up: where it began and ended (medians of a tenth), and its slope."""

    first: float
    last: float
    slope_per_h: float

    @property
    def percent_per_h(self) -> float:
        """The slope as a part of where it began."""
        return 100 * self.slope_per_h / self.first if self.first else 0.0


def trend(points: Sequence[tuple[float, float]]) -> Trend:
    """Of (seconds, value), by least squares; raises ValueError for fewer than ten points."""
    if len(points) < 10:
        raise ValueError("too few samples to speak of a trend")
    values = [value for _, value in points]
    tenth = max(1, len(values) // 10)
    slope, _ = statistics.linear_regression([at for at, _ in points], values)
    return Trend(statistics.median(values[:tenth]), statistics.median(values[-tenth:]), slope * HOUR_S)


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile; 0 where there is nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0
