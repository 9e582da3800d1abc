"""Runs the standing sends that are due, one after the other, and sleeps until the next one is."""

from __future__ import annotations

import asyncio
from functools import partial

import structlog

from desk.database_errors import Busy, in_words, is_away
from desk.message import standing_runs
from desk.work import Desk

LOOK_EVERY_S = 5.0
AFTER_TROUBLE_S = 30.0
"""A question that failed after a minute is not asked again at once."""
MOST_ROUNDS = 1_000

log = structlog.get_logger(__name__)


class StandingSends:
    """What is due stands in rows; nothing is known here that a restart would lose."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            pause = await self.do_what_is_due()
            await asyncio.sleep(pause)

    async def do_what_is_due(self) -> float:
        """Seconds until there is something to do again."""
        try:
            async with self._desk.look() as session:
                due = await standing_runs.due(session, self._desk.clock())
            stuck = [rule_id for rule_id in due if not await self._to_its_end(rule_id)]
            async with self._desk.look() as session:
                following = await standing_runs.next_due(session)
        except Exception as error:
            if not isinstance(error, Busy) and not is_away(error):
                raise
            log.warning("standing sends wait: the database does not answer", reason=in_words(error))
            return LOOK_EVERY_S
        if stuck:  # they stay due, and are tried again: not at once
            return AFTER_TROUBLE_S
        if following is None:
            return LOOK_EVERY_S
        return min(LOOK_EVERY_S, max(0.0, (following - self._desk.clock()).total_seconds()))

    async def _to_its_end(self, rule_id: int) -> bool:
        """Whether its run was done, or written as missed. Raises when the database is away: then none can."""
        try:
            for _ in range(MOST_ROUNDS):
                async with self._desk.look() as session:
                    plan = await standing_runs.look(session, rule_id, self._desk.clock())
                if not await self._desk.do(partial(standing_runs.advance, rule_id=rule_id, plan=plan)):
                    return True
        except Busy:
            raise
        except Exception as error:
            if is_away(error):
                raise
            log.exception("a standing send cannot run", rule_id=rule_id)
        return False
