"""A part that is wrong is told in a clear sentence and costs nobody else anything, on the whole running site."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from models import migrations
from tests.path.conftest import Start
from tests.path.prepared import furnish
from tests.path.running import CHECKOUT, RunningSite, free_port, until
from tests.path.test_always_through import waiting

LOCK_LIMIT_S = 240


def refused_start(state: Path) -> str:
    """The sentence of a start that is refused, on this state folder."""
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "callboard", "run", "--state", str(state)),
            *("--asterisk", "none", "--http-port", str(free_port())),
        ],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=LOCK_LIMIT_S,
        check=False,
    )
    assert ended.returncode == 1, ended.stdout
    assert "Traceback" not in ended.stderr
    return ended.stderr


def test_a_database_that_is_newer_than_the_code_is_left_alone_and_told(tmp_path: Path) -> None:
    file = tmp_path / "callboard.db"
    migrations.upgrade(f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as rows:
        rows.execute("update alembic_version set version_num = 'ffff'")
        rows.commit()
    assert "newer" in refused_start(tmp_path)
    with closing(sqlite3.connect(file)) as rows:
        assert rows.execute("select version_num from alembic_version").fetchall() == [("ffff",)]


def test_a_database_that_another_program_holds_is_told(tmp_path: Path) -> None:
    file = tmp_path / "callboard.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as holder:
        holder.execute("pragma journal_mode=wal")
        holder.execute("begin exclusive")
        sentence = refused_start(tmp_path)
        holder.execute("rollback")
    assert str(file) in sentence
    assert "another program" in sentence


@pytest.mark.pbx
async def test_a_wrong_ami_log_in_is_shown_and_callers_still_reach_the_queue() -> None:
    site = RunningSite("--no-calls", config='[ami]\nreader_user = "somebody-else"\n')
    try:
        await furnish(site)
        site.begin()

        async def told() -> bool:
            assert not await site.healthy()
            with contextlib.suppress(aiohttp.ClientError):
                _, health = await site.call("GET", "/healthz")
                reason = health["parts"]["ami"]["reason"] or ""
                return "somebody-else" in reason or "log-in" in reason
            return False

        await until(told, what="the reason")
        site.dial([("01055507001", "x")], hold_ms=20_000)
        assert await until(lambda: waiting(site), what="the caller in the queue")

        async def known_all_the_same() -> bool:
            return len(await site.calls("01055507001")) == 1

        await until(known_all_the_same, what="the call's row, opened by the voice menu's side")
        assert not await site.healthy()
        assert site.said.count("ami: ") == 1, "said more than once"
    finally:
        await site.stop()
        shutil.rmtree(site.state, ignore_errors=True)


@pytest.mark.pbx
async def test_strangers_at_the_agi_port_cost_no_caller_anything(start_site: Start) -> None:
    site = await start_site("--no-calls")
    silent = [await asyncio.open_connection("127.0.0.1", site.agi) for _ in range(50)]
    for _, half in silent[:25]:
        half.write(b"agi_request: agi://127.0.0.1/welcome\n")
    for _ in range(200):
        _, writer = await asyncio.open_connection("127.0.0.1", site.agi)
        writer.close()
    callers = site.dial([("01055507002", "x")], hold_ms=3000)
    assert await callers.finished() == 0

    async def one_row() -> bool:
        return len(await site.calls("01055507002")) == 1

    await until(one_row, what="the call's row")
    assert await site.healthy()
    for _, writer in silent:
        writer.close()
