"""What SQLite's log has gathered goes into the file beside the work, and not in the commit of a call that happens to be the one.

A passive checkpoint waits for nobody and keeps nobody waiting (https://www.sqlite.org/wal.html). Without it a commit would do the
same for all, when the log has reached `LOG_PAGES` of desk/work.py: it only bounds the log where this here cannot work.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

import structlog
from sqlalchemy.engine import URL

EVERY_S = 1.0

log = structlog.get_logger(__name__)


class Checkpoints:
    """For the database at `url`; of a server there is nothing to do."""

    def __init__(self, url: URL) -> None:
        self._file = url.database if url.get_backend_name() == "sqlite" else None
        self._told = False

    async def run(self) -> None:
        """Look every second until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            if self._file:
                await asyncio.to_thread(self.look)

    def look(self) -> None:
        """Move what can be moved. What is in the way is told once, and of a full disk others tell."""
        assert self._file is not None
        try:
            with closing(sqlite3.connect(f"file:{self._file}?mode=rw", uri=True, timeout=0)) as database:
                database.execute("PRAGMA wal_checkpoint(PASSIVE)")
        except sqlite3.Error as error:
            if not self._told:
                log.warning("what was written waits in the database's log", reason=str(error))
            self._told = True
        else:
            self._told = False
