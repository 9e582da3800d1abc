"""The verbs of a conversation, and how each is kept from holding a caller: no verb runs without a deadline at Asterisk.

Before each verb the channel's own timer (`SET AUTOHANGUP`, the same as TIMEOUT(absolute)) is set to just past what the verb
may take. If this process dies or freezes, Asterisk itself takes the call to the dialplan's `T`, and so to an operator.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

from agi.errors import AGIAppError
from agi.protocol import Reply
from agi.request import Request
from agi.settings import Settings
from agi.sounds import Sounds, Spoken
from desk.events import CallSeen

KEYS = "0123456789*#"
MARGIN_SECONDS = 2.0
SAMPLES_PER_SECOND = 8000
LEAST_SPEECH_SECONDS = 0.4
SILENCE_LEFT_SECONDS = 1.0
"""How much of the silence that ended a recording Asterisk leaves in it (handle_recordfile in res_agi.c)."""

log = structlog.get_logger(__name__)


class Channel(Protocol):
    """A caller, as a flow sees one. Every verb raises AGIHangup when the caller is gone."""

    language: str

    @property
    def seen(self) -> CallSeen:
        """The call, as the desk is told of it."""

    async def come_sooner(self, priority: int) -> None:
        """In the operators' queue, before everybody with less; 0 is as everybody."""

    async def answer(self) -> None:
        """Pick up."""

    async def say(self, *prompts: str | Spoken, keys: str = "") -> str:
        """Play prompts; the key of `keys` that cut them short, or "". A prompt without a sound is passed over."""

    async def ask(self, *prompts: str | Spoken) -> str:
        """Play prompts and wait; any key, or "" for silence."""

    async def record(self) -> Recorded | None:
        """What the caller says next; None if nothing was said."""

    async def leave(self) -> None:
        """The last act: leave the mark that tells the dialplan that the conversation was whole."""

    def can_say(self, prompt: str | Spoken) -> bool:
        """Whether there is a sound for this."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording: its name within the recordings folder, its length, and the key that ended it, if one did."""

    name: str
    seconds: float
    key: str


class FastAgiChannel:
    """The verbs over one FastAGI connection."""

    def __init__(self, request: Request, seen: CallSeen, settings: Settings, sounds: Sounds, recordings: Path) -> None:
        self.language = "en"
        self.seen = seen
        self._request = request
        self._settings = settings
        self._sounds = sounds
        self._recordings = recordings

    def can_say(self, prompt: str | Spoken) -> bool:
        """See Channel."""
        return self._sounds.find(self.language, prompt) is not None

    async def come_sooner(self, priority: int) -> None:
        """See Channel. Queue() reads QUEUE_PRIO when the caller joins, whoever has sent him there (app_queue.c)."""
        await self._guard(0)
        await self._request.command("SET VARIABLE", "QUEUE_PRIO", priority)

    async def answer(self) -> None:
        """See Channel."""
        await self._guard(0)
        await self._request.command("ANSWER")

    async def say(self, *prompts: str | Spoken, keys: str = "") -> str:
        """See Channel."""
        for prompt in prompts:
            sound = self._sounds.find(self.language, prompt)
            if sound is None:
                log.warning("a prompt has no sound", prompt=getattr(prompt, "text", prompt), language=self.language)
                continue
            await self._guard(sound.seconds)
            reply = await self._request.command("STREAM FILE", sound.name, keys, seconds=sound.seconds)
            if reply.key:
                return reply.key
        return ""

    async def ask(self, *prompts: str | Spoken) -> str:
        """See Channel."""
        if key := await self.say(*prompts, keys=KEYS):
            return key
        seconds = self._settings.key_seconds
        await self._guard(seconds)
        return (await self._request.command("WAIT FOR DIGIT", int(seconds * 1000), seconds=seconds)).key

    async def record(self) -> Recorded | None:
        """See Channel. A caller who hangs up while speaking has still said it."""
        name = secrets.token_urlsafe(24)
        path = self._recordings.absolute() / name
        limit = self._settings.record_seconds
        await self._guard(limit)
        reply = await self._request.try_command(
            "RECORD FILE", path, "wav", KEYS, limit * 1000, f"s={self._settings.silence_seconds}", seconds=limit
        )
        if not _spoken(reply, limit):
            path.with_suffix(".wav").unlink(missing_ok=True)
            if reply.failed:
                raise AGIAppError("RECORD FILE failed")
            return None
        return Recorded(f"{name}.wav", (reply.endpos or 0) / SAMPLES_PER_SECOND, "" if reply.failed else reply.key)

    async def leave(self) -> None:
        """See Channel. The timer is left running for the dialplan to clear, so that freezing here costs the caller nothing."""
        await self._guard(0)
        await self._request.command("SET VARIABLE", "IVR_DONE", 1)

    async def _guard(self, seconds: float) -> None:
        await self._request.command("SET AUTOHANGUP", f"{seconds + MARGIN_SECONDS:.1f}")


def _spoken(reply: Reply, limit: float) -> bool:
    seconds = (reply.endpos or 0) / SAMPLES_PER_SECOND
    ended_by_silence = reply.value == "timeout" and seconds < limit - SILENCE_LEFT_SECONDS
    return seconds - (SILENCE_LEFT_SECONDS if ended_by_silence else 0.0) >= LEAST_SPEECH_SECONDS
