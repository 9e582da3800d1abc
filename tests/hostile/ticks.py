"""How long the event loop of this process was held up: reported as a figure, never asserted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

EVERY_S = 0.005


class Ticks:
    """`longest_s` is the longest time by which a short sleep came late."""

    longest_s = 0.0

    async def run(self) -> None:
        """Measure until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(EVERY_S)
            self.longest_s = max(self.longest_s, loop.time() - before - EVERY_S)


@asynccontextmanager
async def ticking() -> AsyncIterator[Ticks]:
    """Measure for the length of the block."""
    ticks = Ticks()
    task = asyncio.create_task(ticks.run())
    try:
        yield ticks
    finally:
        task.cancel()
