"""Events that wait for their turn: ordered, bounded, and honest about what it had to throw away.

What is thrown away first is what a list of channels gives back. Arrivals and hang-ups are facts of their own and are kept
as long as three quarters of the room last. Either way `torn` is set: the state must be read afresh from the PBX.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable

from ami.message import Message

_LASTING = frozenset({"UserEvent", "Hangup", "Shutdown", "FullyBooted"})


class Backlog:
    """A queue with one teller, who never waits, and one taker."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.dropped_by: Counter[str] = Counter()
        """How many were thrown away, by the event's name."""
        self.torn = False
        self.lag_s = 0.0
        self._limit = limit
        self._clock = clock
        self._waiting: deque[tuple[float, str, bytes]] = deque()
        self._filled = asyncio.Event()

    @property
    def dropped(self) -> int:
        """How many were thrown away."""
        return self.dropped_by.total()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, name: str, raw: bytes) -> None:
        """Add one event; over the limit, make room."""
        if len(self._waiting) >= self._limit:
            self._make_room()
        if not self._waiting:
            self._filled.set()
        self._waiting.append((self._clock(), name, raw))

    def take(self) -> tuple[str, Message] | None:
        """The oldest event, or None. `lag_s` is then how long it had waited."""
        if not self._waiting:
            self._filled.clear()
            return None
        told_at, name, raw = self._waiting.popleft()
        self.lag_s = self._clock() - told_at
        return name, Message(raw)

    async def filled(self) -> None:
        """Wait until there is something to take."""
        if not self._waiting:
            self._filled.clear()
            await self._filled.wait()

    def tear(self) -> None:
        """Something was lost: have the state read afresh, and let the taker look although nothing came."""
        self.torn = True
        self._filled.set()

    def _make_room(self) -> None:
        kept = [entry for entry in self._waiting if entry[1] in _LASTING]
        if len(kept) > self._limit * 3 // 4:
            kept = kept[-(self._limit // 2) :]
        self.dropped_by.update(entry[1] for entry in self._waiting)
        self.dropped_by.subtract(entry[1] for entry in kept)
        self._waiting = deque(kept)
        self.tear()
