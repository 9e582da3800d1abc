"""What a conversation asks of the desk, and how long a caller may be kept waiting for it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

import structlog

from desk.events import CallSeen

log = structlog.get_logger(__name__)


class Voice(Protocol):
    """How a caller is treated: `priority` 0 to 10, greeted by the sound named `sound`, else by the words `said`."""

    @property
    def priority(self) -> int: ...
    @property
    def sound(self) -> str | None: ...
    @property
    def said(self) -> str | None: ...


class Greeting(Protocol):
    """Who calls, as far as a conversation needs it. `places` are up to three (id, text), the last pick-up first."""

    @property
    def call_id(self) -> int | None: ...
    @property
    def language(self) -> str: ...
    @property
    def places(self) -> Sequence[tuple[int, str]]: ...
    @property
    def voice(self) -> Voice: ...


class DeskSide(Protocol):
    """The desk's half of a conversation."""

    async def greeting(self, seen: CallSeen) -> Greeting:
        """The call of this Linkedid, opened if the AMI side has not done so yet."""

    async def choose(
        self,
        call_id: int,
        kind: str,
        *,
        place_id: int | None = None,
        text: str | None = None,
        recording_path: str | None = None,
    ) -> None:
        """Store the caller's answer: `kind` is "place", "recording", "operator" or "none".

        `recording_path` is relative to the recordings folder.
        """

    async def treated(self, call_id: int, priority: int, heard: str | None) -> None:
        """Store how much sooner the caller comes, and what he was greeted with."""


class Patient:
    """A DeskSide with a limit. A choice that is slow goes on being stored while the call goes on."""

    def __init__(self, desk: DeskSide, seconds: float) -> None:
        self._desk = desk
        self._seconds = seconds
        self._late: set[asyncio.Task[None]] = set()

    async def greeting(self, seen: CallSeen) -> Greeting:
        """As DeskSide; raises TimeoutError when the desk takes too long."""
        async with asyncio.timeout(self._seconds):
            return await self._desk.greeting(seen)

    async def choose(
        self,
        call_id: int | None,
        kind: str,
        *,
        place_id: int | None = None,
        text: str | None = None,
        recording_path: str | None = None,
    ) -> bool:
        """As DeskSide; whether it is certainly stored by now. Never raises: the call is worth more than the note on it."""
        if call_id is None:
            return False
        work = self._desk.choose(call_id, kind, place_id=place_id, text=text, recording_path=recording_path)
        return await self._store(work, call_id)

    def treated(self, call_id: int | None, priority: int, heard: str | None) -> None:
        """As DeskSide, but the caller waits for none of it, and nothing that goes wrong there reaches him."""
        if call_id is not None:
            self._begin(self._desk.treated(call_id, priority, heard), call_id)

    async def _store(self, work: Coroutine[Any, Any, None], call_id: int) -> bool:
        task = self._begin(work, call_id)
        await asyncio.wait({task}, timeout=self._seconds)
        return task.done() and not task.cancelled() and task.exception() is None

    def _begin(self, work: Coroutine[Any, Any, None], call_id: int) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._late.add(task)
        task.add_done_callback(lambda done: self._finish(done, call_id))
        return task

    def _finish(self, task: asyncio.Task[None], call_id: int) -> None:
        self._late.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("what is known of the call could not be stored", call_id=call_id, error=repr(error))

    async def settle(self, seconds: float) -> None:
        """Wait for choices that are still being stored, at most so long."""
        if self._late:
            await asyncio.wait(self._late, timeout=seconds)
