"""Once an hour: what is kept for a while is forgotten, papers that run out are told of, files that no row names are removed."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from desk.dispatching import forgetting
from desk.driver import driver_access, driver_documents, driver_papers, vehicle_proof, ways
from desk.figures import districts
from desk.keeping import idempotency, kept_files
from desk.ordering import drafts
from desk.settings import Settings
from desk.work import Desk
from web import forgotten

EVERY_S = 3600.0
BETWEEN_S = 0.05
MOST_PLACED = 200_000
"""Of so many orders the districts are worked out in an hour, where nobody has looked at them."""


class Housekeeping:
    """Cleans at the start and then every hour. `files` has the files that rows name, `recordings` what callers said."""

    def __init__(self, desk: Desk, files: Path, recordings: Path, keep: Settings) -> None:
        self._desk = desk
        self._keep = keep
        self._files = files
        self._recordings = recordings

    async def run(self) -> None:
        """Clean until cancelled."""
        while True:
            async with self._desk.work() as work:
                await idempotency.forget_old(work)
                await driver_access.forget_old(work)
                await drafts.forget_old(work)
                await driver_papers.look(work)
            await self._expire()
            await self._sweep()
            await forgotten.remove(self._desk, self._recordings, self._files)
            await districts.fill(self._desk, MOST_PLACED)  # last: with a long history it takes minutes
            await asyncio.sleep(EVERY_S)

    async def _expire(self) -> None:
        """What is kept for so many days is erased, some at a time: calls and orders come between."""
        photos, ways_ = (timedelta(days=days) for days in (self._keep.photo_days, self._keep.way_days))
        while names := await self._desk.do(lambda work: vehicle_proof.forget_before(work, work.now - photos)):
            await asyncio.to_thread(kept_files.drop, self._files / "cars", names)
        more = 1
        while more:
            more = await self._desk.do(lambda work: ways.forget_before(work, work.now - ways_))
            await asyncio.sleep(BETWEEN_S)
        more, reasons = 1, timedelta(days=self._keep.reason_days)
        while more:
            more = await self._desk.do(lambda work: forgetting.forget_before(work, work.now - reasons))
            await asyncio.sleep(BETWEEN_S)

    async def _sweep(self) -> None:
        """A file is written before its row and removed after it: what a crash left between the two goes here."""
        async with self._desk.look() as session:
            named = await vehicle_proof.named_files(session) | await driver_documents.named_files(session)
        for folder in ("cars", "documents"):
            await asyncio.to_thread(kept_files.sweep, self._files / folder, named)
