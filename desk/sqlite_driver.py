"""aiosqlite, where what is over in a moment is done at once, and only what may take its time is handed to its thread.

An errand to a thread wakes the thread and then the loop again; most of our statements find one row by an index and cost less
than that. So a BEGIN, a SELECT, a row that is put in or changed by its key, and a rollback are done where we are. A COMMIT, which
waits for the disk, and all that is not known to be short goes to the thread. So does what turns out not to be: a SELECT that is
broken off after STEPS steps of SQLite's machine, and whatever meets a lock of another program, for which only the thread has
patience. No search, however wide, and nobody who holds the file keeps the loop from callers and screens.

SQLAlchemy asks for four errands a statement (cursor, execute, fetch, close); here it is one, or none.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import aiosqlite

STEPS = 10_000
"""Of SQLite's machine: well below a millisecond."""
TICK = STEPS // 10
"""SQLite tells us of so many steps. It goes on counting where a prepared statement's last run ended, so we count the ticks."""
IN_A_ROW = 8
"""So many statements at once, then everybody else has a turn."""
IN_A_ROW_ALONE = 64
"""The same for who writes. All others who want to write wait for him: each turn that he gives away is one more of theirs, and
with many readers about, a piece of work that is done in 20 ms kept the file for half a second.
"""
PREPARED = 512
"""Statements that each connection keeps prepared."""

_LATER = (sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_PRIMARY = 0xFF  # https://www.sqlite.org/rescode.html: an extended code ends in its primary one

_ONE_ROW = re.compile(
    r'INSERT INTO "?\w+"? \([^()]*\) VALUES \([^()]*\)(?: RETURNING [^()]*)?'
    r'|UPDATE "?\w+"? SET [^()]* WHERE "?\w+"?\.id = \?(?: AND "?\w+"?\.\w+ = \?)*'
)
_MARKS = ("SAVEPOINT ", "RELEASE SAVEPOINT ", "ROLLBACK TO SAVEPOINT ")


class Cursor:
    """As much of a cursor as SQLAlchemy uses. Between two statements it has no cursor of SQLite's open."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Cursor:
        return self

    async def execute(self, operation: str, parameters: Sequence[Any] = ()) -> Cursor:
        """Run one statement and take what it gives."""
        if not await self._connection.at_once(self._run, operation, parameters):
            await self._connection.run(self._run, operation, parameters)
        return self

    async def executemany(self, operation: str, parameters: Sequence[Sequence[Any]]) -> Cursor:
        """Run one statement for each of `parameters`."""
        await self._connection.run(self._run_many, operation, parameters)
        return self

    async def fetchall(self) -> list[Any]:
        """The rows of the last statement, which are here already."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Nothing is open."""

    def _run(self, database: sqlite3.Connection, operation: str, parameters: Sequence[Any]) -> None:
        cursor = database.cursor()
        try:
            cursor.execute(operation, parameters)
            self.description = cursor.description
            self._rows = cursor.fetchall() if self.description else []
            self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        finally:
            cursor.close()

    def _run_many(self, database: sqlite3.Connection, operation: str, parameters: Sequence[Any]) -> None:
        cursor = database.cursor()
        try:
            cursor.executemany(operation, parameters)
            self.description = None
            self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        finally:
            cursor.close()


class Connection(aiosqlite.Connection):
    """aiosqlite's connection and thread, with our cursor. Statements come one after the other, as from a transaction.

    `patience_ms`: how long the thread waits for a lock of another program.
    """

    def __init__(self, database: str, **options: Any) -> None:
        super().__init__(lambda: self._opened(database, **options), iter_chunk_size=64)
        self.patience_ms = 0
        self._asked = 0  # errands; counted by the loop
        self._done = 0  # the same; counted by the thread
        self._in_a_row = 0
        self._alone = False  # in a transaction that nobody else may write beside
        self._ticks_left: int | None = None  # while a statement is bounded

    def cursor(self) -> Cursor:  # type: ignore[override]
        """A new cursor; costs nothing."""
        return Cursor(self)

    async def run(self, work: Callable[..., None], *arguments: Any) -> None:
        """Call `work` with SQLite's own connection, in the thread that it belongs to."""
        self._asked += 1
        await self._execute(self._errand, work, *arguments)  # type: ignore[no-untyped-call]

    async def at_once(self, work: Callable[..., None], operation: str, parameters: Sequence[Any]) -> bool:
        """Call `work` here and now, if that is over in a moment. False: nothing was done.

        While the thread is still at something (whoever asked for it was cancelled), nothing may overtake it.
        """
        if self._is_away or not is_short(operation, self._conn.in_transaction):
            return False
        if not self._conn.in_transaction:
            self._alone = operation == "BEGIN IMMEDIATE"
        self._in_a_row += 1
        if self._in_a_row >= (IN_A_ROW_ALONE if self._alone else IN_A_ROW):
            self._in_a_row = 0
            await asyncio.sleep(0)
        self._ticks_left = STEPS // TICK if operation.startswith("SELECT") else None
        try:
            work(self._conn, operation, parameters)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & _PRIMARY not in _LATER:
                raise
            return False
        finally:
            self._ticks_left = None
        return True

    async def commit(self) -> None:
        """As aiosqlite, as one errand."""
        await self.run(sqlite3.Connection.commit)

    async def rollback(self) -> None:
        """As aiosqlite; where nothing was begun (the pool asks to be sure) nothing is done."""
        if self._is_away:
            await self.run(sqlite3.Connection.rollback)
        elif self._conn.in_transaction:
            self._conn.rollback()

    @property
    def _is_away(self) -> bool:
        """Whether the thread is still at something."""
        return self._asked != self._done

    def _errand(self, work: Callable[..., None], *arguments: Any) -> None:
        try:
            _knock(self._conn, self.patience_ms)
            try:
                work(self._conn, *arguments)
            finally:
                _knock(self._conn, 0)
        finally:
            self._done += 1

    def _opened(self, database: str, **options: Any) -> sqlite3.Connection:
        # Used by the loop and by our thread, never by both: `_is_away` tells.
        options |= {"check_same_thread": False, "cached_statements": PREPARED, "timeout": 0}
        opened: sqlite3.Connection = sqlite3.connect(database, **options)
        opened.set_progress_handler(self._is_too_long, TICK)
        return opened

    def _is_too_long(self) -> bool:
        """SQLite has done TICK steps more: whether it shall break off."""
        if self._ticks_left is None:
            return False
        self._ticks_left -= 1
        return self._ticks_left < 0


def _knock(database: sqlite3.Connection, for_ms: int) -> None:
    """How long statements wait from now on where another program holds the file."""
    database.execute(f"PRAGMA busy_timeout={for_ms}").close()


@lru_cache(1024)
def is_short(operation: str, in_transaction: bool) -> bool:
    """Whether a statement, as SQLAlchemy writes it, is over in a moment (a SELECT: as far as one can tell)."""
    if not in_transaction:
        return operation in ("BEGIN", "BEGIN IMMEDIATE")
    return operation.startswith(("SELECT", *_MARKS)) or _ONE_ROW.fullmatch(operation) is not None


def connect(database: str, **options: Any) -> Connection:
    """As aiosqlite.connect(); SQLAlchemy's `async_creator_fn`."""
    connection = Connection(database, **options)
    connection._thread.daemon = True  # as SQLAlchemy sets it on connections of its own making: no exit waits for it
    return connection
