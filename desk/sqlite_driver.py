"""aiosqlite with one errand to its thread for each statement, where SQLAlchemy asks for four: cursor, execute, fetch, close.

Each errand wakes a thread and then the loop again; they were about a third of a call's processor time. What a statement gave is
fetched in the same errand, as SQLAlchemy does anyway.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

import aiosqlite


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
        await self._connection.run(self._run, operation, parameters, False)
        return self

    async def executemany(self, operation: str, parameters: Sequence[Sequence[Any]]) -> Cursor:
        """Run one statement for each of `parameters`."""
        await self._connection.run(self._run, operation, parameters, True)
        return self

    async def fetchall(self) -> list[Any]:
        """The rows of the last statement, which are here already."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Nothing is open."""

    def _run(self, database: sqlite3.Connection, operation: str, parameters: Sequence[Any], many: bool) -> None:
        cursor = database.cursor()
        try:
            (cursor.executemany if many else cursor.execute)(operation, parameters)
            self.description = cursor.description
            self._rows = cursor.fetchall() if self.description else []
            self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        finally:
            cursor.close()


class Connection(aiosqlite.Connection):
    """aiosqlite's connection and thread, with our cursor."""

    def cursor(self) -> Cursor:  # type: ignore[override]
        """A new cursor; costs nothing."""
        return Cursor(self)

    async def run(self, work: Callable[..., None], *arguments: Any) -> None:
        """Call `work` with SQLite's own connection, in the thread that it belongs to."""
        await self._execute(work, self._conn, *arguments)  # type: ignore[no-untyped-call]


def connect(database: str, **options: Any) -> Connection:
    """As aiosqlite.connect(); SQLAlchemy's `async_creator_fn`."""
    connection = Connection(lambda: sqlite3.connect(database, **options), iter_chunk_size=64)
    connection._thread.daemon = True  # as SQLAlchemy sets it on connections of its own making: no exit waits for it
    return connection
