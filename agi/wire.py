"""One connection of Asterisk's, read up to a mark at a time. Replaces asyncio's streams where each microsecond is paid 14 times
a call: a line that is there already costs no task switch, and who waits for one waits on a future and on nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

END_OF_LINE = b"\n"


class TooLong(Exception):
    """The mark did not come within the limit; `str()` is how many bytes had come."""


class Wire(asyncio.Protocol):
    """What came and was not asked for yet is kept, within `limit` bytes; then the peer is read no further."""

    transport: asyncio.Transport

    def __init__(self, connected: Callable[[Wire], object], limit: int) -> None:
        self._connected = connected
        self._limit = limit
        self._held = b""
        self._mark = END_OF_LINE
        self._wanted: asyncio.Future[bytes] | None = None
        self._end: Exception | None = None
        self._paused = False

    def until(self, mark: bytes = END_OF_LINE) -> asyncio.Future[bytes]:
        """What comes, with `mark` as its end. One caller at a time.

        Raises TooLong; ConnectionError and IncompleteReadError (with what came) when no mark will come; and what was
        given to `set_exception`.
        """
        self._mark = mark
        self._wanted = wanted = asyncio.get_running_loop().create_future()
        self._serve(wanted)
        return wanted

    def set_exception(self, error: Exception) -> None:
        """Whoever waits, or asks later, meets `error`."""
        self._end = error
        if self._wanted is not None:
            self._serve(self._wanted)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._connected(self)

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        self._held = self._held + data if self._held else data
        if self._wanted is not None:
            self._serve(self._wanted)
        if len(self._held) > self._limit and not self._paused:
            self._paused = True
            self.transport.pause_reading()

    def eof_received(self) -> bool:
        """See asyncio.Protocol. True: we may still write our last words."""
        self._ended(asyncio.IncompleteReadError(self._held, None))
        return True

    def connection_lost(self, error: Exception | None) -> None:
        """See asyncio.Protocol."""
        self._ended(error or ConnectionAbortedError("the connection was closed here"))

    def _ended(self, error: Exception) -> None:
        if self._end is None:
            self.set_exception(error)

    def _serve(self, wanted: asyncio.Future[bytes]) -> None:
        """Give `wanted` its line or its error, if either is there."""
        if wanted.done():
            self._wanted = None
            return
        end = self._held.find(self._mark) + len(self._mark)
        if end >= len(self._mark):
            wanted.set_result(self._cut(end))
        elif len(self._held) > self._limit:
            wanted.set_exception(TooLong(len(self._held)))
        elif self._end is not None:
            wanted.set_exception(self._end)
        else:
            return
        self._wanted = None

    def _cut(self, end: int) -> bytes:
        held = self._held
        if end == len(held):
            self._held = b""
            data = held
        else:
            self._held, data = held[end:], held[:end]
        if self._paused and len(self._held) <= self._limit:
            self._paused = False
            self.transport.resume_reading()
        return data
