"""Where drivers say they are, written together: on a busy night it is said many times a second, by phones that wait for nothing.

One transaction for all that was said in a quarter of a second, so that drivers who move take no turns from who answers a
caller. Each phone is answered when its own is committed; of what one driver says twice, the later counts.
"""

from __future__ import annotations

import asyncio
from functools import partial

from desk.driver import shifts
from desk.driver.shifts import Fix
from desk.work import Desk

TOGETHER_S = 0.25


class Whereabouts:
    """What was said and is not yet written. `run()` must be running for anything to be."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._fixes: dict[int, Fix] = {}
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._said = asyncio.Event()

    async def say(self, driver_id: int, fix: Fix) -> None:
        """The driver is, or was, there. Comes back when it is written; raises OffDuty, and what the database raises."""
        written = asyncio.get_running_loop().create_future()
        self._fixes[driver_id] = fix
        self._waiting.append((driver_id, written))
        self._said.set()
        await written

    async def run(self) -> None:
        """Write until cancelled."""
        try:
            while True:
                await self._said.wait()
                await asyncio.sleep(TOGETHER_S)
                await self._write()
        finally:
            for _, written in self._waiting:
                written.cancel()

    async def _write(self) -> None:
        fixes, waiting = self._fixes, self._waiting
        self._fixes, self._waiting = {}, []
        self._said.clear()
        failure: Exception | None = None
        located: set[int] = set()
        try:
            located = await self._desk.do(partial(shifts.locate_all, fixes=fixes))
        except Exception as error:  # noqa: BLE001 -- told to whoever waits for it, each in his own request
            failure = error
        for driver_id, written in waiting:
            if written.done():  # he has hung up
                continue
            if failure is not None:
                written.set_exception(failure)
            elif driver_id in located:
                written.set_result(None)
            else:
                written.set_exception(shifts.off_duty(driver_id))
