"""Whether the record is whole, found out beside everything else: it walks along all rows, a few at a time.

One walk at a time, whoever asked; what it found stands until the next one, or until the server ends.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from desk import audit_chain
from desk.audit_chain import Walked
from desk.work import Desk

log = structlog.get_logger(__name__)
AT_A_TIME = 250
"""Rows of a step: some milliseconds, after which callers and consoles have their turn."""


@dataclass(frozen=True, slots=True)
class Walk:
    """One of them: since when, with which digest of an earlier look, how far. `ended`: whole, broken, or (`failed`) not known."""

    begun: datetime
    known: str | None
    walked: Walked
    ended: datetime | None = None
    failed: bool = False

    @property
    def state(self) -> str:
        """ "walking", "whole", "broken", "cut" (the digest of the earlier look is not there any more) or "failed"."""
        if self.failed or self.ended is None:
            return "failed" if self.failed else "walking"
        if self.walked.so_far.broken is not None:
            return "broken"
        return "whole" if self.walked.so_far.has_known else "cut"


class RecordWalk:
    """The last walk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._task: asyncio.Task[None] | None = None
        self.last: Walk | None = None

    def compares_another(self, known: str | None) -> bool:
        """Whether a walk is on its way that will not answer for this digest. Where none is asked for, any walk will do."""
        on_its_way = self._task is not None and not self._task.done()
        return on_its_way and known is not None and (self.last is None or self.last.known != known)

    def begin(self, known: str | None) -> bool:
        """Go from the beginning; a walk that is on its way goes on. False: that one compares another digest, or none."""
        if self._task is None or self._task.done():
            self.last = Walk(self._desk.clock(), known, audit_chain.at_the_beginning(known))
            self._task = asyncio.create_task(self._go(self.last), name="record walk")
        return not self.compares_another(known)

    async def stop(self) -> None:
        """Not to the end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _go(self, walk: Walk) -> None:
        try:
            while not walk.walked.over:
                async with self._desk.look() as session:
                    further = await audit_chain.walk_on(session, walk.walked, walk.known, AT_A_TIME)
                self.last = walk = replace(walk, walked=further)
            self.last = replace(walk, ended=self._desk.clock())
        except Exception as error:  # noqa: BLE001 -- the page says that it is not known, and the log why
            log.warning("the record was not walked to its end", error=type(error).__name__)
            self.last = replace(walk, failed=True)
