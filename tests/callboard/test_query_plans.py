"""SQLite knows how the rows are spread: of tables that have grown, and of no small one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from callboard.query_plans import GROWN, SMALL, QueryPlans
from desk.work import Desk
from tests.site import Site

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])
ROWS = "insert into line (office_id, did, name, language, flow) values (1, :did, '', 'ko', 'welcome')"


async def lines(desk: Desk, first: int, end: int) -> None:
    async with desk.work() as work:
        await work.session.execute(text(ROWS), [{"did": f"03{n:08}"} for n in range(first, end)])


def spread(desk: Desk) -> dict[str, int]:
    """How many rows SQLite believes each table to have."""
    with closing(sqlite3.connect(desk.engine.url.database or "")) as database:
        if not database.execute("select 1 from sqlite_master where name = 'sqlite_stat1'").fetchone():
            return {}
        return {table: int(stat.split()[0]) for table, stat in database.execute("select tbl, stat from sqlite_stat1")}


async def test_a_table_that_has_grown_is_looked_at_and_a_small_one_is_not(desk: Desk, site: Site) -> None:
    """Seen failing with `PRAGMA optimize` in its place, which writes nothing on a connection of its own."""
    plans = QueryPlans(desk.engine.url)
    assert plans.look() == []
    assert spread(desk) == {}
    await lines(desk, 0, SMALL)
    assert plans.look() == ["line"]
    assert abs(spread(desk)["line"] - SMALL) < SMALL / 5


async def test_it_is_looked_at_again_when_there_is_a_quarter_more_and_not_before(desk: Desk, site: Site) -> None:
    """Seen failing without `GROWN`: every table, every hour."""
    plans = QueryPlans(desk.engine.url)
    await lines(desk, 0, SMALL)
    assert plans.look() == ["line"]
    await lines(desk, SMALL, int(GROWN * SMALL) - 10)
    assert plans.look() == []
    await lines(desk, int(GROWN * SMALL), int(GROWN * SMALL) + 20)
    assert plans.look() == ["line"]


async def test_whoever_writes_meanwhile_keeps_what_was_written_and_asks_as_before(desk: Desk, site: Site) -> None:
    await lines(desk, 0, SMALL)
    async with desk.look() as session:
        before = (await session.execute(text("select count(*) from line where office_id = 1"))).scalar_one()
        assert QueryPlans(desk.engine.url).look() == ["line"]
    await lines(desk, SMALL, SMALL + 1)
    async with desk.look() as session:
        assert (await session.execute(text("select count(*) from line where office_id = 1"))).scalar_one() == before + 1


async def test_a_database_that_is_away_or_held_is_told_and_harms_nobody(
    desk: Desk, site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callboard.query_plans.LOCK_S", 0.0)
    await lines(desk, 0, SMALL)
    assert QueryPlans(make_url(f"sqlite+aiosqlite:///{tmp_path}/not/there.db")).look() == []
    async with desk.work() as work:
        await work.session.execute(text("update line set name = 'x'"))
        assert QueryPlans(desk.engine.url).look() == []
    assert capsys.readouterr().out.count("could not be looked at") == 2
    assert QueryPlans(desk.engine.url).look() == ["line"]
