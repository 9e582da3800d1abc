"""Plays a recording on a played site, one thing at a time: the next one comes when the real parts have done with the last.

So the order of effects is that of the recording at every speed, the clock stands at the recorded moment of each, and the same
recording gives the same rows. `speed` only says how long is waited in between: 1 as it was, 100 a hundredth, 0 not at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select

from ami.framing import Splitter
from ami.message import Message
from callboard.replay.sessions import Session, sessions
from callboard.replay.site import PlayedSite
from callboard.replay.waiting import Stuck, until, until_found
from callboard.tape_format import Entry, Header
from desk.call import calls
from desk.events import CallArrived, CallPlaced, MessageChanged, OrderAssigned
from desk.keeping.tape import Fact
from desk.message import incoming_texts
from models import Call

TICK = timedelta(seconds=1)
STALE_LOOK = timedelta(seconds=30)
TEXT_LIMIT_S = 5.0

Item = Header | Entry


@dataclass(slots=True)
class Outcome:
    """How a replay went: what was played, and where this site answered otherwise than the recorded one."""

    played: int = 0
    unlike: list[str] = field(default_factory=list)


class Player:
    """One replay."""

    def __init__(self, site: PlayedSite, items: Sequence[Item], speed: float) -> None:
        self._site = site
        self._items = items
        self._speed = speed
        self._sessions = sessions(items)
        self._splitter = Splitter()
        self._rows: list[Message] = []
        self._stale_at: datetime | None = None
        self._arrived: list[int] = []
        self._theirs: dict[int, list[tuple[int, ...]]] = {}
        self._ours: dict[int, list[tuple[int, ...]]] = {}
        self._changed: dict[int, str] = {}
        self._outcome = Outcome()
        bus = site.desk.bus
        bus.on(CallArrived, lambda event: self._arrived.append(event.call_id))
        bus.on(CallPlaced, lambda event: self._arrived.append(event.call_id))
        bus.on(OrderAssigned, lambda event: self._ours.setdefault(event.order_id, []).append(event.message_ids))
        bus.on(MessageChanged, lambda event: self._changed.update({event.message_id: event.state}))

    async def play(self) -> Outcome:
        """Everything, to the end. Raises Stuck where the parts do not come to rest."""
        loop = asyncio.get_running_loop()
        started_at = self._site.clock.now
        begun, first = loop.time(), started_at
        for index, item in enumerate(self._items):
            if isinstance(item, Header):
                started_at = item.started_at
                continue
            at = started_at + timedelta(seconds=item.t)
            if self._speed > 0:
                await asyncio.sleep(max(0.0, begun + (at - first).total_seconds() / self._speed - loop.time()))
            await self._turn_to(at)
            await self._deliver(item, self._sessions.get(index))
            self._outcome.played += 1
        await self._settled()
        if self._site.voices.astray:
            self._outcome.unlike.append(f"{self._site.voices.astray} replies of callers met another question")
        self._outcome.unlike += self._site.requests.unlike
        return self._outcome

    # --- time ------------------------------------------------------------------------------------------------------

    async def _turn_to(self, at: datetime) -> None:
        """Go on to `at`; what only the passing of time ends (a box that says no more) ends on the way, at its second."""
        clock, ports = self._site.clock, self._site.wired.ports
        while ports and clock.now + TICK < at:
            clock.turn_to(clock.now + TICK)
            for port in ports:
                port.tick()
            await self._end_stale()
            if self._site.wired.readings.waiting:
                await self._settled()
        clock.turn_to(at)

    async def _end_stale(self) -> None:
        if self._stale_at is None or self._site.clock.now >= self._stale_at:
            self._stale_at = self._site.clock.now + STALE_LOOK
            async with self._site.desk.work() as work:
                await calls.end_stale_box_calls(work)

    async def _settled(self) -> None:
        await self._site.wired.readings.settled()

    # --- what came in ----------------------------------------------------------------------------------------------

    async def _deliver(self, entry: Entry, session: Session | None) -> None:
        number = entry.facts.get("conversation")
        match entry.source, entry.what:
            case "ami", _:
                await self._ami(entry, session)
            case "agi", "header" if isinstance(number, int):
                await self._site.voices.begin(number, entry.data)
            case "agi", "reply" if isinstance(number, int):
                await self._site.voices.reply(number, str(entry.facts.get("verb", "")), entry.data)
            case "agi", "closed" if isinstance(number, int):
                await self._site.voices.end(number)
            case "web", "request":
                await self._site.requests.play(entry)
            case "sms", _:
                await self._text(entry)
            case "desk", _:
                await self._our_ids(entry)
            case _ if entry.source.startswith("box:"):
                await self._box(entry)
        await self._settled()

    async def _ami(self, entry: Entry, session: Session | None) -> None:
        if session is not None:
            await self._connect(session)
        match entry.what:
            case "heard":
                for raw in self._splitter.feed(entry.data):
                    await self._message(raw)
            case "resynced" if self._site.pbx.has_reader:
                await self._resync()
            case "closed":
                await self._cut()

    async def _connect(self, session: Session) -> None:
        await self._cut()
        pbx, listener = self._site.pbx, self._site.wired.listener
        pbx.system_name, pbx.variables = session.system_name, session.variables
        if session.rows is not None:
            pbx.list_is(session.rows)
        resyncs = listener.resyncs
        await pbx.open()
        await until(lambda: pbx.has_reader and listener.connected and listener.resyncs > resyncs, "the event link")
        await until(lambda: bool(self._site.parts_ok.get("ami-actor")), "the action link")
        await self._all_heard()

    async def _cut(self) -> None:
        self._splitter, self._rows = Splitter(), []
        self._site.pbx.cut()
        await until(lambda: not self._site.wired.listener.connected, "the end of the event link")
        await self._settled()

    async def _message(self, raw: bytes) -> None:
        message = Message(raw)
        if message.text("ActionID") is None:
            if raw.startswith(b"Event: ") and message.text("Event") != "FullyBooted":
                self._site.pbx.tell(raw)
                await self._all_heard()
        elif message.text("Event") == "CoreShowChannel":
            self._rows.append(message)
        elif message.text("Event") == "CoreShowChannelsComplete":
            self._site.pbx.list_is(self._rows)
            self._rows = []

    async def _resync(self) -> None:
        listener = self._site.wired.listener
        resyncs = listener.resyncs
        listener.ask_for_resync()
        await until(lambda: listener.resyncs > resyncs, "a list of channels")
        await self._all_heard()

    async def _all_heard(self) -> None:
        pbx, wired = self._site.pbx, self._site.wired
        before = self._site.heard.bytes

        def done() -> bool:
            return not pbx.has_reader or (before.get("ami", 0) >= pbx.sent and not len(wired.listener.backlog))

        await until(done, "the listener")
        await self._settled()

    async def _box(self, entry: Entry) -> None:
        name = entry.source.removeprefix("box:")
        cable, heard = self._site.cables.get(name), self._site.heard.bytes
        if cable is None:
            return
        if entry.what == "lost":
            cable.pull()
            await until(lambda: not self._site.parts_ok.get(entry.source), "the loss of a box")
            cable.plug()
            await until(lambda: bool(self._site.parts_ok.get(entry.source)), "the return of a box")
        elif entry.what == "heard":
            count = heard.get(entry.source, 0) + len(entry.data)
            cable.send(entry.data)
            await until(lambda: heard.get(entry.source, 0) >= count, "a box's port")

    async def _text(self, entry: Entry) -> None:
        if entry.what == "receipt":
            await self._site.network.receipt(entry.facts)
            return
        if entry.what == "text":
            await self._site.network.text(entry.facts, entry.data)
            await until_found(self._all_read, "the reading of a text")
            return
        recorded = entry.facts.get("message")
        here = self._message_here(recorded)
        if here is None:
            return
        try:
            await until(lambda: self._site.network.is_asked(here), "a text", TEXT_LIMIT_S)
            self._changed.pop(here, None)
            self._site.network.answer(here, entry.facts)
            await until(lambda: here in self._changed, "what became of a text", TEXT_LIMIT_S)
        except Stuck as stuck:
            self._outcome.unlike.append(f"message {recorded}: {stuck}")

    async def _all_read(self) -> bool:
        async with self._site.desk.look() as session:
            return not await incoming_texts.unread(session)

    async def _our_ids(self, entry: Entry) -> None:
        """Which of the recorded site's ids is which of ours."""
        if entry.what == "call" and isinstance(recorded := entry.facts.get("id"), int):
            here = await self._call(entry.facts.get("linkedid"))
            if here is not None:
                self._site.requests.calls[recorded] = here
        elif entry.what == "assigned" and isinstance(order := entry.facts.get("order"), int):
            # Noted before the answer to the request that did it: looked up when a text of it turns up.
            theirs = entry.facts.get("messages")
            texts = tuple(one for one in theirs if isinstance(one, int)) if isinstance(theirs, list) else ()
            self._theirs.setdefault(order, []).append(texts)

    async def _call(self, linkedid: object) -> int | None:
        """The call of this Linkedid; without one, the oldest call here that only a box saw and that was not asked for yet."""
        known = set(self._site.requests.calls.values())
        async with self._site.desk.look() as session:
            query = select(Call.id).where(Call.id.in_(self._arrived)).order_by(Call.id).limit(1)
            if isinstance(linkedid, str):
                return await session.scalar(query.where(Call.linkedid == linkedid))
            return await session.scalar(query.where(Call.source == "box", Call.id.not_in(known)))

    def _message_here(self, recorded: Fact) -> int | None:
        for order, assignments in self._theirs.items():
            ours = self._ours.get(self._site.requests.orders.get(order, order), [])
            for theirs, here in zip(assignments, ours, strict=False):
                if isinstance(recorded, int) and recorded in theirs[: len(here)]:
                    return here[theirs.index(recorded)]
        return None
