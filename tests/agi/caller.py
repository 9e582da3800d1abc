"""A caller with a script, as an Asterisk would show him to a flow over a real socket, and the rules that every flow keeps."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agi.server import Server
from agi.settings import Settings
from agi.sounds import Sounds
from desk.bus import Bus
from desk.events import Event
from tests.agi.noted_desk import NotedDesk
from tests.agi.peer import TOKEN, command_name, connected, header_block

LIMIT_S = 30.0
LASTING = ("STREAM FILE", "WAIT FOR DIGIT", "RECORD FILE")
DEAD = b"511 Command Not Permitted on a dead channel or intercept routine\n"


@dataclass
class Held:
    """A conversation that is over: the commands in order, and what the server said last when it was no command."""

    commands: list[bytes] = field(default_factory=list)
    last_words: bytes = b""

    @property
    def names(self) -> list[str]:
        """The commands' names."""
        return [command_name(line) for line in self.commands]

    @property
    def whole(self) -> bool:
        """Whether the mark that the dialplan tests was set, as the last act."""
        return bool(self.commands) and self.commands[-1] == b'SET VARIABLE "IVR_DONE" "1"\n'

    @property
    def failed(self) -> bool:
        """Whether Asterisk was told that the conversation failed."""
        return self.last_words == b"FAILURE\n"

    def unguarded(self, sounds: Sounds) -> list[bytes]:
        """Commands that may last longer than the timer that stood before them, or had none."""
        found = []
        guard = 0.0
        for line in self.commands:
            name = command_name(line)
            arguments = re.findall(rb'"([^"]*)"', line)
            if name == "SET AUTOHANGUP":
                guard = float(arguments[0])
            elif name in (*LASTING, "ANSWER", "SET VARIABLE"):
                if guard <= _duration(name, arguments, sounds):
                    found.append(line)
                guard = 0.0
        return found


def _duration(name: str, arguments: list[bytes], sounds: Sounds) -> float:
    if name == "WAIT FOR DIGIT":
        return int(arguments[0]) / 1000
    if name == "RECORD FILE":
        return int(arguments[3]) / 1000
    if name == "STREAM FILE":
        return (Path(arguments[0].decode() + ".wav").stat().st_size - 44) / 16000
    return 0.0


class Caller:
    """Answers commands in Asterisk's place.

    `keys` are pressed one by one when a question waits (a blank is silence). At command number `hangs_up_at` the caller hangs
    up in the manner of `way`: "eof" (AGIEXITONHANGUP), "hangup" (out of turn, then 511) or "failed" (result=-1, then 511).
    """

    def __init__(self, keys: str = "", hangs_up_at: int | None = None, way: str = "eof", speaks_s: float = 3.0) -> None:
        self._keys: Iterator[str] = iter(keys)
        self._hangs_up_at = hangs_up_at
        self._way = way
        self._speaks_s = speaks_s
        self._number = 0
        self.gone = False

    def answer(self, line: bytes) -> bytes | None:
        """The reply to a command; None closes the connection."""
        self._number += 1
        if self._hangs_up_at is not None and self._number >= self._hangs_up_at:
            return self._hang_up()
        name = command_name(line)
        if name == "WAIT FOR DIGIT":
            key = next(self._keys, " ")
            return b"200 result=%d\n" % (0 if key == " " else ord(key))
        if name == "RECORD FILE":
            return b"200 result=0 (timeout) endpos=%d\n" % int((self._speaks_s + 1) * 8000)
        if name == "GET VARIABLE":
            return b"200 result=0\n"
        return b"200 result=0 endpos=0\n"

    def _hang_up(self) -> bytes | None:
        first, self.gone = not self.gone, True
        if self._way == "eof":
            return None
        if not first:
            return DEAD
        return b"HANGUP\n200 result=-1\n" if self._way == "hangup" else b"200 result=-1\n"


@asynccontextmanager
async def server_of(
    desk: NotedDesk, sounds: Sounds, recordings: Path, told: list[Event] | None = None, **settings: Any
) -> AsyncIterator[Server]:
    """Our server, listening; stopped in order afterwards."""
    bus = Bus()
    if told is not None:
        bus.on(Event, told.append)
    chosen = Settings(**{"port": 0, "desk_seconds": 0.3, "drain_seconds": 0.5, **settings})
    server = Server(chosen, TOKEN, desk, bus, sounds, recordings)
    running = asyncio.create_task(server.run())
    try:
        async with asyncio.timeout(LIMIT_S):
            await server.listening.wait()
        yield server
    finally:
        running.cancel()
        await asyncio.wait([running])


async def hold(port: int, block: bytes, answer: Callable[[bytes], bytes | None]) -> Held:
    """One conversation to its end."""
    held = Held()
    async with asyncio.timeout(LIMIT_S), connected(port) as peer:
        peer.send(block)
        while (line := await peer.command()).endswith(b"\n"):
            if line == b"FAILURE\n":
                held.last_words = line
                break
            held.commands.append(line)
            reply = answer(line)
            if reply is None:
                break
            peer.send(reply)
    return held


def flow_block(flow: str, **more: str) -> bytes:
    """The header block of a call for a flow."""
    return header_block(f"{flow}?line=15880001", **more)
