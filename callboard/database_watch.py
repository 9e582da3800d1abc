"""Whether the database works, as one part of the site: asked every few seconds, and told by those who work with it."""

from __future__ import annotations

import asyncio

import structlog
from sqlalchemy import text

from desk.bus import Bus
from desk.database_errors import in_words, is_away
from desk.events import PartChanged
from desk.work import Desk, utc_now

PART = "database"
LOOK_EVERY_S = 2.0
ANSWER_LIMIT_S = 3.0

log = structlog.get_logger(__name__)


class DatabaseWatch:
    """Works while nobody has a trouble with it. `heard` takes a writer's word; `run` asks by itself."""

    def __init__(self, desk: Desk, bus: Bus) -> None:
        self._desk = desk
        self._bus = bus
        self._troubles: dict[str, str] = {}
        self._told: bool | None = None

    def heard(self, who: str, trouble: str | None) -> None:
        """`who` has `trouble` with the database, or (None) no longer."""
        if trouble is None:
            self._troubles.pop(who, None)
        else:
            self._troubles[who] = trouble
        ok = not self._troubles
        if ok is not self._told and not (ok and self._told is None and who != PART):
            self._told = ok
            reason = "" if ok else f"The database does not take or give anything: {next(iter(self._troubles.values()))}"
            log.log(20 if ok else 40, "the database works" if ok else reason)
            self._bus.tell(PartChanged(utc_now(), PART, ok=ok, reason=reason))

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            self.heard(PART, await self._trouble())
            await asyncio.sleep(LOOK_EVERY_S)

    async def _trouble(self) -> str | None:
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S), self._desk.look() as session:
                await session.execute(text("select 1"))
        except TimeoutError:
            return f"there is no answer within {ANSWER_LIMIT_S:g} s"
        except Exception as error:
            if not is_away(error):
                raise
            return in_words(error)
        return None
