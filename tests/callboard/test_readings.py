"""What transports saw becomes rows in order; a database that is away for a moment costs nothing, a broken reading only itself."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from callboard import readings as module
from callboard.readings import Readings
from desk import calls
from desk.events import CallAnswered, CallArrived, CallEnded, CallGone, CallSeen, Event, PartChanged, PhoneAnswered
from desk.work import Desk
from tests.desk.conftest import DID, Clock
from tests.site import Site


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSES_S", (0.05, 0.1, 0.2, 0.4, 0.8, 1.6))


@asynccontextmanager
async def reading(desk: Desk) -> AsyncIterator[tuple[Readings, list[int]]]:
    asked: list[int] = []
    readings = Readings(desk, desk.bus, lambda: asked.append(1), calls.SAME_CALL_WINDOW_S)
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
