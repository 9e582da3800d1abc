"""Plays the conversations: for each a TCP connection to the real FastAGI server, which is answered as Asterisk answered.

A reply is given when the server has asked. Where it asks something else than was recorded (the rows are other ones), it is told
that the verb did nothing, until both agree again or the conversation is over.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

from agi import protocol
from agi.server import TOKEN_HEADER
from callboard.replay.waiting import Stuck

LIMIT_S = 20.0
_NOTHING = b"200 result=0\n"
_STEPS_ASIDE = 50
_OUT_OF_TURN = (b"HANGUP", b"100 ", b"520-")


@dataclass(slots=True)
class _Voice:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    asked: str | None = None

    async def listen(self) -> None:
        """The next verb, or None when the server has let go."""
        try:
            async with asyncio.timeout(LIMIT_S):
                line = await self.reader.readline()
        except TimeoutError:
            raise Stuck("the next verb of a conversation was waited for in vain") from None
        except ConnectionError:
            line = b""
        self.asked = protocol.verb(line) if line.endswith(b"\n") and line != b"FAILURE\n" else None

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        with contextlib.suppress(ConnectionError):
            await self.writer.drain()


class Voices:
    """All conversations of a replay. `astray` counts replies to which the server asked something else."""

    def __init__(self, host: str, port: int, token: str) -> None:
        self.astray = 0
        self._host, self._port, self._token = host, port, token
        self._voices: dict[int, _Voice] = {}

    async def begin(self, number: int, header: bytes) -> None:
        """A caller reaches the voice menu; comes back when the server asks its first question."""
        reader, writer = await asyncio.open_connection(self._host, self._port)
        voice = self._voices[number] = _Voice(reader, writer)
        await voice.say(_with_token(header, self._token))
        await voice.listen()

    async def reply(self, number: int, verb: str, data: bytes) -> None:
        """Asterisk's line to `verb`; comes back when the server has asked the next question or is done."""
        voice = self._voices.get(number)
        if voice is None:
            return
        for _ in range(_STEPS_ASIDE):
            if voice.asked is None or voice.asked == verb:
                break
            self.astray += 1
            await voice.say(_NOTHING)
            await voice.listen()
        if voice.asked is not None and data:
            await voice.say(data)
            if not data.startswith(_OUT_OF_TURN):
                await voice.listen()

    async def end(self, number: int) -> None:
        """The conversation is over; what the server still asks is told nothing."""
        voice = self._voices.pop(number, None)
        if voice is None:
            return
        for _ in range(_STEPS_ASIDE):
            if voice.asked is None:
                break
            self.astray += 1
            await voice.say(_NOTHING)
            await voice.listen()
        voice.writer.close()

    async def end_all(self) -> None:
        """Hang up on everybody."""
        for number in list(self._voices):
            self._voices.pop(number).writer.close()


def _with_token(header: bytes, token: str) -> bytes:
    mark = TOKEN_HEADER.encode() + b":"
    lines = [line for line in header.rstrip(b"\n").split(b"\n") if not line.startswith(mark)]
    return b"\n".join([*lines, mark + b" " + token.encode(), b"", b""])
