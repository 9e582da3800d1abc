"""Ends calls that only a caller-ID box saw and of which nothing more was heard."""

from __future__ import annotations

import asyncio

from desk.call import calls
from desk.work import Desk

LOOK_EVERY_S = 30.0


class StaleBoxCalls:
    """Looks now and then, also for calls that were open when the process was stopped."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self) -> None:
        """End them until cancelled."""
        while True:
            async with self._desk.work() as work:
                await calls.end_stale_box_calls(work)
            await asyncio.sleep(LOOK_EVERY_S)
