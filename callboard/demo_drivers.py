"""Stand-in phones of the demo's drivers: they say where they are, as nobody in a demo has their pages open.

Where the desk has heard nothing of a driver for a while it takes his place for not known; in a demo that would be all of them.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog
from sqlalchemy import or_, select

from desk.database_errors import Busy, in_words, is_away
from desk.driver import shifts
from desk.driver.shifts import Fix
from desk.work import Desk, Work
from models import Driver

EVERY_S = 120.0
SILENT = timedelta(seconds=60)
"""Whose place is newer has a page of his own open: it is left alone."""

log = structlog.get_logger(__name__)


class DemoDrivers:
    """Each stands where he stood."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self) -> None:
        """Say it every two minutes until cancelled."""
        while True:
            try:
                await self._desk.do(say)
            except Exception as error:
                if not isinstance(error, Busy) and not is_away(error):
                    raise
                log.warning("the demo's drivers wait: the database does not answer", reason=in_words(error))
            await asyncio.sleep(EVERY_S)


async def say(work: Work) -> None:
    """All who are on duty and have said nothing for a minute are where they were."""
    rows = await work.session.execute(
        select(Driver.id, Driver.lat, Driver.lon).where(
            Driver.state != "off",
            Driver.lat.is_not(None),
            Driver.lon.is_not(None),
            or_(Driver.located_at.is_(None), Driver.located_at < work.now - SILENT),
        )
    )
    await shifts.locate_all(
        work, {driver_id: Fix(lat, lon) for driver_id, lat, lon in rows if lat is not None and lon is not None}
    )
