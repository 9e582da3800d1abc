"""The desk's half of a conversation: what the FastAGI server asks, answered by desk functions in one transaction each."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import structlog
from sqlalchemy.exc import SQLAlchemyError

from callboard.prompts import PlaceVoice
from desk.call import calls
from desk.call.calls import Greeting
from desk.customer import segments
from desk.customer.segments import AS_EVERYBODY, Voice
from desk.errors import DeskError
from desk.events import CallSeen
from desk.work import Desk, Work

WAITING_LIMIT = 200
VOICE_WITHIN_S = 0.4
"""Of the second that a caller waits for the desk at most (agi/settings.py)."""

log = structlog.get_logger(__name__)


class VoiceDesk:
    """Whichever of AMI and AGI comes first opens the call; here AGI asks, and the row is there either way.

    `ahead` is told the places that the caller may be offered.
    """

    def __init__(self, desk: Desk, window_s: float, ahead: PlacesAhead | None = None) -> None:
        self._desk = desk
        self._window_s = window_s
        self._ahead = ahead

    async def greeting(self, seen: CallSeen) -> Greeting:
        """Who calls and what to offer him. Raises desk.call.calls.NoSuchLine."""
        greeting = await self._look(seen)
        if greeting is None or greeting.call_id is None or greeting.recovered:
            greeting = await self._desk.do(lambda work: self._open(work, seen))
        voice = await self._voice(greeting)
        if self._ahead is not None:
            said = [voice.said] if voice.said else []
            self._ahead.take(greeting.language, [*said, *(text for _, text in greeting.places)])
        return replace(greeting, voice=voice)

    async def _voice(self, greeting: Greeting) -> Voice:
        """How his segments have him treated. Where that cannot be found out soon, as everybody: the call goes on."""
        if greeting.customer_id is None:
            return AS_EVERYBODY
        try:
            async with asyncio.timeout(VOICE_WITHIN_S), self._desk.look() as session:
                return await segments.voice(session, greeting.customer_id, self._desk.clock())
        except (SQLAlchemyError, DeskError, TimeoutError, OSError) as error:
            log.warning("a caller's segments could not be asked; he is treated as everybody", error=repr(error))
            return AS_EVERYBODY

    async def treated(self, call_id: int, priority: int, heard: str | None) -> None:
        """Store how the caller was treated."""
        await self._desk.do(lambda work: calls.treated(work, call_id, priority, heard))

    async def _look(self, seen: CallSeen) -> Greeting | None:
        """None: neither the call nor its line is known by these names."""
        async with self._desk.look() as session:
            try:
                return await calls.greeting(session, seen.reference, seen.line)
            except calls.NoSuchLine:
                return None

    async def _open(self, work: Work, seen: CallSeen) -> Greeting:
        await calls.open_call(work, seen, self._window_s)
        return await calls.greeting(work.session, seen.reference, seen.line)

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

    def __init__(self, voice: PlaceVoice) -> None:
        self._voice = voice
        self._queue: asyncio.Queue[tuple[str, list[str]]] = asyncio.Queue(WAITING_LIMIT)

    def take(self, language: str, places: list[str]) -> None:
        """Speak these soon. Where too many wait already they are left out."""
        if places and not self._queue.full():
            self._queue.put_nowait((language, places))

    async def run(self) -> None:
        """Speak places until cancelled."""
        while True:
            await self._voice.prepare(*await self._queue.get())
