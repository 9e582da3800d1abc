"""The chain from a recorded event stream to the text that browsers are sent, in this process: readings, desk, rows, hub."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from ami.framing import Splitter
from ami.message import Message
from ami.roster import Roster
from ami.settings import Settings as AmiSettings
from ami.translate import translate
from callboard.readings import Readings
from desk.bus import Bus
from desk.customer import customers
from desk.demo import site as demo
from desk.events import CallSeen
from desk.keeping import store
from desk.work import Desk, open_engine, utc_now
from web.live.popups import Hub
from web.metrics import Metrics
from web.parts import Parts
from web.settings import Settings as WebSettings

LINE = "15880001"
WINDOW_S = 8.0


class Chain:
    """A desk with its readings and its screen-pop hub; `screen` takes what one browser would be sent."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.readings = Readings(desk, desk.bus, lambda: None, WINDOW_S)
        self.hub = Hub(desk, desk.bus, Parts(desk.bus, {}), Metrics(), WebSettings(port=0))
        self.screen = Screen()
        self.hub.room(1).browsers.add(self.screen)  # type: ignore[arg-type]
        self._roster = Roster(AmiSettings())

    def hear(self, stream: bytes) -> None:
        """Events as Asterisk wrote them."""
        for raw in Splitter().feed(stream):
            message = Message(raw)
            for event in translate(message.text("Event") or "", message, self._roster, utc_now()):
                self.desk.bus.tell(event)

    async def pop(self, number: str, reference: str) -> float:
        """Milliseconds from a call's being told to the text of its pop."""
        self.screen.popped.clear()
        begun = time.perf_counter()
        self.desk.bus.tell(CallSeen(utc_now(), "pbx", reference, LINE, number, None, linkedid=reference))
        await self.screen.popped.wait()
        return 1000 * (time.perf_counter() - begun)

    async def look_up(self, number: str) -> float:
        """Milliseconds to find a customer by number and read his whole card."""
        begun = time.perf_counter()
        async with self.desk.look() as session:
            customer = await customers.by_number(session, 1, number)
            assert customer is not None, number
            await customers.card(session, customer.id)
        return 1000 * (time.perf_counter() - begun)

    async def settled(self, quiet_s: float = 0.1) -> None:
        """Everything is stored and told."""
        await self.readings.settled()
        while self.hub._told.qsize():
            await asyncio.sleep(0.005)
        await asyncio.sleep(quiet_s)


class Screen:
    """Stands where a browser does; remembers that a pop came, and how many texts."""

    pending = 0
    visitor = None  # who sees everything

    def __init__(self) -> None:
        self.popped = asyncio.Event()
        self.texts = 0

    def push(self, push: object) -> None:
        """One text, by the hub."""
        self.texts += 1
        text = getattr(push, "text", "")
        if '"type":"call.arrived"' in text[:60]:
            json.loads(text)
            self.popped.set()


async def prepare(url: str) -> None:
    """The tables, an office with its line, and a handful of people."""
    await store.prepare(url)
    desk = Desk(open_engine(url), Bus())
    try:
        await demo.fill(desk, customers=50, drivers=20)
    finally:
        await desk.engine.dispose()


@asynccontextmanager
async def running(url: str) -> AsyncIterator[Chain]:
    """The chain on a database that `prepare` made."""
    desk = Desk(open_engine(url), Bus())
    chain = Chain(desk)
    tasks: Sequence[asyncio.Task[None]] = [asyncio.create_task(part.run()) for part in (chain.readings, chain.hub)]
    try:
        yield chain
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await desk.engine.dispose()
