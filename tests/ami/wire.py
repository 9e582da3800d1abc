"""A bare manager client: writes actions as they are, keeps every byte that comes. Made for recording, knows no library."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable


class Wire:
    """One logged-in connection. `heard` grows by itself."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hear: Callable[[bytes], None] | None = None
    ) -> None:
        self.heard = bytearray()
        self._writer = writer
        self._hear = hear
        self._grown = asyncio.Event()
        self._pump = asyncio.create_task(self._read(reader))

    @classmethod
    async def open(cls, port: int, user: str, secret: str, hear: Callable[[bytes], None] | None = None) -> Wire:
        """Connect as soon as somebody listens, log in, and wait for the welcome. `hear` is told of every read."""
        for _ in range(400):
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                break
            except OSError:
                await asyncio.sleep(0.05)
        else:
            raise RuntimeError("nobody listens")
        wire = cls(reader, writer, hear)
        await wire.act(Action="Login", Username=user, Secret=secret)
        await wire.until(rb"Message: Authentication accepted\r\n")
        return wire

    async def act(self, **fields: str | int) -> None:
        """Send one action."""
        self._writer.write(("".join(f"{key}: {value}\r\n" for key, value in fields.items()) + "\r\n").encode())
        await self._writer.drain()

    async def until(self, pattern: bytes, count: int = 1, limit_s: float = 20.0) -> list[bytes]:
        """Wait until `pattern` was heard `count` times; returns the first group of each (or the match)."""
        found: list[bytes] = []
        try:
            async with asyncio.timeout(limit_s):
                while len(found := re.findall(pattern, bytes(self.heard), re.DOTALL)) < count:
                    self._grown.clear()
                    await self._grown.wait()
        except TimeoutError:
            raise AssertionError(f"heard {pattern!r} {len(found)} times in: {bytes(self.heard[-3000:])!r}") from None
        return found

    def cut(self) -> bytes:
        """What was heard since the last cut."""
        heard = bytes(self.heard)
        self.heard.clear()
        return heard

    async def close(self) -> None:
        """Leave."""
        self._pump.cancel()
        self._writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(65536):
            self.heard += data
            if self._hear is not None:
                self._hear(data)
            self._grown.set()
