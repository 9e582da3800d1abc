"""The words of all customers, compared and mended while the desk is at work: nobody waits for it longer than for one slice.

To compare is to read, from one state of the rows. SQLite examines its own index by a statement that would hold the file for
as long as it takes (a second for 100,000 customers), so it examines a copy.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from desk.keeping import customer_words
from desk.keeping.customer_words import Differences
from desk.work import Desk, Work
from models import CustomerWords
from models.inverted import SUFFIX, statements

TABLE = CustomerWords.__tablename__
INDEX = f"{TABLE}{SUFFIX}"
PARTS = ("data", "idx", "docsize", "config")
"""The tables in which FTS5 keeps an index whose words stand elsewhere (SQLite, ext/fts5/fts5_main.c)."""


@dataclass(frozen=True, slots=True)
class Compared:
    """`words`: what does not fit to the customers. `index`: whether the engine's index fits to the words."""

    words: Differences
    index: bool

    @property
    def right(self) -> bool:
        """Whether everybody is found by what is known of him, and by nothing else."""
        return self.words.none and self.index


async def compare(desk: Desk) -> Compared:
    """Look at every customer; nothing is locked and nothing is written."""
    async with desk.look() as session:
        words = await (await session.connection()).run_sync(customer_words.differences)
    return Compared(words, await _index_fits(desk))


async def mend(desk: Desk) -> int:
    """Write anew what is wrong, some thousands of customers in a transaction; returns of how many the words were wrong.

    An index that does not fit (a damaged disk, another program) is built anew in one transaction: nobody saves meanwhile.
    """
    if not await _index_fits(desk):
        await desk.do(_rebuild)
    async with desk.look() as session:
        connection = await session.connection()
        nobodys = await connection.run_sync(customer_words.left_over)
        slices = [
            (ids[0], ids[-1]) for ids in await connection.run_sync(lambda sync: list(customer_words.slices(sync)))
        ]
    for at in range(0, len(nobodys), customer_words.AT_A_TIME):
        some = nobodys[at : at + customer_words.AT_A_TIME]
        await desk.do(lambda work, some=some: _drop(work, some))  # type: ignore[misc]
    changed = 0
    for ends in slices:
        changed += await desk.do(lambda work, ends=ends: _mend(work, *ends))  # type: ignore[misc]
    return changed


async def _mend(work: Work, first: int, last: int) -> int:
    connection = await work.session.connection()
    return await connection.run_sync(lambda sync: customer_words.mend(sync, first, last))


async def _drop(work: Work, ids: Sequence[int]) -> None:
    await (await work.session.connection()).run_sync(lambda sync: customer_words.drop_left_over(sync, ids))


async def _rebuild(work: Work) -> None:
    await work.session.execute(text(f"insert into {INDEX}({INDEX}) values ('rebuild')"))  # noqa: S608 -- our own name


async def _index_fits(desk: Desk) -> bool:
    if desk.engine.dialect.name != "sqlite":
        return True  # PostgreSQL's is an index like any other
    return await asyncio.to_thread(_copy_fits, Path(desk.engine.url.database or ""))


def _copy_fits(file: Path) -> bool:
    with tempfile.TemporaryDirectory(prefix="search-index-", dir=file.parent) as folder:
        copy = Path(folder) / "copy.db"
        _copy(file, copy)
        # Opened anew: FTS5 remembers what it has read of its tables.
        with closing(sqlite3.connect(copy)) as connection:
            try:
                # Rank 1: against the words as well, not only within itself.
                connection.execute(f"insert into {INDEX}({INDEX}, rank) values ('integrity-check', 1)")  # noqa: S608
            except sqlite3.DatabaseError:
                return False
    return True


def _copy(file: Path, copy: Path) -> None:
    """The words and their index as they are at one moment."""
    with closing(sqlite3.connect(copy.as_uri(), uri=True, isolation_level=None)) as connection:
        for pragma in ("journal_mode=off", "synchronous=off"):
            connection.execute(f"pragma {pragma}")
        connection.execute("attach ? as desk", (f"{file.absolute().as_uri()}?mode=ro",))
        connection.execute("begin")
        connection.execute(f"create table {TABLE} (id integer primary key, words text)")
        connection.execute(statements(TABLE, "sqlite")[0])
        connection.execute(f"insert into {TABLE} select id, words from desk.{TABLE}")  # noqa: S608 -- our own names
        for part in PARTS:
            connection.execute(f"delete from {INDEX}_{part}")  # noqa: S608
            connection.execute(f"insert into {INDEX}_{part} select * from desk.{INDEX}_{part}")  # noqa: S608
        connection.execute("commit")
