"""Keeps the orders' clocks: does what is due, and sleeps until something is, or until something has happened."""

from __future__ import annotations

import asyncio
from functools import partial

import structlog

from desk.bus import Bus
from desk.database_errors import Busy, in_words, is_away
from desk.events import Event, OrderChanged, OrderTaken
from desk.ordering import timers
from desk.work import Desk

LOOK_EVERY_S = 5.0
AFTER_TROUBLE_S = 1.0

log = structlog.get_logger(__name__)


class OrderTimers:
    """What is due stands in rows; nothing is known here that a restart would lose."""

    def __init__(self, desk: Desk, bus: Bus) -> None:
        self._desk = desk
        self._woken = asyncio.Event()
        self._stops = [bus.on(OrderTaken, self._wake), bus.on(OrderChanged, self._wake)]

    def _wake(self, _event: Event) -> None:
        self._woken.set()

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            self._woken.clear()
            pause = await self._do_what_is_due()
            try:
                async with asyncio.timeout(pause):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def _do_what_is_due(self) -> float:
        """Seconds until there is something to do again."""
        now = self._desk.clock()
        try:
            async with self._desk.look() as session:
                due = await timers.due(session, now)
            stuck = [timer_id for timer_id in due if not await self._advance(timer_id)]
            async with self._desk.look() as session:
                following = await timers.next_due(session)
        except Exception as error:
            if not isinstance(error, Busy) and not is_away(error):
                raise
            log.warning("the orders' clocks wait: the database does not answer", reason=in_words(error))
            return AFTER_TROUBLE_S
        if stuck:  # they stay due, and are tried again: not at once
            return AFTER_TROUBLE_S
        if following is None:
            return LOOK_EVERY_S
        return min(LOOK_EVERY_S, max(0.0, (following - self._desk.clock()).total_seconds()))

    async def _advance(self, timer_id: int) -> bool:
        """Whether this one was done. Raises when the database is away: then none can."""
        try:
            await self._desk.do(partial(timers.advance, timer_id=timer_id))
        except Busy:
            raise
        except Exception as error:
            if is_away(error):
                raise
            log.exception("what is due for an order cannot be done", timer_id=timer_id)
            return False
        return True
