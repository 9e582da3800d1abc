"""What transports saw, turned into desk work: one queue, one consumer, in the order in which it was told.

A reading that meets a database that is away waits on the disk, with everything that was told behind it, until the database
takes it again (see callboard/unstored.py): nothing is lost, nothing overtakes, nothing is stored twice. Only what even the
disk has no room for, or what cannot be understood, is logged with its reference, and the PBX's next snapshot brings the call
back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog

from callboard.database_watch import DatabaseWatch
from callboard.unstored import READINGS, Full, Unstored
from desk.bus import Bus
from desk.call import calls
from desk.database_errors import have_met, in_words, is_away
from desk.errors import DeskError
from desk.events import (
    BoxCallAnswered,
    BoxCallGone,
    CallDialled,
    CallGone,
    CallSeen,
    Event,
    PbxSnapshot,
    PhoneAnswered,
    PhoneRang,
)
from desk.work import Desk, Work

LIMIT = 20_000
TOGETHER = 20
"""So many readings that wait are stored in one transaction: at a peak, one commit serves them all."""
PAUSES_S = (0.1, 0.3, 1.0, 2.0)
"""Between two tries while the database is away; the last one again and again."""
TRIES = 4

log = structlog.get_logger(__name__)


async def apply(work: Work, reading: Event, window_s: float) -> None:
    """What one reading means, as desk work. Raises DeskError, and TypeError for what is no reading."""
    match reading:
        case CallSeen():
            await calls.open_call(work, reading, window_s)
        case CallDialled():
            await calls.place_call(work, reading)
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
    """The one consumer. `lost` counts readings that could not be stored.

    `unstored` is where they wait on the disk; without it, and when the disk is full, up to LIMIT wait in memory.
    """

    def __init__(
        self,
        desk: Desk,
        bus: Bus,
        ask_for_snapshot: Callable[[], None],
        window_s: float,
        unstored: Unstored | None = None,
        watch: DatabaseWatch | None = None,
    ) -> None:
        self._desk = desk
        self._ask_for_snapshot = ask_for_snapshot
        self._window_s = window_s
        self._watch = watch or DatabaseWatch(desk, bus)
        self._queue: asyncio.Queue[Event] = asyncio.Queue(LIMIT)
        self._unstored = unstored
        self._held: list[Event] = []
        self._putting_by = asyncio.Lock()
        self._caught_up = asyncio.Event()
        self._caught_up.set()
        self.lost = 0
        self._stops = [bus.on(kind, self._take) for kind in READINGS]

    @property
    def waiting(self) -> int:
        """How many readings are not yet stored."""
        return self._queue.qsize() + self.put_by

    @property
    def put_by(self) -> int:
        """How many of them wait for the database to come back."""
        return (self._unstored.waiting if self._unstored else 0) + len(self._held)

    @property
    def damaged(self) -> int:
        """Lines of the file that could not be read again."""
        return self._unstored.damaged if self._unstored else 0

    def stop_listening(self) -> None:
        """Take nothing more from the bus."""
        while self._stops:
            self._stops.pop()()

    async def settled(self) -> None:
        """Wait until everything that was taken is stored (or lost)."""
        while self.waiting or not self._caught_up.is_set():
            await self._queue.join()
            await self._caught_up.wait()
        await self._queue.join()

    def _take(self, reading: Event) -> None:
        try:
            self._queue.put_nowait(reading)
        except asyncio.QueueFull:
            self._lose(reading, "the queue is full")

    async def run(self) -> None:
        """Store readings until cancelled; first what the last run could not."""
        await self._open()
        while True:
            if self.put_by:
                await self._catch_up()
            self._caught_up.set()
            batch = [await self._queue.get()]
            while len(batch) < TOGETHER and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            try:
                await self._store_all(batch)
            finally:
                for _ in batch:
                    self._queue.task_done()

    async def _open(self) -> None:
        if self._unstored is not None:
            try:
                await asyncio.to_thread(self._unstored.open)
            except OSError as error:
                log.error("what waits on the disk cannot be read", reason=str(error))

    # --- while the database is away -------------------------------------------------------------------------------------

    async def _catch_up(self) -> None:
        """Try the oldest again and again; what comes meanwhile is put behind it."""
        storing = asyncio.create_task(self._store_what_waits())
        try:
            while not storing.done():
                coming = asyncio.create_task(self._queue.get())
                await asyncio.wait((storing, coming), return_when=asyncio.FIRST_COMPLETED)
                if not coming.done():
                    coming.cancel()
                    continue
                batch = [coming.result()]
                while not self._queue.empty():
                    batch.append(self._queue.get_nowait())
                await self._put_by(batch)
                for _ in batch:
                    self._queue.task_done()
        finally:
            storing.cancel()
            await asyncio.gather(storing, return_exceptions=True)
        storing.result()

    async def _store_what_waits(self) -> None:
        tries = 0
        while (reading := await self._oldest()) is not None:
            if await self._store(reading):
                tries = 0
                await self._drop_oldest()
            else:
                await asyncio.sleep(PAUSES_S[min(tries, len(PAUSES_S) - 1)])
                tries += 1

    async def _oldest(self) -> Event | None:
        async with self._putting_by:
            damaged = self.damaged
            oldest = self._unstored.head() if self._unstored else None
            if self.damaged > damaged:
                self._ask_for_snapshot()
            return oldest or (self._held[0] if self._held else None)

    async def _drop_oldest(self) -> None:
        async with self._putting_by:
            # What had waited in memory may have gone to the disk since it was looked at: it is the oldest there.
            if self._unstored is not None and self._unstored.head() is not None:
                self._unstored.drop_head()
            else:
                del self._held[0]

    async def _put_by(self, readings: Sequence[Event]) -> None:
        self._caught_up.clear()
        async with self._putting_by:
            self._held += readings
            if self._unstored is not None:
                try:
                    await asyncio.to_thread(self._unstored.append, self._held)
                except Full:
                    self._lose_held(0, "too many wait for the database")
                except OSError as error:
                    log.error("readings wait in memory: the disk does not take them", reason=error.strerror)
                else:
                    self._held = []
            self._lose_held(LIMIT, "too many wait for the database and the disk")

    def _lose_held(self, kept: int, why: str) -> None:
        for reading in self._held[kept:]:
            self._lose(reading, why)
        del self._held[kept:]

    # --- several readings, and one --------------------------------------------------------------------------------------

    async def _store_all(self, batch: list[Event]) -> None:
        """Store `batch`, or put by what the database does not take, in order."""
        if len(batch) > 1 and await self._stored_together(batch):
            return
        for place, reading in enumerate(batch):
            if not await self._store(reading):
                await self._put_by(batch[place:])
                return

    async def _stored_together(self, batch: Sequence[Event]) -> bool:
        """Whether all of them stand in one transaction. Where one of them cannot, nothing was done: they go one by one."""
        try:
            async with self._desk.work() as work:
                for reading in batch:
                    await apply(work, reading, self._window_s)
        except Exception:  # noqa: BLE001 -- whoever is at fault meets the same again by himself, and it is told there
            return False
        self._watch.heard("readings", None)
        return True

    async def _store(self, reading: Event) -> bool:
        """Whether we are done with it: stored, or of no use. False: the database is away."""
        for tries_left in reversed(range(TRIES)):
            try:
                async with self._desk.work() as work:
                    await apply(work, reading, self._window_s)
            except DeskError as refused:
                self._lose(reading, str(refused))
                return True
            except Exception as error:
                if have_met(error) and tries_left:
                    await asyncio.sleep(PAUSES_S[0])
                    continue
                if is_away(error):
                    self._watch.heard("readings", in_words(error))
                    return False
                log.exception("a reading could not be stored", reading=type(reading).__name__)
                self._lose(reading, "it met a fault of ours")
                return True
            self._watch.heard("readings", None)
            return True
        raise AssertionError("the last try returns")

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
