"""Wrong passwords are counted per account and address, and per address. An attacker elsewhere locks nobody out."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from datetime import datetime

MAX_KEYS = 10_000


class Throttle:
    """Failures within a window. Memory is bounded: the oldest keys are forgotten first."""

    def __init__(self, per_account: int, per_address: int, window_s: float, clock: Callable[[], datetime]) -> None:
        self._limits = {"account": per_account, "address": per_address}
        self._window_s = window_s
        self._clock = clock
        self._failures: dict[tuple[str, str, str], deque[float]] = {}

    def wait_s(self, account: str, address: str) -> int:
        """Seconds until this account may be tried again from this address; 0: now."""
        now = self._clock().timestamp()
        return max(self._wait(key, now) for key in self._keys(account, address))

    def failed(self, account: str, address: str) -> None:
        """Remember a try; called before the password is checked, and taken back by `succeeded`."""
        now = self._clock().timestamp()
        for key in self._keys(account, address):
            self._failures.setdefault(key, deque(maxlen=self._limits[key[0]])).append(now)
        while len(self._failures) > MAX_KEYS:
            del self._failures[next(iter(self._failures))]

    def succeeded(self, account: str, address: str) -> None:
        """Forget this account's failures from this address, and of the address's own only the one counted before the check."""
        self._failures.pop(("account", account, address), None)
        times = self._failures.get(("address", "", address))
        if times:
            times.pop()

    def _keys(self, account: str, address: str) -> tuple[tuple[str, str, str], ...]:
        return ("account", account, address), ("address", "", address)

    def _wait(self, key: tuple[str, str, str], now: float) -> int:
        times = self._failures.get(key)
        if times is None:
            return 0
        while times and times[0] <= now - self._window_s:
            times.popleft()
        if not times:
            del self._failures[key]
            return 0
        return math.ceil(times[0] + self._window_s - now) if len(times) >= self._limits[key[0]] else 0


class Pace:
    """Something costly, at most once in so many seconds."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._last = -math.inf

    def wait_s(self, now: float) -> int:
        """0: go ahead (and it counts); else in how many whole seconds to ask again. `now` is monotonic."""
        left = self._last + self._every_s - now
        if left > 0:
            return math.ceil(left)
        self._last = now
        return 0


class Paces:
    """Something that each person may have done at most once in so many seconds. The oldest are forgotten first."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._paces: dict[int, Pace] = {}

    def wait_s(self, person: int, now: float) -> int:
        """As Pace's, for this person."""
        wait = self._paces.setdefault(person, Pace(self._every_s)).wait_s(now)
        while len(self._paces) > MAX_KEYS:
            del self._paces[next(iter(self._paces))]
        return wait
