"""A desk side that keeps notes: who was greeted, what was chosen. Started as a program, it is a whole AGI server.

    python -m tests.agi.noted_desk <port> <token> <sounds> <recordings> [place ...]

prints `{"port": n}` when it listens and then one JSON line for each choice.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agi.server import Server
from agi.settings import Settings
from agi.sounds import Sounds
from desk.bus import Bus
from desk.customer.segments import AS_EVERYBODY, Voice
from desk.events import CallSeen

QUICK = Settings(port=0, key_seconds=1, record_seconds=4, silence_seconds=1)


@dataclass(frozen=True)
class Greeting:
    """As agi.desk_side.Greeting."""

    call_id: int | None
    language: str
    places: tuple[tuple[int, str], ...]
    voice: Voice = AS_EVERYBODY


@dataclass
class NotedDesk:
    """Greets everybody alike. `slow` seconds are spent, or `error` raised, in the functions named in `where`."""

    places: tuple[tuple[int, str], ...] = ()
    language: str = "ko"
    voice: Voice = AS_EVERYBODY
    slow: float = 0.0
    error: Exception | None = None
    where: frozenset[str] = frozenset()
    greeted: list[CallSeen] = field(default_factory=list)
    choices: list[dict[str, Any]] = field(default_factory=list)
    treatments: list[tuple[int, int, str | None]] = field(default_factory=list)

    async def greeting(self, seen: CallSeen) -> Greeting:
        """As agi.desk_side.DeskSide."""
        self.greeted.append(seen)
        await self._suffer("greeting")
        return Greeting(7, self.language, self.places, self.voice)

    async def treated(self, call_id: int, priority: int, heard: str | None) -> None:
        """As agi.desk_side.DeskSide."""
        await self._suffer("treated")
        self.treatments.append((call_id, priority, heard))

    async def choose(
        self,
        call_id: int,
        kind: str,
        *,
        place_id: int | None = None,
        text: str | None = None,
        recording_path: str | None = None,
    ) -> None:
        """As agi.desk_side.DeskSide."""
        await self._suffer("choose")
        choice = {"kind": kind, "place_id": place_id, "text": text, "recording_path": recording_path}
        self.choices.append(choice)
        self.on_choice(choice)

    def on_choice(self, choice: dict[str, Any]) -> None:
        """What a subclass does with a choice."""

    async def _suffer(self, name: str) -> None:
        if name in self.where:
            await asyncio.sleep(self.slow)
            if self.error:
                raise self.error


class PrintingDesk(NotedDesk):
    """Tells its choices on standard output."""

    def on_choice(self, choice: dict[str, Any]) -> None:
        """One JSON line."""
        print(json.dumps(choice), flush=True)


async def main(port: str, token: str, sounds: str, recordings: str, *places: str) -> None:
    """Serve until killed."""
    desk = PrintingDesk(places=tuple(enumerate(places, 1)))
    server = Server(
        QUICK.model_copy(update={"port": int(port)}), token, desk, Bus(), Sounds(Path(sounds)), Path(recordings)
    )
    serving = asyncio.create_task(server.run())
    await server.listening.wait()
    print(json.dumps({"port": server.port}), flush=True)
    await serving


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
