"""Reads texts that came in, and does what they mean: from rows, so that a text of before a restart is read after it."""

from __future__ import annotations

import asyncio
from functools import partial

import structlog

from desk.bus import Bus
from desk.database_errors import Busy, in_words, is_away
from desk.driver_page import text_answers
from desk.events import TextArrived
from desk.message import incoming_texts
from desk.work import Desk

LOOK_EVERY_S = 5.0
AFTER_TROUBLE_S = 1.0

log = structlog.get_logger(__name__)


class Replies:
    """Nothing is known here that a restart would lose."""

    def __init__(self, desk: Desk, bus: Bus) -> None:
        self._desk = desk
        self._woken = asyncio.Event()
        self._stop = bus.on(TextArrived, lambda _: self._woken.set())

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            self._woken.clear()
            pause = await self._read_what_came()
            try:
                async with asyncio.timeout(pause):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def _read_what_came(self) -> float:
        """Seconds until there is something to do again, unless something comes."""
        try:
            await self._desk.do(incoming_texts.give_up_waiting)
            async with self._desk.look() as session:
                found = await incoming_texts.unread(session)
            for text_id in found:
                await self._read(text_id)
        except Exception as error:
            if not isinstance(error, Busy) and not is_away(error):
                raise
            log.warning("texts that came in wait: the database does not answer", reason=in_words(error))
            return AFTER_TROUBLE_S
        return 0.0 if found else LOOK_EVERY_S

    async def _read(self, text_id: int) -> None:
        """Raises when the database is away: then none can be read."""
        try:
            try:
                await self._desk.do(partial(text_answers.act, text_id=text_id))
            except Busy:
                raise
            except text_answers.REFUSALS as error:
                await self._desk.do(partial(text_answers.refuse, text_id=text_id, error=error))
        except Busy:
            raise
        except Exception as error:
            if is_away(error):
                raise
            log.exception("a text that came in cannot be read; it waits for a person", text_id=text_id)
            await self._desk.do(partial(text_answers.give_up, text_id=text_id))
