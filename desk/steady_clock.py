"""A clock that never goes back: when the machine's clock is set back, time goes on more slowly until the two agree again.

So nothing ends before it began, an offer still runs out, and what is due is not waited for once more. Forward steps are followed
at once, and so are steps back of more than an hour: whoever sets the clock so far back corrects it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

MOST = timedelta(hours=1)
"""The farthest that we are ever ahead of the machine's clock."""
PACE = 0.75
"""How much of a second passes in one, meanwhile: after ten minutes back, the two agree in forty."""


def wall_clock() -> datetime:
    """What the machine says, aware, UTC."""
    return datetime.now(UTC)


class SteadyClock:
    """Call it for the present moment, aware, UTC, from any thread. `wall` may jump; `ticks` (seconds) never does."""

    def __init__(self, wall: Callable[[], datetime] = wall_clock, ticks: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._ticks = ticks
        self._lock = threading.Lock()
        self._told = wall()
        self._at = ticks()

    def __call__(self) -> datetime:
        with self._lock:
            wall, at = self._wall(), self._ticks()
            slow = self._told + PACE * timedelta(seconds=at - self._at)
            self._told = wall if slow - wall > MOST else max(wall, slow)
            self._at = at
            return self._told

    def not_before(self, moment: datetime) -> None:
        """What was written down has happened: go on from there, unless that is too far ahead of the machine."""
        with self._lock:
            self._told = max(self._told, moment)
