"""How the rows are spread, for SQLite's choice of an index: looked at again when a table has grown. PostgreSQL does so by itself.

`PRAGMA optimize` of SQLite before 3.46 sees only what its own connection has asked for, and ours are many; so the tables are
looked at one by one, a few hundred rows of each index (https://www.sqlite.org/lang_analyze.html, section 4.2): milliseconds.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

import structlog
from sqlalchemy.engine import URL

from models import Base

FIRST_S = 60.0
EVERY_S = 3600.0
ROWS_LOOKED_AT = 400
SMALL = 1_000
"""Of smaller tables nothing is written down: it would hold for a table that is large tomorrow, and any plan does for them."""
GROWN = 1.25
LOCK_S = 2.0

log = structlog.get_logger(__name__)


class QueryPlans:
    """For the database at `url`; of a server there is nothing to do."""

    def __init__(self, url: URL) -> None:
        self._file = url.database if url.get_backend_name() == "sqlite" else None
        self._rows: dict[str, int] = {}

    async def run(self) -> None:
        """Look a minute after the start and then every hour, until cancelled."""
        pause = FIRST_S
        while True:
            await asyncio.sleep(pause)
            pause = EVERY_S
            if self._file:
                await asyncio.to_thread(self.look)

    def look(self) -> list[str]:
        """The tables that were looked at again. What is in the way is told, and waits for the next time."""
        assert self._file is not None
        done: list[str] = []
        try:
            with closing(sqlite3.connect(f"file:{self._file}?mode=rw", uri=True, timeout=LOCK_S)) as database:
                database.isolation_level = None
                database.execute(f"PRAGMA analysis_limit={ROWS_LOOKED_AT}")
                for table in sorted(Base.metadata.tables):
                    rows = database.execute(f'SELECT max(rowid) FROM "{table}"').fetchone()[0] or 0  # noqa: S608 -- ours
                    if rows >= max(SMALL, GROWN * self._rows.get(table, 0)):
                        database.execute(f'ANALYZE "{table}"')
                        self._rows[table] = rows
                        done.append(table)
        except sqlite3.Error as error:
            log.warning("how the rows are spread could not be looked at", reason=str(error))
        return done
