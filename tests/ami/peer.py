"""A stand-in for Asterisk's manager: a real socket that speaks just enough of the protocol, and misbehaves on request."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

Headers = dict[str, str]
Answer = Callable[[Headers, "StandInPbx"], bytes | None]

BOOTED = b"Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n"
CHALLENGE = "260711"


def response(headers: Headers, *lines: str, word: str = "Success") -> bytes:
    """An answer to one action."""
    return "\r\n".join([f"Response: {word}", f"ActionID: {headers.get('actionid', '')}", *lines, "", ""]).encode()


def event(name: str, **fields: object) -> bytes:
    """One event."""
    return "\r\n".join([f"Event: {name}", *(f"{key}: {value}" for key, value in fields.items()), "", ""]).encode()


class StandInPbx:
    """Listens on a free port of 127.0.0.1. `answer` may return bytes for an action (b"" for silence), or None for the usual.

    It has no SystemName unless it is given one.
    """

    def __init__(self, answer: Answer | None = None, secret: str = "s") -> None:
        self.answer = answer
        self.secret = secret
        self.port = 0
        self.system_name = ""
        self.channels: list[bytes] = []
        self.actions: list[Headers] = []
        self.raw: list[bytes] = []
        self.connections = 0
        self.writers: list[asyncio.StreamWriter] = []
        self._changed = asyncio.Event()
        self._left = asyncio.Event()
        self._server: asyncio.Server | None = None

    @classmethod
    @asynccontextmanager
    async def started(cls, answer: Answer | None = None, secret: str = "s") -> AsyncIterator[StandInPbx]:
        """A peer for the length of the block."""
        peer = cls(answer, secret)
        await peer.listen()
        try:
            yield peer
        finally:
            await peer.leave()

    async def listen(self) -> None:
        """Take connections (again, on the same port)."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def leave(self) -> None:
        """Close the door and every connection, at once."""
        if self._server is not None:
            self._server.close()
        for writer in self.writers:
            with contextlib.suppress(Exception):
                writer.transport.abort()

    @property
    def writer(self) -> asyncio.StreamWriter:
        """The newest connection."""
        return self.writers[-1]

    def names(self) -> list[str]:
        """The actions that came, log-ins and pings apart."""
        return [found for found in (one.get("action", "") for one in self.actions) if found not in _HOUSEKEEPING]

    async def until(self, condition: Callable[[], bool], limit_s: float = 20.0) -> None:
        """Wait until `condition` holds; it is looked at whenever something comes, and now and then."""
        async with asyncio.timeout(limit_s):
            while not condition():
                self._changed.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), 0.02)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                blob = await reader.readuntil(b"\r\n\r\n")
                self.raw.append(blob)
                headers = {}
                for line in blob.decode().split("\r\n"):
                    key, colon, value = line.partition(": ")
                    if colon:
                        headers[key.lower()] = value
                self.actions.append(headers)
                self._changed.set()
                told = self.answer(headers, self) if self.answer else None
                writer.write(self.usual(headers) if told is None else told)
        self._left.set()
        writer.close()

    async def until_closed(self) -> None:
        """Wait until a client has left."""
        await self._left.wait()

    def usual(self, headers: Headers) -> bytes:
        """What Asterisk answers to the actions that every link sends; nothing to others."""
        match headers.get("action"):
            case "Challenge":
                return response(headers, f"Challenge: {CHALLENGE}")
            case "Login":
                return self._login(headers)
            case "Ping":
                return response(headers, "Ping: Pong")
            case "CoreShowChannels":
                rows = b"".join(row.replace(b"@ID@", headers["actionid"].encode()) for row in self.channels)
                end = event(
                    "CoreShowChannelsComplete",
                    ActionID=headers["actionid"],
                    EventList="Complete",
                    ListItems=len(self.channels),
                )
                return response(headers, "EventList: start", "Message: Channels will follow") + rows + end
            case "CoreSettings":
                return response(headers, "AMIversion: 11.0.0", f"SystemName: {self.system_name}")
            case "Getvar":
                return response(headers, f"Variable: {headers['variable']}", "Value: ")
        return b""

    def _login(self, headers: Headers) -> bytes:
        key = hashlib.md5((CHALLENGE + self.secret).encode()).hexdigest()
        if self.secret not in (headers.get("secret"), None) and headers.get("key") != key:
            asyncio.get_running_loop().call_soon(self.writer.close)
            return response(headers, "Message: Authentication failed", word="Error")
        return response(headers, "Message: Authentication accepted") + (
            BOOTED if headers.get("events") != "off" else b""
        )


_HOUSEKEEPING = ("Challenge", "Login", "Ping", "CoreShowChannels", "CoreSettings", "Getvar")
