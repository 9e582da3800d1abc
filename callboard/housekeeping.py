"""Once a day, what is kept for a while only is forgotten: saved answers to repeated requests, drivers' old links."""

from __future__ import annotations

import asyncio

from desk import drafts, driver_access, idempotency
from desk.work import Desk

EVERY_S = 24 * 3600.0


class Housekeeping:
    """Forgets at the start and then every day."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self) -> None:
        """Forget until cancelled."""
        while True:
            async with self._desk.work() as work:
                await idempotency.forget_old(work)
                await driver_access.forget_old(work)
                await drafts.forget_old(work)
            await asyncio.sleep(EVERY_S)
