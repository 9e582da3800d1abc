"""SQLite behind SQLAlchemy: what a statement tells of itself, what is done at once and what is not, and no process is kept up."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from desk import work
from desk.sqlite_driver import IN_A_ROW, IN_A_ROW_ALONE, connect, is_short
from desk.work import open_engine

T = TypeVar("T")


async def test_statements_tell_their_rows_counts_and_errors(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path}/a.db")
    async with engine.begin() as connection:
        await connection.execute(text("create table t (id integer primary key, name text unique)"))
        await connection.execute(text("insert into t (name) values (:name)"), [{"name": "a"}, {"name": "b"}])
        inserted = await connection.execute(text("insert into t (name) values ('c')"))
        assert inserted.lastrowid == 3
        assert (await connection.execute(text("update t set name = name || '.' where id > 1"))).rowcount == 2
        rows = await connection.execute(text("select id, name from t order by id"))
        assert list(rows.keys()) == ["id", "name"]
        assert [tuple(row) for row in rows] == [(1, "a"), (2, "b."), (3, "c.")]
        with pytest.raises(IntegrityError, match="UNIQUE"):
            async with connection.begin_nested():
                await connection.execute(text("insert into t (name) values ('a')"))
        assert (await connection.scalar(text("select count(*) from t"))) == 3
    await engine.dispose()


LONG = text(
    "SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :last) SELECT i FROM n)"
)


async def turns_of_the_loop_while(work: Coroutine[Any, Any, T]) -> tuple[T, int]:
    """What `work` gave, and how often others had their turn meanwhile."""
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    try:
        return await work, turns
    finally:
        counting.cancel()


async def test_a_long_select_leaves_the_loop_to_others_and_still_tells_the_truth(tmp_path: Path) -> None:
    """Seen failing without the limit of steps: the loop stood still for as long as the statement took."""
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path}/a.db")
    async with engine.execution_options(read_only=True).connect() as connection:
        counted, turns = await turns_of_the_loop_while(connection.scalar(LONG, {"last": 2_000_000}))
        assert counted == 2_000_000
        assert turns > 2 * IN_A_ROW
    await engine.dispose()


async def test_a_statement_that_is_short_is_done_at_once_however_often_it_was_run(tmp_path: Path) -> None:
    """Seen failing with the steps counted by SQLite alone, which adds up all runs of a prepared statement."""
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path}/a.db")

    async def ask(connection: AsyncConnection) -> None:
        for _ in range(80):
            assert await connection.scalar(LONG, {"last": 200}) == 200

    async with engine.execution_options(read_only=True).connect() as connection:
        _, turns = await turns_of_the_loop_while(ask(connection))
    assert turns <= 80 // IN_A_ROW + 1
    await engine.dispose()


@pytest.mark.timeout(30)
async def test_who_holds_the_file_is_waited_for_in_the_thread_and_not_on_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen failing with the patience left to the connection when the thread is done: the loop stood still for all of it."""
    monkeypatch.setattr(work, "BUSY_TIMEOUT_MS", 40_000)
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path}/a.db")
    async with engine.begin() as connection:
        await connection.execute(text("create table t (i integer)"))
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def write() -> int | None:
        async with engine.begin() as connection:
            await connection.execute(text("insert into t (i) values (1)"))
            counted: int | None = await connection.scalar(text("SELECT count(*) FROM t"))
            return counted

    async def let_go() -> None:
        for _ in range(100):
            await asyncio.sleep(0)
        other.execute("ROLLBACK")

    letting_go = asyncio.create_task(let_go())
    assert await write() == 1
    await letting_go
    other.close()
    await engine.dispose()


async def test_many_short_statements_leave_turns_to_others(tmp_path: Path) -> None:
    """Seen failing without the pause: one turn in a thousand statements; and with as many turns for who writes."""
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path}/a.db")

    async def ask(connection: AsyncConnection) -> None:
        for _ in range(1000):
            assert await connection.scalar(text("SELECT 1")) == 1

    async with engine.execution_options(read_only=True).connect() as connection:
        _, turns = await turns_of_the_loop_while(ask(connection))
    assert turns >= 1000 // IN_A_ROW
    async with engine.connect() as connection:  # for who writes, all other writers wait
        _, turns = await turns_of_the_loop_while(ask(connection))
    assert 1000 // IN_A_ROW_ALONE <= turns < 1000 // IN_A_ROW
    await engine.dispose()


async def test_a_commit_that_was_given_up_is_over_before_the_next_statement_begins(tmp_path: Path) -> None:
    """A cancelled wait leaves the thread at work. Seen failing when nothing waits for the thread."""
    connection = connect(str(tmp_path / "a.db"), isolation_level=None)
    await connection
    begun, go_on = threading.Event(), threading.Event()

    def hold(_: sqlite3.Connection) -> None:
        begun.set()
        go_on.wait(20)

    given_up = asyncio.create_task(connection.run(hold))
    await asyncio.to_thread(begun.wait, 20)
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    after = asyncio.create_task(connection.cursor().execute("BEGIN"))
    await asyncio.sleep(0.05)
    assert not after.done()
    go_on.set()
    await after
    await connection.rollback()
    await connection.close()


@pytest.mark.parametrize(
    ("operation", "in_transaction", "short"),
    [
        ("BEGIN", False, True),
        ("BEGIN IMMEDIATE", False, True),
        ("SELECT 1", False, False),
        ("SELECT call.id FROM call WHERE call.id = ?", True, True),
        ("INSERT INTO call (a, b) VALUES (?, ?)", True, True),
        ('INSERT INTO "order" (a) VALUES (?) RETURNING id, taken_at', True, True),
        ("INSERT INTO call (a) SELECT a FROM other", True, False),
        ("INSERT INTO call (a) VALUES (?) ON CONFLICT DO UPDATE SET a = (SELECT max(a) FROM call)", True, False),
        ('UPDATE "order" SET state=?, version=? WHERE "order".id = ? AND "order".version = ?', True, True),
        ("UPDATE call SET state=? WHERE call.state = ?", True, False),
        ("UPDATE call SET state=(SELECT 1) WHERE call.id = ?", True, False),
        ("DELETE FROM call WHERE call.id = ?", True, False),
        ("COMMIT", True, False),
        ("SAVEPOINT sa_savepoint_1", True, True),
    ],
)
def test_only_what_is_over_in_a_moment_is_done_at_once(operation: str, in_transaction: bool, short: bool) -> None:
    assert is_short(operation, in_transaction) is short


LEAVES_IT_OPEN = """
import asyncio
from sqlalchemy import text
from desk.work import open_engine

async def main():
    connection = await open_engine("sqlite+aiosqlite:///{path}").connect()
    await connection.execute(text("select 1"))
    print("done", flush=True)
    return connection

left = asyncio.run(main())
"""


def test_a_connection_that_was_never_closed_keeps_no_process_up(tmp_path: Path) -> None:
    program = LEAVES_IT_OPEN.format(path=tmp_path / "a.db")
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert ended.stdout == "done\n", ended.stderr
