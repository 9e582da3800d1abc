"""Runs the rules for segments that are due (standing sends, rules that make tasks), one after the other, and sleeps till then."""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial
from typing import Any, Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from desk.database_errors import Busy, in_words, is_away
from desk.work import Desk, Work

LOOK_EVERY_S = 5.0
AFTER_TROUBLE_S = 30.0
"""A question that failed after a minute is not asked again at once."""
MOST_ROUNDS = 1_000

log = structlog.get_logger(__name__)


class Runs(Protocol):
    """What rules of a kind do: desk/message/standing_runs.py, desk/customer/task_runs.py."""

    async def due(self, session: AsyncSession, now: datetime, limit: int = 20) -> list[int]:
        """Rules for which it is time."""

    async def next_due(self, session: AsyncSession) -> datetime | None:
        """When there is something to do again."""

    async def look(self, session: AsyncSession, rule_id: int, now: datetime) -> Any:
        """The plan of a run."""

    async def advance(self, work: Work, rule_id: int, plan: Any) -> bool:
        """Do the run that is due; whether there is more."""


class SegmentRules:
    """What is due stands in rows; nothing is known here that a restart would lose."""

    def __init__(self, desk: Desk, runs: Runs) -> None:
        self._desk = desk
        self._runs = runs

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            pause = await self.do_what_is_due()
            await asyncio.sleep(pause)

    async def do_what_is_due(self) -> float:
        """Seconds until there is something to do again."""
        try:
            async with self._desk.look() as session:
                due = await self._runs.due(session, self._desk.clock())
            stuck = [rule_id for rule_id in due if not await self._to_its_end(rule_id)]
            async with self._desk.look() as session:
                following = await self._runs.next_due(session)
        except Exception as error:
            if not isinstance(error, Busy) and not is_away(error):
                raise
            log.warning("rules for segments wait: the database does not answer", reason=in_words(error))
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
                    plan = await self._runs.look(session, rule_id, self._desk.clock())
                if not await self._desk.do(partial(self._runs.advance, rule_id=rule_id, plan=plan)):
                    return True
        except Busy:
            raise
        except Exception as error:
            if is_away(error):
                raise
            log.exception("a rule for a segment cannot run", rule_id=rule_id)
        return False
