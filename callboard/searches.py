"""Keeps the searches for drivers going: does what is due, and sleeps until something is, or until something has happened.

Two things are done side by side: offers that ran out end, many in one piece of work; and searches go on, each in its own, those
that a peak has gathered by the plan that was found for all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

import structlog

from desk.bus import Bus
from desk.database_errors import Busy, in_words, is_away
from desk.dispatching import matching, peaks, searching
from desk.dispatching.rings import Plan
from desk.events import Event, OfferEnded, OfferMade, SearchChanged
from desk.work import Desk

LOOK_EVERY_S = 5.0
AFTER_TROUBLE_S = 1.0

log = structlog.get_logger(__name__)


class Searches:
    """What is due stands in rows; nothing is known here that a restart would lose."""

    def __init__(self, desk: Desk, bus: Bus) -> None:
        self._desk = desk
        self._searches, self._offers = asyncio.Event(), asyncio.Event()
        self._begun = asyncio.Event()
        self.solver_loaded = asyncio.Event()
        self._stops = [
            bus.on(SearchChanged, self._wake),
            bus.on(OfferEnded, self._wake),
            bus.on(OfferMade, self._wake),
        ]

    def _wake(self, _event: Event) -> None:
        self._begun.set()
        self._searches.set()
        self._offers.set()

    async def run(self) -> None:
        """Go on until cancelled."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._keep_at(self._offers, self._end_offers))
            both.create_task(self._keep_at(self._searches, self._do_what_is_due))
            both.create_task(self._load_solver())

    async def _load_solver(self) -> None:
        """Beside the loop, once there is a first search: long before there are as many as in a peak; never where none runs."""
        await self._begun.wait()
        await asyncio.to_thread(matching.load)
        self.solver_loaded.set()

    async def _keep_at(self, woken: asyncio.Event, act: Callable[[datetime], Awaitable[float]]) -> None:
        while True:
            woken.clear()
            pause = await self._try(act)
            try:
                async with asyncio.timeout(pause):
                    await woken.wait()
            except TimeoutError:
                continue

    async def _try(self, act: Callable[[datetime], Awaitable[float]]) -> float:
        try:
            return await act(self._desk.clock())
        except Exception as error:
            if not isinstance(error, Busy) and not is_away(error):
                raise
            log.warning("the search for drivers waits: the database does not answer", reason=in_words(error))
            return AFTER_TROUBLE_S

    async def _end_offers(self, now: datetime) -> float:
        """Seconds until an offer runs out again."""
        async with self._desk.look() as session:
            first = await searching.next_expiry(session)
        if first is not None and first <= now:
            await self._desk.do(searching.expire)
            async with self._desk.look() as session:
                first = await searching.next_expiry(session)
        return self._until(first)

    async def _do_what_is_due(self, now: datetime) -> float:
        """Seconds until there is something to do again."""
        async with self._desk.look() as session:
            due = await searching.due(session, now)
        if due:
            self._begun.set()
        planned = await self._plan(due, now)
        rest = [order_id for order_id in due if order_id not in planned]
        stuck = [
            order_id
            for order_id, plan in (*planned.items(), *((order_id, None) for order_id in rest))
            if not await self._advance(order_id, plan)
        ]
        if stuck:  # they stay due, and are tried again: not at once
            return AFTER_TROUBLE_S
        async with self._desk.look() as session:
            return self._until(await searching.next_due(session))

    async def _plan(self, due: list[int], now: datetime) -> dict[int, Plan]:
        """For each search that has gathered with others, whom it asks. A plan that fails costs the peak nothing but the gain."""
        planned: dict[int, Plan] = {}
        try:
            async with self._desk.look() as session:
                rounds = await peaks.gathered(session, due, now)
            for round_ in rounds:
                found = await peaks.match(round_)
                await self._desk.do(partial(peaks.keep, round_=round_, found=found))
                planned |= peaks.plans(round_, found)
        except Exception as error:
            if isinstance(error, Busy) or is_away(error):
                raise
            log.exception("the searches of a peak cannot be matched; each goes on alone")
        return planned

    def _until(self, moment: datetime | None) -> float:
        if moment is None:
            return LOOK_EVERY_S
        return min(LOOK_EVERY_S, max(0.0, (moment - self._desk.clock()).total_seconds()))

    async def _advance(self, order_id: int, plan: Plan | None) -> bool:
        """Whether this one went on. Raises when the database is away: then none can."""
        try:
            await self._desk.do(partial(searching.advance, order_id=order_id, plan=plan))
        except Busy:
            raise
        except Exception as error:
            if is_away(error):
                raise
            log.exception("the search for a driver cannot go on", order_id=order_id)
            return False
        return True
