"""What transports saw becomes rows in order; a database that is away for a moment costs nothing, a broken reading only itself."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from callboard import readings as module
from callboard.readings import Readings
from callboard.unstored import Unstored
from desk.call import calls
from desk.events import CallAnswered, CallArrived, CallEnded, CallGone, CallSeen, Event, PartChanged, PhoneAnswered
from desk.work import Desk
from tests.desk.conftest import DID, Clock
from tests.site import Site


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSES_S", (0.05, 0.1))


@asynccontextmanager
async def reading(desk: Desk, unstored: Unstored | None = None) -> AsyncIterator[tuple[Readings, list[int]]]:
    asked: list[int] = []
    readings = Readings(desk, desk.bus, lambda: asked.append(1), calls.SAME_CALL_WINDOW_S, unstored)
    task = asyncio.create_task(readings.run())
    yield readings, asked
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def seen(clock: Clock, linkedid: str, number: str = "01012345678", line: str = DID) -> CallSeen:
    return CallSeen(clock(), "pbx", linkedid, line, number, None, linkedid=linkedid)


async def test_a_call_arrives_is_answered_and_ends_in_the_order_in_which_it_was_told(
    desk: Desk, site: Site, clock: Clock, told: list[Event]
) -> None:
    async with reading(desk) as (readings, _):
        for n in range(20):
            desk.bus.tell(seen(clock, f"cb1-{n}.1", f"0101234{n:04}"))
            desk.bus.tell(PhoneAnswered(clock(), f"cb1-{n}.1", "1001"))
            desk.bus.tell(CallGone(clock(), f"cb1-{n}.1"))
        await readings.settled()
    stored = [type(event) for event in told if isinstance(event, CallArrived | CallAnswered | CallEnded)]
    assert stored == [CallArrived, CallAnswered, CallEnded] * 20
    assert readings.lost == 0


async def test_a_reading_that_cannot_be_stored_costs_only_itself_and_asks_for_a_snapshot(
    desk: Desk, site: Site, clock: Clock, told: list[Event]
) -> None:
    async with reading(desk) as (readings, asked):
        desk.bus.tell(seen(clock, "cb1-1.1", line="a line that nobody has"))
        desk.bus.tell(seen(clock, "cb1-2.1"))
        await readings.settled()
    assert readings.lost == 1
    assert asked == [1]
    assert sum(isinstance(event, CallArrived) for event in told) == 1


@pytest.mark.parametrize("engine_name", ["sqlite"])  # the lock of a whole database is SQLite's
async def test_a_database_that_is_locked_for_a_while_loses_nothing_and_is_told(
    desk: Desk, site: Site, clock: Clock, told: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    from desk import work

    monkeypatch.setattr(work, "BUSY_TIMEOUT_MS", 200)
    await desk.engine.dispose()  # connections with the shorter patience
    other = sqlite3.connect(desk.engine.url.database or "", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    async with reading(desk) as (readings, _):
        desk.bus.tell(seen(clock, "cb1-1.1"))
        async with asyncio.timeout(20):
            while not any(isinstance(event, PartChanged) and not event.ok for event in told):
                await asyncio.sleep(0.01)
        other.execute("ROLLBACK")
        await readings.settled()
    other.close()
    assert readings.lost == 0
    parts = [(event.part, event.ok) for event in told if isinstance(event, PartChanged)]
    assert parts == [("database", False), ("database", True)]
    assert sum(isinstance(event, CallArrived) for event in told) == 1


@asynccontextmanager
async def nobody_may_write(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """The file is held by another program, and patience is short."""
    from desk import work

    monkeypatch.setattr(work, "BUSY_TIMEOUT_MS", 50)
    await desk.engine.dispose()
    other = sqlite3.connect(desk.engine.url.database or "", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


async def put_by(readings: Readings, count: int) -> None:
    async with asyncio.timeout(20):
        while readings.put_by < count:
            await asyncio.sleep(0.01)


def tell_calls(desk: Desk, clock: Clock, count: int) -> None:
    for n in range(count):
        desk.bus.tell(seen(clock, f"cb1-{n}.1", f"0101234{n:04}"))
        desk.bus.tell(PhoneAnswered(clock(), f"cb1-{n}.1", "1001"))
        desk.bus.tell(CallGone(clock(), f"cb1-{n}.1"))


def stored(told: list[Event]) -> list[type[Event]]:
    return [type(event) for event in told if isinstance(event, CallArrived | CallAnswered | CallEnded)]


@pytest.mark.parametrize("on_disk", [True, False])
@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_what_was_told_while_the_database_was_away_is_stored_in_order_when_it_is_back(
    desk: Desk,
    site: Site,
    clock: Clock,
    told: list[Event],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    on_disk: bool,
) -> None:
    unstored = Unstored(tmp_path / "unstored") if on_disk else None
    async with reading(desk, unstored) as (readings, asked):
        async with nobody_may_write(desk, monkeypatch):
            tell_calls(desk, clock, 10)
            await put_by(readings, 30)
        await readings.settled()
        desk.bus.tell(seen(clock, "cb1-99.1", "01099999999"))
        await readings.settled()
    assert stored(told) == [CallArrived, CallAnswered, CallEnded] * 10 + [CallArrived]
    assert (readings.lost, readings.waiting, asked) == (0, 0, [])


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_a_database_that_is_back_in_mid_batch_changes_no_order(
    desk: Desk, site: Site, clock: Clock, told: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen failing with the refused reading alone put by: those behind it were tried at once, before it."""
    from desk import work

    monkeypatch.setattr(work, "BUSY_TIMEOUT_MS", 50)
    await desk.engine.dispose()
    with closing(sqlite3.connect(desk.engine.url.database or "", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        desk.bus.on(PartChanged, lambda event: None if event.ok else other.execute("ROLLBACK"))
        async with reading(desk) as (readings, asked):
            tell_calls(desk, clock, 1)
            await readings.settled()
    assert stored(told) == [CallArrived, CallAnswered, CallEnded]
    assert (readings.lost, asked) == (0, [])


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_what_waited_on_the_disk_when_we_died_is_stored_by_the_next_start(
    desk: Desk, site: Site, clock: Clock, told: list[Event], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "unstored"
    unstored = Unstored(file)
    async with nobody_may_write(desk, monkeypatch), reading(desk, unstored) as (readings, _):
        tell_calls(desk, clock, 5)
        async with asyncio.timeout(20):
            while unstored.waiting < 15:
                await asyncio.sleep(0.01)
        readings.stop_listening()
    async with reading(desk, Unstored(file)) as (readings, _):
        desk.bus.tell(seen(clock, "cb1-99.1", "01099999999"))
        await readings.settled()
    assert stored(told) == [CallArrived, CallAnswered, CallEnded] * 5 + [CallArrived]
    assert file.stat().st_size == 0


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_what_was_stored_already_and_waits_still_changes_nothing(
    desk: Desk, site: Site, clock: Clock, told: list[Event], tmp_path: Path
) -> None:
    kept = Unstored(tmp_path / "unstored")
    async with reading(desk) as (readings, _):
        desk.bus.on(CallSeen, lambda event: kept.append([event]))
        desk.bus.on(PhoneAnswered, lambda event: kept.append([event]))
        desk.bus.on(CallGone, lambda event: kept.append([event]))
        tell_calls(desk, clock, 5)
        await readings.settled()
        readings.stop_listening()
    assert kept.waiting == 15
    async with reading(desk, Unstored(tmp_path / "unstored")) as (again, _):
        await asyncio.sleep(0)
        async with asyncio.timeout(20):
            while (tmp_path / "unstored").stat().st_size:
                await asyncio.sleep(0.01)
    assert again.lost == 0
    assert stored(told) == [CallArrived, CallAnswered, CallEnded] * 5


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_when_the_file_is_full_the_rest_is_lost_and_a_snapshot_is_asked_for(
    desk: Desk, site: Site, clock: Clock, told: list[Event], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with reading(desk, Unstored(tmp_path / "unstored", limit_bytes=400)) as (readings, asked):
        async with nobody_may_write(desk, monkeypatch):
            desk.bus.tell(seen(clock, "cb1-1.1"))
            await put_by(readings, 1)
            desk.bus.tell(seen(clock, "cb1-2.1", "01011112222"))
            async with asyncio.timeout(20):
                while not asked:
                    await asyncio.sleep(0.01)
        await readings.settled()
    assert (readings.lost, stored(told)) == (1, [CallArrived])


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_a_disk_that_takes_nothing_makes_readings_wait_in_memory(
    desk: Desk, site: Site, clock: Clock, told: list[Event], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with reading(desk, Unstored(tmp_path / "no such folder" / "unstored")) as (readings, _):
        async with nobody_may_write(desk, monkeypatch):
            tell_calls(desk, clock, 5)
            await put_by(readings, 15)
        await readings.settled()
    assert stored(told) == [CallArrived, CallAnswered, CallEnded] * 5
    assert readings.lost == 0
