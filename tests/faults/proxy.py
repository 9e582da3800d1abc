"""A wire of ours between two parts: it carries bytes both ways, and cuts, freezes, delays and splits when it is told to.

`down` is from the server to the client (what Asterisk tells us), `up` is the other way. It needs no rights and no network:
it listens on a free port of 127.0.0.1 and connects to the real one for each connection that it takes.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from typing import Literal

Way = Literal["up", "down"]
READ = 64 * 1024


class _Cut(Exception):
    """This connection has carried as much as it may."""


class Proxy:
    """`async with Proxy(port) as wire:` and let the client use `wire.port`."""

    def __init__(self, to_port: int) -> None:
        self.port = 0
        self.to_port = to_port
        self.connections = 0
        self.carried: dict[Way, int] = {"up": 0, "down": 0}
        self.delay_s = 0.0
        self.split_at: int | None = None
        """Carry each read in pieces of this many bytes."""
        self.refuses = False
        """Take no new connection (close it at once)."""
        self.back_after: list[float] = []
        """Seconds from each cut by `cut_after` to the next connection."""
        self._cut_at: float | None = None
        self._flows = asyncio.Event()
        self._flows.set()
        self._left: dict[Way, int | None] = {"up": None, "down": None}
        self._wires: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.thaw()
        self.cut()

    def cut(self) -> None:
        """Reset every connection now."""
        for wire in tuple(self._wires):
            _reset(wire)

    def cut_after(self, count: int, way: Way) -> None:
        """Let `count` more bytes through that way, then reset the connection that carried them. Once."""
        self._left[way] = count

    def freeze(self) -> None:
        """Carry nothing more, and close nothing: a peer that is half gone."""
        self._flows.clear()

    def narrow(self, size: int) -> None:
        """Little room for what is on its way: the kernel keeps about `size` bytes at each end, in place of megabytes."""
        for wire in self._wires:
            for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
                wire.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, option, size)

    def thaw(self) -> None:
        """Carry what has been waiting, and everything after it."""
        self._flows.set()

    async def connected(self, count: int) -> None:
        """Wait until the `count`-th connection has been made."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.connections >= count)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuses:
            _reset(writer)
            return
        await self._flows.wait()
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.to_port)
        except OSError:
            _reset(writer)
            return
        self._wires |= {writer, far_writer}
        self.connections += 1
        if self._cut_at is not None:
            self.back_after.append(time.monotonic() - self._cut_at)
            self._cut_at = None
        async with self._changed:
            self._changed.notify_all()
        both = [
            asyncio.create_task(self._carry(reader, far_writer, "up")),
            asyncio.create_task(self._carry(far_reader, writer, "down")),
        ]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in both:
                one.cancel()
            ends = await asyncio.gather(*both, return_exceptions=True)
            for wire in (writer, far_writer):
                self._wires.discard(wire)
                if any(isinstance(end, _Cut) for end in ends):
                    _reset(wire)
                wire.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(READ):
                await self._flows.wait()
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                left = self._left[way]
                if left is not None and len(data) >= left:
                    self._left[way] = None
                    await self._write(writer, data[:left], way)
                    self._cut_at = time.monotonic()
                    raise _Cut
                if left is not None:
                    self._left[way] = left - len(data)
                await self._write(writer, data, way)

    async def _write(self, writer: asyncio.StreamWriter, data: bytes, way: Way) -> None:
        size = self.split_at or max(1, len(data))
        for start in range(0, len(data), size):
            writer.write(data[start : start + size])
            await writer.drain()
            if self.split_at:
                await asyncio.sleep(0)
        self.carried[way] += len(data)


def _reset(wire: asyncio.StreamWriter) -> None:
    """End a connection by RST, as a cable that is pulled does in the end; a plain close would look orderly."""
    if not wire.transport.is_closing():
        linger = struct.pack("ii", 1, 0)
        wire.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    wire.transport.abort()
