"""Alarms the desk of texts about orders that did not get through, from rows, so that a restart forgets none."""

from __future__ import annotations

import asyncio

import structlog

from desk.bus import Bus
from desk.database_errors import Busy, in_words, is_away
from desk.events import MessageChanged
from desk.message import unheard
from desk.work import Desk

LOOK_EVERY_S = 5.0
BAD = ("failed", "expired", "unknown")

log = structlog.get_logger(__name__)


class Unheard:
    """Looks at once when a text has failed, and every few seconds for what nobody tells of."""

    def __init__(self, desk: Desk, bus: Bus) -> None:
        self._desk = desk
        self._woken = asyncio.Event()
        self._stop = bus.on(MessageChanged, self._heard)

    def _heard(self, event: MessageChanged) -> None:
        if event.state in BAD:
            self._woken.set()

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            self._woken.clear()
            await self._look()
            try:
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def _look(self) -> None:
        try:
            async with self._desk.look() as session:
                due = await unheard.something_to_do(session, self._desk.clock())
            if due:
                await self._desk.do(unheard.watch)
        except Exception as error:
            if not isinstance(error, Busy) and not is_away(error):
                raise
            log.warning("texts that nobody heard wait: the database does not answer", reason=in_words(error))
