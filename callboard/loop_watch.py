"""How long the event loop was kept from its work: what holds it up holds up every caller and every screen at once."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections import deque

TURN_S = 0.0002
TICK_S = 0.05
REMEMBERED = 1200
"""Ticks: the last minute."""


def spare_what_is_loaded() -> None:
    """Once all is loaded: the garbage collector no longer walks through modules, tables and routes, which stay for good.

    They are some 200,000 objects; each full collection took 0.1 to 0.3 s with them, and every caller and screen waited.
    """
    gc.collect()
    gc.freeze()


def let_threads_take_turns() -> None:
    """A thread that computes gives way after 0.2 ms, as soon as another waits (`sys.setswitchinterval`).

    Python's 5 ms are paid each time the loop comes back from the database or a socket: a pop that asks twenty times took 160 ms
    beside a thread that computes, and takes 18 ms now; the computing takes as long as before.
    """
    sys.setswitchinterval(TURN_S)


class LoopWatch:
    """Sleeps a tick at a time and remembers by how much each was overslept."""

    def __init__(self) -> None:
        self._late: deque[float] = deque(maxlen=REMEMBERED)

    @property
    def longest_s(self) -> float:
        """The longest hold-up of the last minute, in seconds."""
        return max(self._late, default=0.0)

    async def run(self) -> None:
        """Watch until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            due = clock() + TICK_S
            await asyncio.sleep(TICK_S)
            self._late.append(max(0.0, clock() - due))
