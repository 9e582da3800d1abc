"""A time limit that is moved with every command and hardly ever reached: its timer is looked at only when it rings.

asyncio.timeout() makes and cancels a timer for each command, which a profile of the server showed.
"""

from __future__ import annotations

import asyncio
from typing import Protocol


class Reader(Protocol):
    """Whatever somebody waits for."""

    def set_exception(self, error: Exception, /) -> None:
        """Whoever waits meets `error`."""


class Patience:
    """Makes whoever reads from `reader` meet a TimeoutError when the limit passes."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._loop = asyncio.get_running_loop()
        self._end: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, seconds: float) -> None:
        """From now on, at most so long; a limit that runs already is replaced."""
        self._end = end = self._loop.time() + seconds
        if self._timer is None or self._timer.when() > end:
            self._ring_at(end)

    def end(self) -> None:
        """It was in time."""
        self._end = None

    def stop(self) -> None:
        """Nobody will read any more."""
        self._end = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring_at(self, moment: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(moment, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._end is None:
            return
        if self._loop.time() < self._end:
            self._ring_at(self._end)
        else:
            self._reader.set_exception(TimeoutError())
