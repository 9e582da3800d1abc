"""The screen-pop hub: what the desk did, pushed to every browser of the office, numbered, in order, without a gap.

One consumer takes desk events in the order in which they were told, reads each row once (those that wait, together) and hands
the same bytes to every browser of the office whose row it is; of another office's nothing is heard. A browser that joins is
entered under the consumer's lock, in the moment in which its snapshot's transaction begins: what is older is in the snapshot,
what is newer follows as deltas.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

import structlog
from aiohttp import web

from desk.bus import Bus
from desk.database_errors import in_words, is_away
from desk.events import CallArrived, Event, OfferEnded, OfferMade, RightsChanged, SessionEnded
from desk.views import moment
from desk.work import Desk
from web.access import masking
from web.access.auth import as_me
from web.keys import Visitor
from web.live.browser import GOING_AWAY, SIGNED_OUT, Browser, Push
from web.live.deltas import READERS, Delta, delta_of, read_ahead
from web.live.positions import Positions
from web.live.rooms import Room, as_text
from web.live.snapshot import read_snapshot
from web.metrics import Metrics
from web.parts import Parts
from web.settings import Settings

PAUSES_S = (0.05, 0.2, 0.5, 1.0, 2.0)
TOGETHER = 50
"""So many events at most are read in one transaction."""

log = structlog.get_logger(__name__)


def _is_of_one_wave(event: Event, after: Event) -> bool:
    return (
        isinstance(event, (OfferMade, OfferEnded))
        and isinstance(after, (OfferMade, OfferEnded))
        and event.order_id == after.order_id
    )


class Hub:
    """All listening browsers. `run()` must be running for anything to be pushed."""

    def __init__(self, desk: Desk, bus: Bus, parts: Parts, metrics: Metrics, settings: Settings) -> None:
        self._desk = desk
        self._parts = parts
        self._metrics = metrics
        self._settings = settings
        self._told: asyncio.Queue[Event] = asyncio.Queue()
        self._order = asyncio.Lock()
        self._rooms: dict[int, Room] = {}
        self.positions = Positions(desk)
        self._unsubscribe = [bus.on(kind, self._told.put_nowait) for kind in READERS]
        self._unsubscribe.append(bus.on(SessionEnded, self._session_ended))
        self._unsubscribe.append(bus.on(RightsChanged, self._rights_changed))
        metrics.waiting.set_function(self._told.qsize)
        metrics.sockets.set_function(lambda: len(self.browsers))
        metrics.pending.set_function(lambda: max((browser.pending for browser in self.browsers), default=0))

    @property
    def browsers(self) -> frozenset[Browser]:
        """Who listens now, of all offices."""
        return frozenset(browser for room in self._rooms.values() for browser in room.browsers)

    def room(self, office_id: int) -> Room:
        """The share of one office."""
        return self._rooms.setdefault(office_id, Room(office_id))

    async def run(self) -> None:
        """Push what the desk does, until cancelled."""
        while True:
            events = deque((await self._told.get(),))
            async with self._order:
                while len(events) < TOGETHER and not self._told.empty():
                    event = self._told.get_nowait()
                    if _is_of_one_wave(
                        events[-1], event
                    ):  # a hundred drivers are asked at once: the order is told once
                        events.pop()
                    events.append(event)
                await self._tell(events)

    async def _tell(self, events: deque[Event]) -> None:
        """Push `events`; what was pushed is taken out of them."""
        pauses = list(PAUSES_S)
        while events:
            try:
                async with self._desk.look() as session:
                    await read_ahead(session, events)
                    while events:
                        self._push(events[0], await delta_of(session, events[0]))
                        events.popleft()
            except Exception as error:
                if is_away(error) and pauses:
                    log.warning("the database does not answer the hub", error=in_words(error))
                    await asyncio.sleep(pauses.pop(0))
                    continue
                if is_away(error):
                    log.error("the database does not answer; browsers are asked to come back", count=len(events))
                else:
                    log.exception("events could not be pushed; browsers are asked to come back", count=len(events))
                events.clear()
                self._close_all(GOING_AWAY, "come back")

    def _push(self, event: Event, found: Delta | None) -> None:
        if found is None:
            return
        written = self._measure(event) if isinstance(event, CallArrived) else None
        self._metrics.pushes.labels(found.kind).inc()
        for room in tuple(self._rooms.values()):
            if found.office_id in (None, room.office_id):
                room.tell(found.kind, event.at, found.content, written)

    def _measure(self, event: Event) -> Callable[[], None]:
        def written() -> None:
            self._metrics.pop_latency.observe(max(0.0, (self._desk.clock() - event.at).total_seconds()))

        return written

    # --- joining and leaving --------------------------------------------------------------------------------------------

    def welcome(
        self, socket: web.WebSocketResponse, transport: asyncio.BaseTransport | None, visitor: Visitor
    ) -> Browser:
        """A browser for `socket`; it hears nothing before `subscribe`."""
        return Browser(
            socket,
            transport,
            visitor,
            pending_limit=self._settings.live_pending_limit,
            send_timeout_s=self._settings.live_send_timeout_s,
            beat_s=self._settings.live_beat_s,
            beat=lambda: self._beat(visitor),
            cut=self._was_cut,
        )

    async def subscribe(self, browser: Browser) -> None:
        """Give `browser` a snapshot and, from that very state on, every delta."""
        room = self.room(browser.visitor.operator.office_id)
        room.browsers.discard(browser)
        async with self._order:
            seq, body = await room.begin_snapshot(self._read_snapshot)
            browser.push(Push(lambda: self._whole(browser, seq, body)))
            room.browsers.add(browser)

    def leave(self, browser: Browser) -> None:
        """Push nothing more to `browser`."""
        self.positions.leave(browser)
        self.room(browser.visitor.operator.office_id).browsers.discard(browser)

    async def _read_snapshot(self, office_id: int, begun: asyncio.Event) -> str:
        parts = self._parts.as_json()
        async with self._desk.look() as session:
            return as_text({**await read_snapshot(session, office_id, begun), "parts": parts})

    async def _whole(self, browser: Browser, seq: int, body: asyncio.Task[str]) -> str:
        now = moment(self._desk.clock())
        head = {"type": "snapshot", "seq": seq, "at": now, "now": now, "me": as_me(browser.visitor)}
        text = as_text(head)[:-1] + "," + (await asyncio.shield(body))[1:]
        return text if masking.sees_all(browser.visitor) else masking.in_json(text)

    def _beat(self, visitor: Visitor) -> str:
        seq = self.room(visitor.operator.office_id).seq
        return as_text({"type": "beat", "seq": seq, "now": moment(self._desk.clock())})

    # --- cutting off ----------------------------------------------------------------------------------------------------

    def _was_cut(self, browser: Browser, why: str) -> None:
        self.leave(browser)
        self._metrics.cut.labels(why).inc()
        log.warning("a browser did not keep up and was cut off", operator=browser.visitor.operator.id, why=why)

    def _session_ended(self, event: SessionEnded) -> None:
        self.sign_out(browser for browser in self.browsers if browser.visitor.session_id == event.session_id)

    def _rights_changed(self, event: RightsChanged) -> None:
        self.sign_out(browser for browser in self.browsers if browser.visitor.operator.id == event.operator_id)

    def sign_out(self, browsers: Iterable[Browser]) -> None:
        """Close sockets whose right to listen is over."""
        for browser in tuple(browsers):
            self.leave(browser)
            self._metrics.cut.labels("signed out").inc()
            browser.close(SIGNED_OUT, "signed out")

    def _close_all(self, code: int, why: str) -> None:
        for browser in self.browsers:
            self.leave(browser)
            browser.close(code, why)

    async def stop(self) -> None:
        """Say goodbye to everybody; they come back when we are."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        browsers = self.browsers
        self._close_all(GOING_AWAY, "going away")
        await asyncio.gather(*(browser.closed() for browser in browsers))
