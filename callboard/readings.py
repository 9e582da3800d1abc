"""What transports saw, turned into desk work: one queue, one consumer, in the order in which it was told.

A reading that meets a database that is away for a moment is tried again; nothing that arrived behind it overtakes it. What
still cannot be stored is logged with its reference, and the PBX's next snapshot brings the call back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog
from sqlalchemy.exc import DBAPIError

from desk import calls
from desk.bus import Bus
from desk.errors import DeskError
from desk.events import (
    BoxCallAnswered,
    BoxCallGone,
    CallGone,
    CallSeen,
    Event,
    PartChanged,
    PbxSnapshot,
    PhoneAnswered,
    PhoneRang,
)
from desk.work import Desk, Work, utc_now

READINGS = (CallSeen, PhoneRang, PhoneAnswered, CallGone, PbxSnapshot, BoxCallAnswered, BoxCallGone)
LIMIT = 20_000
PAUSES_S = (0.1, 0.3, 1.0, 2.0, 4.0)

log = structlog.get_logger(__name__)


async def _apply(work: Work, reading: Event, window_s: float) -> None:
    match reading:
        case CallSeen():
            await calls.open_call(work, reading, window_s)
        case PhoneRang(at=at, linkedid=linkedid, extension=extension):
            await calls.rang(work, linkedid, extension, at)
        case PhoneAnswered(at=at, linkedid=linkedid, extension=extension):
            await calls.answered(work, linkedid, extension, at)
        case CallGone(at=at, linkedid=linkedid, cause=cause):
            await calls.gone(work, linkedid, cause, at)
        case PbxSnapshot():
            await calls.resync(work, reading, window_s)
        case BoxCallAnswered(at=at, reference=reference):
            await calls.box_answered(work, reference, at)
        case BoxCallGone(at=at, reference=reference):
            await calls.box_gone(work, reference, at)
        case _:
            raise TypeError(f"{type(reading).__name__} is not a reading")


class Readings:
    """The one consumer. `lost` counts readings that could not be stored."""

    def __init__(self, desk: Desk, bus: Bus, ask_for_snapshot: Callable[[], None], window_s: float) -> None:
        self._desk = desk
        self._bus = bus
        self._ask_for_snapshot = ask_for_snapshot
        self._window_s = window_s
        self._queue: asyncio.Queue[Event] = asyncio.Queue(LIMIT)
        self._database_ok = True
        self.lost = 0
        self._stops = [bus.on(kind, self._take) for kind in READINGS]

    @property
    def waiting(self) -> int:
        """How many readings are not yet stored."""
        return self._queue.qsize()

    def stop_listening(self) -> None:
        """Take nothing more from the bus."""
        while self._stops:
            self._stops.pop()()

    async def settled(self) -> None:
        """Wait until everything that was taken is stored (or lost)."""
        await self._queue.join()

    def _take(self, reading: Event) -> None:
        try:
            self._queue.put_nowait(reading)
        except asyncio.QueueFull:
            self._lose(reading, "the queue is full")

    async def run(self) -> None:
        """Store readings until cancelled."""
        while True:
            reading = await self._queue.get()
            try:
                await self._store(reading)
            finally:
                self._queue.task_done()

    async def _store(self, reading: Event) -> None:
        for pause in (*PAUSES_S, None):
            try:
                async with self._desk.work() as work:
                    await _apply(work, reading, self._window_s)
            except (DBAPIError, TimeoutError) as error:
                why = error.orig if isinstance(error, DBAPIError) else "another writer holds it"
                self._database(False, f"The database does not take calls: {why}")
                if pause is None:
                    self._lose(reading, "the database stayed away")
                else:
                    await asyncio.sleep(pause)
            except DeskError as refused:
                self._lose(reading, str(refused))
                return
            except Exception:
                log.exception("a reading could not be stored", reading=type(reading).__name__)
                self._lose(reading, "it met a fault of ours")
                return
            else:
                self._database(True)
                return

    def _database(self, ok: bool, reason: str = "") -> None:
        if ok is not self._database_ok:
            self._database_ok = ok
            self._bus.tell(PartChanged(utc_now(), "database", ok=ok, reason=reason))

    def _lose(self, reading: Event, why: str) -> None:
        self.lost += 1
        log.error(
            "a reading was lost; a snapshot is asked for",
            reading=type(reading).__name__,
            linkedid=getattr(reading, "linkedid", None),
            why=why,
        )
        if not isinstance(reading, PbxSnapshot):
            self._ask_for_snapshot()
