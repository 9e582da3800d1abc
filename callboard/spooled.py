"""Brings home what the one-shot AGI script noted while we were away: each note becomes part of its call, once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog

from agi.spool import merged, read_spool, set_aside
from desk.call import calls
from desk.database_errors import in_words, is_away
from desk.errors import DeskError
from desk.work import Desk

LOOK_EVERY_S = 5.0

log = structlog.get_logger(__name__)


class SpoolMerger:
    """Looks into the spool at the start and then every few seconds."""

    def __init__(self, desk: Desk, folder: Path, window_s: float) -> None:
        self._desk = desk
        self._folder = folder
        self._window_s = window_s

    async def run(self) -> None:
        """Merge until cancelled."""
        while True:
            await self.merge()
            await asyncio.sleep(LOOK_EVERY_S)

    async def merge(self) -> int:
        """Merge what is there; returns how many notes were."""
        count = 0
        for note in await asyncio.to_thread(read_spool, self._folder):
            try:
                async with self._desk.work() as work:
                    await calls.merge_spooled(work, note.record, self._window_s)
            except DeskError as error:
                set_aside(note.path, str(error))
            except Exception as error:
                if is_away(error):
                    log.warning("a note stays in the spool: the database does not take it", reason=in_words(error))
                    break
                # One note that nobody foresaw must not keep those behind it out for ever.
                log.exception("a note of the one-shot script met a fault of ours")
                set_aside(note.path, type(error).__name__)
            else:
                merged(note.path)
                count += 1
        return count
