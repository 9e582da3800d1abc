"""Listeners and actions kept running for the length of a test, at a stand-in or at the real Asterisk."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ami.actions import Actions
from ami.listener import Listener
from ami.settings import Settings
from desk.bus import Bus
from desk.events import Event, PartChanged, PbxSnapshot
from desk.work import utc_now
from tests.ami.pbx import READER_SECRET, Asterisk
from tests.ami.replay import shorthand
from tests.ami.wire import Wire


class Desk:
    """Hears everything that is told on a bus."""

    def __init__(self) -> None:
        self.bus = Bus()
        self.told: list[Event] = []
        self.bus.on(Event, self._hear)
        self._changed = asyncio.Event()

    def _hear(self, event: Event) -> None:
        self.told.append(event)
        self._changed.set()

    @property
    def parts(self) -> list[PartChanged]:
        """What was told of parts."""
        return [event for event in self.told if isinstance(event, PartChanged)]

    @property
    def snapshots(self) -> list[PbxSnapshot]:
        """The snapshots told."""
        return [event for event in self.told if isinstance(event, PbxSnapshot)]

    @property
    def words(self) -> list[str]:
        """The calls' story in shorthand."""
        return shorthand(self.told)

    async def until(self, condition: Callable[[], bool], limit_s: float = 30.0) -> None:
        """Wait until `condition` holds."""
        try:
            async with asyncio.timeout(limit_s):
                while not condition():
                    self._changed.clear()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._changed.wait(), 0.02)
        except TimeoutError:
            raise AssertionError(f"told so far: {self.told}") from None


@pytest.fixture
async def desk() -> Desk:
    """A bus, and all that is told on it."""
    return Desk()


@asynccontextmanager
async def running(part: Listener | Actions) -> AsyncIterator[None]:
    """Run a part; end it with the block."""
    task = asyncio.ensure_future(part.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def listening(desk: Desk, port: int, secret: str = "s", **settings: Any) -> AsyncIterator[Listener]:
    """A listener that runs."""
    quick: dict[str, Any] = {"retry_first_s": 0.05, **settings}
    listener = Listener(Settings(port=port, **quick), secret, desk.bus, utc_now)
    async with running(listener):
        yield listener


@asynccontextmanager
async def acting(port: int, secret: str = "s", desk: Desk | None = None, **settings: Any) -> AsyncIterator[Actions]:
    """Actions whose link is up."""
    desk = desk or Desk()
    quick: dict[str, Any] = {"retry_first_s": 0.05, **settings}
    actions = Actions(Settings(port=port, **quick), secret, desk.bus, utc_now)
    async with running(actions):
        await desk.until(lambda: actions.connected)
        yield actions


@pytest.fixture
async def asterisk(tmp_path: Path) -> AsyncIterator[Asterisk]:
    """A real Asterisk of this test's own, fully booted."""
    pbx = Asterisk(tmp_path)
    await pbx.start()
    wire = await Wire.open(pbx.port, "callboard-reader", READER_SECRET)
    await wire.until(rb"Event: FullyBooted\r\n")
    await wire.close()
    yield pbx
    await pbx.stop()
