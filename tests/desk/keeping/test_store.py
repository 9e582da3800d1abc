"""The database at the start: made ready, or refused in a sentence and left as it is."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from unittest.mock import Mock

import psycopg
import pytest
from sqlalchemy import text

from desk.keeping import store
from models import migrations
from tests.postgres import Cluster
from tests.site import make_site


@pytest.fixture
def file(tmp_path: Path, sqlite_template: Path) -> Path:
    """A database with a few hundred rows, so that its tables fill several pages."""
    file = tmp_path / "callboard.db"
    file.write_bytes(sqlite_template.read_bytes())
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.executemany(
            "insert into early_receipt (provider, provider_id, state, detail, received_at) "
            "values ('smpp', ?, 'sent', ?, '2026-11-22 00:00:00')",
            [(f"id {n}", "x" * 100) for n in range(2000)],
        )
    return file


@pytest.fixture
def short_wait(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Do not wait ten seconds for a lock that the test holds."""
    monkeypatch.setattr(migrations, "LOCK_WAIT_S", 1)
    return iter(())


def url(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file}"


async def test_an_empty_place_becomes_a_database_and_a_second_start_changes_nothing(empty_url: str) -> None:
    assert await store.check(empty_url) is None
    await store.prepare(empty_url)
    assert await store.check(empty_url) == migrations.head()
    await store.prepare(empty_url)


async def test_looking_makes_no_file(tmp_path: Path) -> None:
    assert await store.check(url(tmp_path / "none.db")) is None
    assert list(tmp_path.iterdir()) == []


async def test_a_database_newer_than_the_code_is_refused_with_both_versions(database_url: str) -> None:
    with migrations.open_engine(database_url).begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(
        store.DatabaseNewer, match=rf"newer callboard \(schema 9999, this one knows up to {migrations.head()}\)"
    ):
        await store.prepare(database_url)


async def test_another_programs_database_is_left_alone(empty_url: str) -> None:
    with migrations.open_engine(empty_url).begin() as connection:
        connection.execute(text("create table recipes (id integer)"))
    with pytest.raises(store.DatabaseForeign, match="another program's tables"):
        await store.prepare(empty_url)


@pytest.mark.parametrize("seed", range(20))
async def test_a_damaged_file_is_refused_with_what_to_do_and_not_touched(file: Path, seed: int) -> None:
    size = file.stat().st_size
    pages = size // 4096
    dice = random.Random(seed)
    # Pages in use (the template leaves none free), overwritten from their beginning, where the tree is described.
    offset = 4096 * dice.randrange(pages)
    with file.open("r+b") as damaged:
        damaged.seek(offset)
        damaged.write(dice.randbytes(2048))
    before = file.read_bytes()
    with pytest.raises(store.DatabaseDamaged, match="restore the last backup"):
        await store.prepare(url(file))
    assert file.read_bytes() == before
    assert sorted(path.name for path in file.parent.iterdir()) == ["callboard.db"]


async def test_a_file_that_is_too_large_to_be_looked_at_whole_starts_all_the_same(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen failing without the timer: 60 MB take some hundred milliseconds."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(
            "with recursive n(i) as (select 3000 union all select i + 1 from n where i < 200000) "
            "insert into early_receipt (provider, provider_id, state, detail, received_at) "
            "select 'smpp', 'id ' || i, 'sent', hex(randomblob(100)), '2026-11-22 00:00:00' from n"
        )
    monkeypatch.setattr(store, "LOOK_S", 0.01)
    log = Mock()
    monkeypatch.setattr(store, "log", log)
    assert await store.check(url(file)) == migrations.head()
    assert [call.args[0][:26] for call in log.info.call_args_list] == ["the database file is large"]


async def test_looking_at_a_damaged_file_does_not_work_in_what_a_killed_process_left(
    file: Path, tmp_path: Path
) -> None:
    left = tmp_path / "left" / "callboard.db"
    left.parent.mkdir()
    with closing(sqlite3.connect(file)) as alive:
        alive.execute("PRAGMA journal_mode=WAL")
        with alive:
            alive.execute("update early_receipt set detail = 'changed' where id = 1")
        for end in ("", "-wal"):  # as after kill -9: the last commit stands in the log only
            Path(f"{left}{end}").write_bytes(Path(f"{file}{end}").read_bytes())
    with left.open("r+b") as damaged:
        damaged.seek(-4096, os.SEEK_END)
        damaged.write(random.Random(1).randbytes(2048))
    before = left.read_bytes()
    with pytest.raises(store.DatabaseDamaged):
        await store.prepare(url(left))
    assert left.read_bytes() == before
    assert Path(f"{left}-wal").stat().st_size > 0


async def test_a_file_that_was_cut_off_is_refused(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)
    with pytest.raises(store.DatabaseDamaged):
        await store.prepare(url(file))


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "callboard.db"
    file.write_text("this is a letter, not a database. " * 400)
    with pytest.raises(store.DatabaseDamaged, match="not a database"):
        await store.prepare(url(file))


@pytest.mark.usefixtures("short_wait")
async def test_a_file_that_another_program_writes_to_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "callboard.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(store.DatabaseLocked, match=r"callboard\.db is locked by another program; stop"):
            await store.prepare(url(file))


@pytest.mark.usefixtures("short_wait")
@pytest.mark.postgres
async def test_a_server_whose_tables_another_program_locks_is_refused(postgres: Cluster) -> None:
    postgres.create("test_locked")
    with psycopg.connect(host=str(postgres.folder), user="postgres", dbname="test_locked") as other:
        other.execute(f"select pg_advisory_xact_lock({migrations.ADVISORY_LOCK})")
        with pytest.raises(store.DatabaseLocked, match="locked by another program"):
            await store.prepare(postgres.url("test_locked"))
    postgres.drop("test_locked")


async def test_a_folder_that_is_not_there_is_said_with_the_file(tmp_path: Path) -> None:
    with pytest.raises(store.DatabaseUnreachable, match=r"none/callboard\.db cannot be opened"):
        await store.prepare(url(tmp_path / "none" / "callboard.db"))


@pytest.mark.postgres
async def test_a_server_that_is_not_there_is_said_without_the_password(tmp_path: Path, postgres: Cluster) -> None:
    for address in (
        f"postgresql+psycopg://desk:hunter2@/callboard?host={tmp_path}",
        f"postgresql+psycopg://desk:hunter2@/no_such_database?host={postgres.folder}",
        "postgresql+psycopg://desk:hunter2@127.0.0.1:1/callboard",
    ):
        with pytest.raises(store.DatabaseUnreachable) as refusal:
            await store.prepare(address)
        assert "cannot be used" in str(refusal.value)
        assert "hunter2" not in str(refusal.value) + repr(refusal.value.details)


async def test_a_prepared_database_is_one_that_the_desk_can_use(empty_url: str) -> None:
    from desk.bus import Bus
    from desk.work import Desk, open_engine

    await store.prepare(empty_url)
    engine = open_engine(empty_url)
    try:
        assert (await make_site(Desk(engine, Bus()))).office_id == 1
    finally:
        await engine.dispose()
