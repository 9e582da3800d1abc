"""The manager interface by hand, as little of it as the dialplan's tests need: log in, act, collect whole messages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import unquote

from tests.pbx_fixture import RealAsterisk

Message = dict[str, str]


class Wire:
    """One session. `seen` are all messages so far, oldest first; a repeated header keeps its last value."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.seen: list[Message] = []
        self._reader = reader
        self._writer = writer
        self._news = asyncio.Condition()

    async def read(self) -> None:
        """Collect until the other side closes."""
        await self._reader.readline()
        while True:
            try:
                raw = await self._reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                return
            lines = raw.decode(errors="replace").split("\r\n")
            async with self._news:
                self.seen.append(dict(line.split(": ", 1) for line in lines if ": " in line))
                self._news.notify_all()

    async def first(self, wanted: Callable[[Message], bool], limit_s: float = 20) -> Message:
        """The first message that fits, waiting for it if need be."""
        async with asyncio.timeout(limit_s), self._news:
            while True:
                for message in self.seen:
                    if wanted(message):
                        return message
                await self._news.wait()

    async def act(self, action: str, **fields: str) -> Message:
        """Send an action; its answer."""
        number = str(len(self.seen)) + action
        lines = [f"Action: {action}", f"ActionID: {number}", *(f"{name}: {value}" for name, value in fields.items())]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        return await self.first(lambda m: m.get("ActionID") == number and "Response" in m)

    async def event(self, name: str, **fields: str) -> Message:
        """The first event of this name with these headers."""
        return await self.first(lambda m: m.get("Event") == name and fields.items() <= m.items())

    async def arrival(self) -> tuple[str, str, str, str]:
        """Line, number, presentation and (decoded) name of the first call that came in."""
        told = await self.event("UserEvent", UserEvent="CallboardArrived")
        return told["Line"], told.get("Number", ""), told["Presentation"], unquote(told.get("Name", ""))


@asynccontextmanager
async def wire(asterisk: RealAsterisk, user: str) -> AsyncIterator[Wire]:
    """A logged-in session as `reader` or `actor`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", asterisk.ami_port)
    session = Wire(reader, writer)
    reading = asyncio.create_task(session.read())
    try:
        answer = await session.act("Login", Username=f"callboard-{user}", Secret=asterisk.secrets[f"ami_{user}"])
        assert answer["Response"] == "Success"
        yield session
    finally:
        writer.close()
        await reading
