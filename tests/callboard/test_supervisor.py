"""Parts are started again when they fail, told of once, and stopped in the opposite order."""

from __future__ import annotations

import asyncio

import pytest

from callboard import supervisor as module
from callboard.supervisor import Part, Supervisor
from desk.bus import Bus
from desk.events import Event, PartChanged


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(module, "BELIEVED_AFTER_S", 1.0)


def hear(bus: Bus) -> list[PartChanged]:
    told: list[PartChanged] = []
    bus.on(PartChanged, told.append)
    return told


async def until(true) -> None:  # type: ignore[no-untyped-def]
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.005)


async def test_a_part_that_fails_is_started_again_told_of_once_and_once_more_when_it_works() -> None:
    bus = Bus()
    told = hear(bus)
    starts = 0

    async def run() -> None:
        nonlocal starts
        starts += 1
        if starts <= 3:
            raise RuntimeError("the plug is out")
        await asyncio.Event().wait()

    supervisor = Supervisor(bus)
    supervisor.start(Part("box", run))
    await until(lambda: len(told) == 2)
    assert starts == 4
    assert [(event.part, event.ok) for event in told] == [("box", False), ("box", True)]
    assert told[0].reason == "the plug is out"
    await supervisor.stop()


async def test_a_part_that_nobody_can_do_without_is_not_waited_for_longer_however_often_it_fails() -> None:
    """Seen failing with the one longest pause for all: the pauses add up to minutes."""
    starts = 0

    async def run() -> None:
        nonlocal starts
        starts += 1
        raise RuntimeError("killed")

    supervisor = Supervisor(Bus())
    supervisor.start(Part("callboard", run, longest_pause_s=0.02))
    await until(lambda: starts >= 30)
    await supervisor.stop()


async def test_a_part_that_comes_back_by_itself_has_failed() -> None:
    bus = Bus()
    told = hear(bus)

    async def run() -> None:
        return

    supervisor = Supervisor(bus)
    supervisor.start(Part("sms", run))
    await until(lambda: bool(told))
    assert (told[0].ok, told[0].reason) == (False, "it ended by itself")
    await supervisor.stop()


async def test_one_failing_part_leaves_the_others_alone() -> None:
    bus = Bus()
    ticks = 0

    async def bad() -> None:
        raise RuntimeError

    async def good() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.001)

    supervisor = Supervisor(bus)
    told = hear(bus)
    supervisor.start(Part("good", good))
    supervisor.start(Part("bad", bad))
    await until(lambda: ticks > 50)
    assert {event.part for event in told} == {"bad"}
    await supervisor.stop()


async def test_parts_stop_last_started_first_and_may_clean_up() -> None:
    order: list[str] = []

    def part(name: str) -> Part:
        async def run() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0.01)
                order.append(name)

        return Part(name, run)

    supervisor = Supervisor(Bus())
    for name in ("database", "asterisk", "web"):
        supervisor.start(part(name))
    await asyncio.sleep(0.01)
    await supervisor.stop()
    assert order == ["web", "asterisk", "database"]


async def test_a_listener_that_fails_harms_neither_the_teller_nor_other_listeners() -> None:
    bus = Bus()
    heard: list[Event] = []

    def broken(_: Event) -> None:
        raise RuntimeError("a listener of ours is broken")

    bus.on(PartChanged, broken)
    bus.on(PartChanged, heard.append)
    from desk.work import utc_now

    bus.tell(PartChanged(utc_now(), "web", ok=True))
    assert len(heard) == 1
