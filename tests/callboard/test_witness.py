"""Asterisk's account of calls is read to its end, whatever becomes of the file, and every call in it is one row."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import select

from callboard import witness as module
from callboard.witness import Witness
from desk.work import Desk
from models import Call
from tests.desk.conftest import Clock
from tests.dialplan.test_cdr import LEG, UNANSWERED
from tests.site import Site

FIRST = b"cb21a1b51e-1795323928.0"

pytestmark = pytest.mark.usefixtures("site", "clock")


def call(number: int) -> bytes:
    """A call of its own: two legs of the caller, the second one answered, and the phone's leg."""
    answered = UNANSWERED.replace(b"/1002", b"/1001").replace(b"NO ANSWER", b"ANSWERED")
    return (LEG + UNANSWERED + answered).replace(FIRST, b"cb21a1b51e-1795323928.%d" % number)


class Reader:
    """The witness of one folder, started anew when asked."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.desk, self.file, self.memory = desk, folder / "Master.csv", folder / "position.json"
        self.anew()

    def anew(self) -> None:
        self.witness = Witness(self.desk, self.file, self.memory, 8.0, lambda: False)

    async def rows(self) -> list[str]:
        while await self.witness.look(0):
            pass
        async with self.desk.look() as session:
            found = await session.scalars(select(Call.linkedid).order_by(Call.id))
            return [str(linkedid).rpartition(".")[2] for linkedid in found]

    def write(self, *numbers: int) -> None:
        with self.file.open("ab") as file:
            file.write(b"".join(call(number) for number in numbers))


@pytest.fixture
def reader(desk: Desk, tmp_path: Path) -> Reader:
    return Reader(desk, tmp_path)


async def test_each_call_is_one_row_also_when_the_file_is_read_in_pieces_and_by_one_start_after_another(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await reader.rows() == []
    reader.write(1, 2, 3)
    monkeypatch.setattr(module, "CHUNK", 700)
    monkeypatch.setattr(module, "AT_A_TIME", 3)
    reader.anew()
    assert await reader.rows() == ["1", "2", "3"]
    async with reader.desk.look() as session:
        assert {one.disposition for one in await session.scalars(select(Call))} == {"answered"}
    reader.anew()
    reader.write(4)
    assert await reader.rows() == ["1", "2", "3", "4"]
    assert reader.witness.settled == 1


async def test_what_was_read_is_not_read_again_by_the_next_start(reader: Reader) -> None:
    reader.write(1)
    await reader.rows()
    async with reader.desk.work() as work:
        for row in await work.session.scalars(select(Call)):
            row.linkedid = None  # as if it had been forgotten by law
    reader.anew()
    assert await reader.rows() == ["None"]


async def test_a_file_that_was_moved_away_is_read_to_its_end_and_then_the_new_one(reader: Reader) -> None:
    reader.write(1)
    await reader.rows()
    reader.write(2)
    reader.file.rename(reader.file.with_name("Master.csv.1"))
    assert await reader.rows() == ["1", "2"]
    reader.write(3)
    reader.anew()
    assert await reader.rows() == ["1", "2", "3"]


@pytest.mark.parametrize("kept", [True, False], ids=["copied away", "lost"])
async def test_a_file_that_was_cut_off_is_begun_anew(reader: Reader, kept: bool) -> None:
    reader.write(1, 2)
    await reader.rows()
    if kept:
        shutil.copy(reader.file, reader.file.with_name("Master.csv.1"))
    reader.file.write_bytes(b"")
    reader.write(3, 4, 5)
    assert await reader.rows() == ["1", "2", "3", "4", "5"]


async def test_a_damaged_memory_reads_from_the_beginning_and_doubles_nothing(reader: Reader) -> None:
    reader.write(1, 2)
    await reader.rows()
    reader.memory.write_text("{")
    reader.anew()
    assert await reader.rows() == ["1", "2"]


async def test_a_record_is_used_when_its_line_has_ended(reader: Reader) -> None:
    whole = call(1) + call(2)
    reader.file.write_bytes(whole[:-20])
    assert len(await reader.rows()) == 2  # the caller's first leg of the second call is there
    with reader.file.open("ab") as file:
        file.write(whole[-20:])
    assert await reader.rows() == ["1", "2"]
    async with reader.desk.look() as session:
        assert {one.disposition for one in await session.scalars(select(Call))} == {"answered"}


async def test_a_line_that_nobody_has_costs_only_its_own_calls(reader: Reader) -> None:
    reader.file.write_bytes(call(1).replace(b'"15880001","allowed"', b'"0299999999","allowed"') + call(2))
    assert await reader.rows() == ["2"]


async def test_while_readings_wait_the_account_waits_as_well(reader: Reader) -> None:
    """Seen failing with `_waits` not asked."""
    waiting = True
    reader.witness = Witness(reader.desk, reader.file, reader.memory, 8.0, lambda: waiting)
    reader.write(1)
    assert await reader.rows() == []
    waiting = False
    assert await reader.rows() == ["1"]


@pytest.mark.parametrize("engine_name", ["sqlite"])  # the lock of a whole database is SQLite's
async def test_a_database_that_is_away_costs_nothing(
    reader: Reader, site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from desk import work

    monkeypatch.setattr(work, "BUSY_TIMEOUT_MS", 100)
    await reader.desk.engine.dispose()
    reader.write(1)
    other = sqlite3.connect(reader.desk.engine.url.database or "", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert await reader.rows() == []
    other.execute("ROLLBACK")
    other.close()
    assert await reader.rows() == ["1"]


async def test_it_works_as_a_part(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(module, "HOLD_S", 0.0)
    monkeypatch.setattr(Witness.look, "__defaults__", (0.0,))
    task = asyncio.create_task(reader.witness.run())
    reader.write(1)
    async with asyncio.timeout(10):
        while not reader.witness.settled:
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
