"""panoramisk's AMIProtocol with its receive, send and close done over: whole messages, no leaked answers, nothing replayed."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import structlog
from panoramisk.ami_protocol import AMIProtocol

from ami.errors import LinkLost
from ami.framing import FieldValue, Splitter, encode_action
from ami.message import Message

if TYPE_CHECKING:
    from ami.link import Link

log = structlog.get_logger(__name__)

LIST_LIMIT = 50_000


class Pending:
    """An action that waits for its answer; a list is complete when Asterisk says so, not when a name looks like it."""

    def __init__(self, future: asyncio.Future[list[Message]]) -> None:
        self.future = future
        self.messages: list[Message] = []

    def add(self, message: Message) -> None:
        """Take one more message of this answer."""
        self.messages.append(message)
        listing = (message.text("EventList") or "").lower()
        begins = len(self.messages) == 1 and listing == "start"
        ends = len(self.messages) == 1 or listing in ("complete", "cancelled") or len(self.messages) > LIST_LIMIT
        if ends and not begins and not self.future.done():
            self.future.set_result(self.messages)


class LinkProtocol(AMIProtocol):  # type: ignore[misc]
    """One TCP connection. `heard_at` is the loop's time of the last byte."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.heard_at = 0.0
        self.closed = False
        self.malformed = 0
        self.cause: LinkLost | None = None
        self._splitter = Splitter()
        self._numbers = itertools.count(1)
        self._id = uuid.uuid4().hex[:8]
        self._sign: asyncio.Future[list[Message]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.responses: dict[str, Pending] = {}
        self.loop = asyncio.get_running_loop()
        self.heard_at = self.loop.time()

    # --- in --------------------------------------------------------------------------------------------------------

    @property
    def unread(self) -> int:
        """Messages of this connection that were passed over: too long, no message at all, or one that met a fault."""
        return self.malformed + self._splitter.skipped

    def data_received(self, data: bytes) -> None:
        """Whole messages to their takers; events that nobody wants are dropped before they are parsed."""
        self.heard_at = self.loop.time()
        self.link.tape("heard", data)
        wanted = self.link.wanted
        for raw in self._splitter.feed(data):
            try:
                if raw.startswith(b"Event: "):
                    name = wanted.get(raw[7 : raw.find(b"\r\n")])
                    if self.responses and b"\r\nActionID: " in raw and self._answered(raw):
                        continue
                    if name is not None:
                        self.link.hear(name, raw)
                else:
                    self._other(raw)
            except Exception:  # one message, or one listener, must not cost the link
                self.malformed += 1
                log.exception("an ami message could not be handled")

    def _other(self, raw: bytes) -> None:
        """Not an event at first sight: an answer, stray line ends before a message, or rubbish that is counted."""
        text = raw.lstrip(b"\r\n")
        if text.startswith(b"Response: "):
            if not self._answered(text):
                log.debug("an answer came too late")
        elif text != raw and text.startswith(b"Event: "):
            name = self.link.wanted.get(text[7 : text.find(b"\r\n")])
            if name is not None:
                self.link.hear(name, text)
        elif text:
            self.malformed += 1

    def _answered(self, raw: bytes) -> bool:
        message = Message(raw)
        pending = self.responses.get(message.text("ActionID") or "")
        if pending is not None:
            pending.add(message)
        return pending is not None

    # --- out -------------------------------------------------------------------------------------------------------

    def send(self, data: Mapping[str, FieldValue], as_list: Any = None) -> asyncio.Future[list[Message]]:
        """Write one action; the future has its answer. Raises UnsafeAction or LinkLost, and then nothing was written.

        `as_list` is panoramisk's and is ignored: whether an answer is a list is told by the answer.
        """
        if self.closed:
            raise self.cause or LinkLost("the link to Asterisk was cut")
        action_id = f"{self._id}-{next(self._numbers)}"
        bytes_out = encode_action({**data, "ActionID": action_id})
        future: asyncio.Future[list[Message]] = self.loop.create_future()
        self.responses[action_id] = Pending(future)
        future.add_done_callback(lambda _done: self.responses.pop(action_id, None))
        self.transport.write(bytes_out)
        return future

    def ask_for_a_sign(self) -> None:
        """A ping, at most one at a time; any byte that comes is answer enough."""
        if self._sign is None or self._sign.done():
            self._sign = self.send({"Action": "Ping"})
            self._sign.add_done_callback(lambda done: done.cancelled() or done.exception())

    # --- the end ---------------------------------------------------------------------------------------------------

    def drop(self, cause: LinkLost) -> None:
        """Give the connection up at once, for `cause`."""
        self.cause = cause
        self.transport.abort()
        self.connection_lost(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Told by asyncio; everything that waits is failed, nothing is kept to be sent again."""
        if not self.closed:
            self.close()
            self.link.connection_lost(self.cause)

    def close(self) -> None:
        """Close, and tell whoever waits for an answer."""
        if self.closed:
            return
        self.closed = True
        for pending in list(self.responses.values()):
            if not pending.future.done():
                pending.future.set_exception(self.cause or LinkLost("the link to Asterisk was cut"))
                pending.future.exception()  # seen: the asker may have left already
        self.responses.clear()
        self.transport.close()
