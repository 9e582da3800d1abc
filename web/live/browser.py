"""One listening browser: what is pushed goes out at once, or into a bounded queue while something is still on its way.

Nobody ever waits for a browser. One that does not keep up is cut off with 4008; it comes back and gets a fresh snapshot.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import structlog
from aiohttp import WSCloseCode, web

from web.keys import Visitor

TOO_SLOW = 4008
"""Close code: the browser did not keep up."""
SIGNED_OUT = 4001
"""Close code: the session or the right to listen is over."""
GOING_AWAY = int(WSCloseCode.GOING_AWAY)
CLOSING_S = 2.0

log = structlog.get_logger(__name__)


class Push(NamedTuple):
    """A text, or how to come by it when its turn is there; `written` is called once the socket took it.

    `frame` is the same text as it goes over the wire, where many browsers are told it.
    """

    text: str | Callable[[], Awaitable[str]]
    written: Callable[[], None] | None = None
    frame: bytes | None = None


class Browser:
    """A socket with what still has to be written to it. `push` never blocks and never raises."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.BaseTransport | None,
        visitor: Visitor,
        *,
        pending_limit: int,
        send_timeout_s: float,
        beat_s: float,
        beat: Callable[[], str],
        cut: Callable[[Browser, str], None],
    ) -> None:
        self.socket = socket
        self._transport = transport
        self.visitor = visitor
        self._queue: asyncio.Queue[Push] = asyncio.Queue(pending_limit)
        self._send_timeout_s = send_timeout_s
        self._beat_s = beat_s
        self._beat = beat
        self._cut = cut
        self._closing: asyncio.Task[None] | None = None
        self._writing = False

    @property
    def pending(self) -> int:
        """How many pushes wait."""
        return self._queue.qsize()

    @property
    def closing(self) -> bool:
        """Whether this browser has been cut off; it gets nothing more."""
        return self._closing is not None

    def push(self, push: Push) -> None:
        """Have `push` written after what already waits."""
        if self._closing is not None or self._wrote_at_once(push):
            return
        try:
            self._queue.put_nowait(push)
        except asyncio.QueueFull:
            self.close(TOO_SLOW, "too slow")
            self._cut(self, "queue")

    def _wrote_at_once(self, push: Push) -> bool:
        """Nothing is on its way and the kernel took all that came before: no queue and no other task is needed."""
        transport = self._transport
        if push.frame is None or self._writing or not self._queue.empty():
            return False
        if (
            not isinstance(transport, asyncio.WriteTransport)
            or transport.is_closing()
            or transport.get_write_buffer_size()
        ):
            return False
        transport.write(push.frame)
        if push.written is not None:
            push.written()
        return True

    async def write(self) -> None:
        """Write what had to wait, in order, until closed. Every now and then a beat, so that the page knows that we live."""
        while self._closing is None:
            self._writing = False
            push = await self._next()
            self._writing = True
            try:
                text = push.text if isinstance(push.text, str) else await push.text()
            except Exception:
                log.exception("a snapshot could not be read")
                self.close(GOING_AWAY, "come back")
                return
            await self._send(text, push.written)

    async def _send(self, text: str, written: Callable[[], None] | None) -> None:
        try:
            async with asyncio.timeout(self._send_timeout_s):
                await self.socket.send_str(text)
        except TimeoutError:
            self.close(TOO_SLOW, "too slow")
            self._cut(self, "timeout")
        except ConnectionError:
            self.close(GOING_AWAY, "gone")
        else:
            if written is not None:
                written()

    async def _next(self) -> Push:
        try:
            async with asyncio.timeout(self._beat_s):
                return await self._queue.get()
        except TimeoutError:
            return Push(self._beat())

    def close(self, code: int, why: str) -> None:
        """Say goodbye, and do not wait for an answer for long. May be called from anywhere, more than once."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(code, why))

    async def closed(self) -> None:
        """Wait until a close that was begun is through."""
        if self._closing is not None:
            await self._closing

    async def _close(self, code: int, why: str) -> None:
        try:
            async with asyncio.timeout(CLOSING_S):
                await self.socket.close(code=code, message=why.encode(), drain=False)
        except (TimeoutError, ConnectionError):
            pass
        finally:
            self._drop()

    def _drop(self) -> None:
        # A frozen peer never answers the close; its buffers are freed now and not when TCP gives up.
        if isinstance(self._transport, asyncio.WriteTransport):
            self._transport.abort()
