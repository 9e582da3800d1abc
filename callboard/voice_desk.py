"""The desk's half of a conversation: what the FastAGI server asks, answered by desk functions in one transaction each."""

from __future__ import annotations

import asyncio

from callboard.prompts import PlaceVoice
from desk import calls
from desk.calls import Greeting
from desk.events import CallIdentified, CallSeen
from desk.work import Desk
from models import Call

WAITING_LIMIT = 200


class VoiceDesk:
    """Whichever of AMI and AGI comes first opens the call; here AGI asks, and the row is there either way."""

    def __init__(self, desk: Desk, window_s: float) -> None:
        self._desk = desk
        self._window_s = window_s

    async def greeting(self, seen: CallSeen) -> Greeting:
        """Who calls and what to offer him. Raises desk.calls.NoSuchLine."""
        await self._desk.do(lambda work: calls.open_call(work, seen, self._window_s))
        async with self._desk.look() as session:
            return await calls.greeting(session, seen.reference, seen.line)

    async def choose(
        self,
        call_id: int,
        kind: str,
        *,
        place_id: int | None = None,
        text: str | None = None,
        recording_path: str | None = None,
    ) -> None:
        """Store the caller's answer."""
        await self._desk.do(lambda work: calls.choose(work, call_id, kind, place_id, text, recording_path))


class PlacesAhead:
    """Has the usual places of a caller spoken while he still hears the greeting. What comes too late is said by its rank."""

    def __init__(self, desk: Desk, voice: PlaceVoice) -> None:
        self._desk = desk
        self._voice = voice
        self._queue: asyncio.Queue[int] = asyncio.Queue(WAITING_LIMIT)
        desk.bus.on(CallIdentified, self._take)

    def _take(self, event: CallIdentified) -> None:
        if event.customer_id is not None and not self._queue.full():
            self._queue.put_nowait(event.call_id)

    async def run(self) -> None:
        """Speak places until cancelled."""
        while True:
            call_id = await self._queue.get()
            async with self._desk.look() as session:
                call = await session.get(Call, call_id)
                if call is None or call.linkedid is None:
                    continue
                offered = await calls.greeting(session, call.linkedid, "")
            await self._voice.prepare(offered.language, [text for _, text in offered.places])
