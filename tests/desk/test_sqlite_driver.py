"""SQLite behind SQLAlchemy: what a statement tells of itself, and that it keeps no process up."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from desk.work import open_engine


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
