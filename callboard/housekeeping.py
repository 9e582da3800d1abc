"""Once an hour: what is kept for a while is forgotten, papers that run out are told of, files that no row names are removed."""

from __future__ import annotations

import asyncio
from pathlib import Path

from desk import drafts, driver_access, driver_documents, driver_papers, idempotency, kept_files, vehicle_proof
from desk.work import Desk
from web import forgotten

EVERY_S = 3600.0


class Housekeeping:
    """Cleans at the start and then every hour. `files` has the files that rows name, `recordings` what callers said."""

    def __init__(self, desk: Desk, files: Path, recordings: Path) -> None:
        self._desk = desk
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
            await self._sweep()
            await forgotten.remove(self._desk, self._recordings)
            await asyncio.sleep(EVERY_S)

    async def _sweep(self) -> None:
        """A file is written before its row and removed after it: what a crash left between the two goes here."""
        async with self._desk.look() as session:
            named = await vehicle_proof.named_files(session) | await driver_documents.named_files(session)
        for folder in ("cars", "documents"):
            await asyncio.to_thread(kept_files.sweep, self._files / folder, named)
