"""The readers that are compared, one a process. `python -m benchmarks.ami_readers NAME PORT CALLS WARM` prints one JSON line.

split          floor: cuts messages apart and counts them
dict           floor: asyncio, a plain dict of every event
ours           our whole chain (ami/) with the names that it subscribes to: desk events on the bus
ours-all       the same, subscribed to every name of the stream
stock          panoramisk's Manager with the pattern `*`
stock-names    panoramisk's Manager with the names that ours subscribes to
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from typing import Any

import panoramisk

from ami import listener as listening
from ami.backlog import Backlog
from ami.link import Link
from ami.listener import NAMES, Listener
from ami.settings import Settings
from benchmarks.ami_stream import MARK_END, MARK_START, recorded_events
from callboard.loop_watch import spare_what_is_loaded
from desk.bus import Bus
from desk.events import CallGone, CallSeen, Event, PhoneAnswered, PhoneRang
from desk.work import utc_now

LOGIN = b"Action: Login\r\nUsername: u\r\nSecret: s\r\n\r\nAction: BenchGo\r\n\r\n"
EVERY_NAME = frozenset(raw[7 : raw.find(b"\r\n")].decode() for raw in recorded_events())


class Stopwatch:
    """Wall and processor time between the two marks; `taken` counts what reached the reader's own code in between."""

    def __init__(self) -> None:
        self.taken = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._begun = (0.0, 0.0)
        self._wall = self._cpu = 0.0

    def start(self) -> None:
        """The first mark."""
        self._begun = (time.perf_counter(), time.process_time())
        self.taken = 0

    def stop(self) -> None:
        """The second mark."""
        self._wall, self._cpu = time.perf_counter() - self._begun[0], time.process_time() - self._begun[1]
        self.done.set_result(None)

    def mark(self, name: str | None) -> None:
        """A user event of this name."""
        if name == MARK_START:
            self.start()
        elif name == MARK_END:
            self.stop()

    def told(self, **more: object) -> str:
        """One JSON line."""
        return json.dumps({"wall": self._wall, "cpu": self._cpu, "taken": self.taken, **more})


class Splitting(asyncio.Protocol):
    """The floor: whole messages, counted."""

    def __init__(self, watch: Stopwatch) -> None:
        self.watch = watch
        self.rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(LOGIN)

    def data_received(self, data: bytes) -> None:
        whole = (self.rest + data).split(b"\r\n\r\n")
        self.rest = whole.pop()
        self.watch.taken += len(whole)
        if b"UserEvent: Bench" in data or b"UserEvent: Bench" in whole[-1:][:1]:
            for raw in whole:
                if b"UserEvent: Bench" in raw:
                    self.watch.mark(raw.rpartition(b": ")[2].decode())


class Dicts(Splitting):
    """The other floor: a plain dict of every event, its name and id looked at."""

    def data_received(self, data: bytes) -> None:
        whole = (self.rest + data).split(b"\r\n\r\n")
        self.rest = whole.pop()
        for raw in whole:
            event = dict(line.split(": ", 1) for line in raw.decode("utf-8", "replace").split("\r\n") if ": " in line)
            self.watch.taken += event.get("Event") is not None and event.get("Uniqueid", "") is not None
            if event.get("UserEvent") in (MARK_START, MARK_END):
                self.watch.mark(event["UserEvent"])


async def bare(port: int, watch: Stopwatch, kind: type[Splitting]) -> str:
    """One of the floors."""
    transport, _ = await asyncio.get_running_loop().create_connection(lambda: kind(watch), "127.0.0.1", port)
    await watch.done
    transport.close()
    return watch.told()


async def stock(port: int, watch: Stopwatch, names: frozenset[str]) -> str:
    """Panoramisk as it comes, one plain callback for each of `names`."""
    manager = panoramisk.Manager(
        loop=asyncio.get_running_loop(), host="127.0.0.1", port=port, username="u", secret="s", ping_delay=600
    )

    def take(_manager: Any, event: Any) -> None:
        watch.taken += event.event is not None and event.uniqueid is not None
        if event.event == "UserEvent":
            watch.mark(event.userevent)

    for name in names:
        manager.register_event(name, take)
    await manager.connect()
    manager.send_action({"Action": "BenchGo"})
    await watch.done
    manager.close()
    return watch.told()


class WatchedBacklog(Backlog):
    """Remembers how long it ever was."""

    longest = 0

    def put(self, name: str, raw: bytes) -> None:
        super().put(name, raw)
        self.longest = max(self.longest, len(self))


class WatchedListener(Listener):
    """Our listener, able to subscribe to other names, with a backlog that remembers its length."""

    def __init__(self, port: int, names: frozenset[str], bus: Bus) -> None:
        settings = Settings(port=port, resync_every_s=3600)
        super().__init__(settings, "s" * 32, bus, utc_now)
        self._names = names

    async def run(self) -> None:
        self._backlog = WatchedBacklog(self.settings.queue_limit)
        self._link = Link(self.settings, "u", "s", events=self._names, on_event=self._heard, on_fresh=self._fresh)
        await self._link.keep(self._serve, self._lost)

    @property
    def longest(self) -> int:
        assert isinstance(self._backlog, WatchedBacklog)
        return self._backlog.longest


class Order:
    """Watches that each call's desk events come in the order in which they happened, and counts the ends."""

    STEPS = (CallSeen, PhoneRang, PhoneAnswered, CallGone)

    def __init__(self, watch: Stopwatch, calls: int, warm: int) -> None:
        self.disordered = 0
        self.counts: Counter[str] = Counter()
        self._watch = watch
        self._first, self._last = warm, warm + calls
        self._gone = 0
        self._reached: dict[str, int] = {}

    def heard(self, event: Event) -> None:
        """One desk event."""
        if not isinstance(event, self.STEPS):
            return
        self._watch.taken += 1
        self.counts[type(event).__name__] += 1
        step = self.STEPS.index(type(event))
        linkedid = event.linkedid or ""
        self.disordered += step < self._reached.get(linkedid, 0)
        self._reached[linkedid] = step
        if step == len(self.STEPS) - 1:
            self._reached.pop(linkedid)
            self._gone += 1
            if self._gone == self._first:
                self._watch.start()
            elif self._gone == self._last:
                self._watch.stop()


async def ours(port: int, watch: Stopwatch, names: frozenset[str], calls: int, warm: int) -> str:
    """Our whole chain: split, filter, queue, check, translate, tell."""
    listening.SECOND_LIST_S = 3600.0  # the list that the fake PBX gives is empty: calls in progress would be lost to it
    bus = Bus()
    order = Order(watch, calls, warm)
    bus.on(Event, order.heard)
    listener = WatchedListener(port, names, bus)
    running = asyncio.create_task(listener.run())
    while not listener.connected:
        await asyncio.sleep(0.01)
    await listener.link.ask({"Action": "BenchGo"})
    await watch.done
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return watch.told(
        disordered=order.disordered,
        lost=listener.dropped,
        resyncs=listener.resyncs,
        longest=listener.longest,
        calls=order.counts["CallSeen"],
    )


async def read(name: str, port: int, calls: int, warm: int) -> str:
    """Run one reader to the second mark. Each spares what it loaded, as callboard does: nobody pays for what the others need."""
    spare_what_is_loaded()
    watch = Stopwatch()
    match name:
        case "split":
            return await bare(port, watch, Splitting)
        case "dict":
            return await bare(port, watch, Dicts)
        case "stock":
            return await stock(port, watch, frozenset({"*"}))
        case "stock-names":
            return await stock(port, watch, NAMES)
        case "ours":
            return await ours(port, watch, NAMES, calls, warm)
        case "ours-all":
            return await ours(port, watch, NAMES | EVERY_NAME, calls, warm)
    raise SystemExit(f"there is no reader {name!r}")


if __name__ == "__main__":
    print(asyncio.run(read(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))), flush=True)
