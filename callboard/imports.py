"""Takes files of customers and drivers in, batch by batch, and takes them back; what a restart interrupted goes on."""

from __future__ import annotations

import asyncio
from functools import partial

import structlog

from desk.bus import Bus
from desk.database_errors import Busy, in_words, is_away
from desk.events import ImportMoved
from desk.importing import staging, steps
from desk.work import Desk

LOOK_EVERY_S = 30.0
AFTER_TROUBLE_S = 2.0
BETWEEN_S = 0.02
"""So long nobody writes for a file between two of its batches: calls and orders come first."""

log = structlog.get_logger(__name__)


class Imports:
    """What is to be done stands in rows; nothing is known here that a restart would lose."""

    def __init__(self, desk: Desk, bus: Bus) -> None:
        self._desk = desk
        self._woken = asyncio.Event()
        self._stop = bus.on(ImportMoved, lambda _event: self._woken.set())

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            self._woken.clear()
            pause = await self._do_what_is_to_be_done()
            try:
                async with asyncio.timeout(pause):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def _do_what_is_to_be_done(self) -> float:
        """Seconds until one looks again."""
        try:
            await self._desk.do(staging.discard_cut_off)
            async with self._desk.look() as session:
                moving = await staging.moving(session)
            for import_id in moving:
                await self._to_its_end(import_id)
        except Exception as error:
            if not isinstance(error, Busy) and not is_away(error):
                raise
            log.warning("a file waits to be taken in: the database does not answer", reason=in_words(error))
            return AFTER_TROUBLE_S
        return LOOK_EVERY_S

    async def _to_its_end(self, import_id: int) -> None:
        """Raises when the database is away. One file that cannot go on keeps no other from it, and is tried again."""
        more = True
        while more:
            try:
                more = await self._desk.do(partial(steps.advance, import_id=import_id))
            except Exception as error:
                if isinstance(error, Busy) or is_away(error):
                    raise
                log.exception("a file cannot be taken in any further", import_id=import_id)
                return
            await asyncio.sleep(BETWEEN_S)
