"""The FastAGI server: panoramisk's Application, made fit for a port that strangers can reach.

Every connection is bounded in size, time and number, and says who sent it; a flow that fails tells Asterisk so (`FAILURE`,
else AGISTATUS would say SUCCESS); cancellation passes; at shutdown new calls are refused and running ones may finish.
"""

from __future__ import annotations

import asyncio
import hmac
import itertools
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import lru_cache, partial
from ipaddress import ip_address
from pathlib import Path

import structlog
from panoramisk import fast_agi

from agi import flows, protocol
from agi.channel import Channel, FastAgiChannel
from agi.desk_side import DeskSide, Patient
from agi.errors import AGIAppError, AGIHangup, AGIInvalidCommand, AGIUsageError, Refused
from agi.patience import Patience
from agi.request import Request
from agi.settings import Settings
from agi.sounds import Sounds
from agi.wire import TooLong, Wire
from desk import plugins
from desk.bus import Bus
from desk.events import CallSeen, PartChanged
from desk.keeping.tape import Tape, silent
from desk.work import utc_now

PART = "agi"
FAILURE = b"FAILURE\n"
"""res_agi takes a line that begins so for AGI_RESULT_FAILURE."""

TOKEN_HEADER = "agi_arg_1"  # noqa: S105 -- its name, not its value
"""The argument behind the address. In the address itself the token would stand in Asterisk's log when we do not listen."""

_TOKEN_LINE = re.compile(rb"^%s:[^\n]*$" % TOKEN_HEADER.encode(), re.MULTILINE)

Flow = Callable[[Channel, Patient], Awaitable[None]]
log = structlog.get_logger(__name__)


def without_token(block: bytes) -> bytes:
    """A header block as it may be kept: nobody can open a conversation with it."""
    return _TOKEN_LINE.sub(TOKEN_HEADER.encode() + b": ", block)


class Application(fast_agi.Application):  # type: ignore[misc]
    """Routes and the life of one connection. Must be built inside a running loop."""

    def __init__(self, settings: Settings, token: str, tape: Tape = silent) -> None:
        if len(token) < 16:
            raise ValueError("the AGI token is too short to keep anybody out")
        super().__init__(loop=asyncio.get_running_loop())
        self.settings = settings
        self.closing = False
        self.calls: set[asyncio.Task[None]] = set()
        self._token = token
        self._tape = tape
        self._numbers = itertools.count(1)
        self._connections: set[asyncio.Task[None]] = set()
        self._waiting: dict[Wire, None] = {}
        self._is_ours = lru_cache(256)(self._is_allowed)

    def add_route(self, path: str, endpoint: Callable[[Request], Awaitable[None]]) -> None:
        """Serve `agi://.../<path>` with the coroutine function `endpoint`. Raises ValueError if the path is taken."""
        if path in self._route:
            raise ValueError(f"there is a route {path!r} already")
        self._route[path] = endpoint

    def wire(self) -> Wire:
        """What a listening socket makes of a connection: `loop.create_server(application.wire, ...)`."""
        return Wire(self._connected, self.settings.header_bytes)

    def _connected(self, wire: Wire) -> None:
        """Take a connection, in a task that is ours (asyncio's own would log a cancelled one as a failure)."""
        task = asyncio.get_running_loop().create_task(self.handler(wire))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def handler(self, wire: Wire) -> None:
        """One connection from its first byte to its end. Only cancellation leaves it."""
        last_words = FAILURE
        try:
            self._check_peer(wire)
            await self._converse(await self._introduction(wire))
            last_words = b""
        except AGIHangup:
            last_words = b""
        except Refused as refusal:
            log.warning("an AGI connection was refused", reason=str(refusal))
        except AGIAppError as failure:
            # Not a warning: Asterisk says result=-1 also when the caller hung up in the middle of a verb, which is most often.
            log.info("a verb was cut short; the caller, if he is there, goes to an operator", reason=str(failure))
        except (AGIInvalidCommand, AGIUsageError) as failure:
            log.warning("Asterisk does not know a command; the caller goes to an operator", reason=str(failure)[:200])
        except TimeoutError:
            log.warning("the desk did not answer in time; the caller goes to an operator")
        except Exception:
            log.exception("a conversation failed; the caller goes to an operator")
        finally:
            if last_words and not wire.transport.is_closing():
                wire.transport.write(last_words)
            wire.transport.close()

    def _check_peer(self, wire: Wire) -> None:
        peer = wire.transport.get_extra_info("peername")
        if not peer or not self._is_ours(peer[0]):
            wire.transport.abort()
            raise Refused(f"{peer[0] if peer else 'the peer'} is not an Asterisk of ours")

    def _is_allowed(self, host: str) -> bool:
        return any(ip_address(host) in network for network in self.settings.allow)

    async def _introduction(self, wire: Wire) -> Request:
        self._make_room()
        self._waiting[wire] = None
        patience = Patience(wire)
        patience.begin(self.settings.header_seconds)
        try:
            block = await wire.until(b"\n\n")
        except TimeoutError:
            raise Refused("the header block did not come in time") from None
        except TooLong as came:
            raise Refused(f"the header block is too long: {came} bytes came") from None
        except (asyncio.IncompleteReadError, ConnectionError):
            raise AGIHangup("closed before the header block was whole") from None
        finally:
            self._waiting.pop(wire, None)
            patience.stop()
        headers = protocol.parse_headers(block)
        request = Request(self, headers, wire, patience)
        request.tape = partial(self._tape, conversation=next(self._numbers))
        request.tape("header", without_token(block))
        return request

    def _make_room(self) -> None:
        """Let the connection that has kept silent longest give way, so that silent ones cannot keep calls out."""
        while len(self._waiting) >= self.settings.waiting_at_a_time:
            oldest = next(iter(self._waiting))
            del self._waiting[oldest]
            oldest.transport.abort()

    async def _converse(self, request: Request) -> None:
        if not hmac.compare_digest(request.headers.get(TOKEN_HEADER, "").encode(), self._token.encode()):
            raise Refused("the token is missing or wrong")
        target = request.target
        endpoint = self._route.get(target.flow)
        if endpoint is None:
            raise Refused(f"there is no conversation {target.flow[:40]!r}")
        if self.closing:
            raise Refused("the server is stopping")
        if len(self.calls) >= self.settings.calls_at_a_time:
            raise Refused(f"{len(self.calls)} conversations are going on, which is the limit")
        task = asyncio.current_task()
        assert task is not None
        self.calls.add(task)
        try:
            await endpoint(request)
        finally:
            self.calls.discard(task)
            request.over()
            request.tape("closed")

    async def drain(self) -> None:
        """Refuse what is new, let what runs finish within the limit, then cancel it."""
        self.closing = True
        if self.calls:
            await asyncio.wait(self.calls, timeout=self.settings.drain_seconds)
        for task in tuple(self.calls):
            task.cancel()
        if self.calls:
            await asyncio.wait(self.calls, timeout=1)
        for wire in tuple(self._waiting):
            wire.transport.abort()


class Server:
    """Serves the configured flows until cancelled, and tells the bus whether it can."""

    def __init__(
        self,
        settings: Settings,
        token: str,
        desk_side: DeskSide,
        bus: Bus,
        sounds: Sounds,
        recordings: Path,
        clock: Callable[[], datetime] = utc_now,
        tape: Tape = silent,
    ) -> None:
        self.settings = settings
        self.port: int | None = None
        self.listening = asyncio.Event()
        self._token = token
        self._desk = Patient(desk_side, settings.desk_seconds)
        self._bus = bus
        self._sounds = sounds
        self._recordings = recordings
        self._clock = clock
        self._tape = tape

    async def run(self) -> None:
        """Listen and serve until cancelled. Raises OSError, after telling the bus why, if the port cannot be had."""
        application = self._application()
        server = await self._listen(application)
        try:
            self.port = server.sockets[0].getsockname()[1]
            self.listening.set()
            self._tell(True, "")
            await server.serve_forever()
        finally:
            server.close()
            self.listening.clear()
            await application.drain()
            await self._desk.settle(self.settings.drain_seconds)
            self._tell(False, "the AGI server has stopped")

    def _application(self) -> Application:
        application = Application(self.settings, self._token, self._tape)
        for name in self.settings.flows:
            application.add_route(name, self._endpoint(plugins.load(flows, name).run))
        return application

    async def _listen(self, application: Application) -> asyncio.Server:
        host, port = self.settings.host, self.settings.port
        try:
            return await asyncio.get_running_loop().create_server(application.wire, host, port, backlog=512)
        except OSError as error:
            self._tell(False, f"the AGI server cannot listen on {host} port {port}: {error.strerror or error}")
            raise

    def _endpoint(self, flow: Flow) -> Callable[[Request], Awaitable[None]]:
        async def converse(request: Request) -> None:
            seen = await self._seen(request)
            channel = FastAgiChannel(request, seen, self.settings, self._sounds, self._recordings)
            with structlog.contextvars.bound_contextvars(linkedid=seen.linkedid):
                await flow(channel, self._desk)

        return converse

    async def _seen(self, request: Request) -> CallSeen:
        """The call as the channel's own variables and headers tell of it."""
        headers = request.headers
        reply = await request.command("GET VARIABLE", "CB_LINKEDID")
        linkedid = reply.value or headers.get("agi_uniqueid", "")
        if not linkedid:
            raise Refused("the call has no Linkedid")
        told = (await request.command("GET VARIABLE", "CB_PRESENTATION")).value
        return CallSeen(
            at=self._clock(),
            source="pbx",
            reference=linkedid[:80],
            line=request.target.query.get("line", ""),
            number=protocol.told(headers.get("agi_callerid", "")),
            name=protocol.told(headers.get("agi_calleridname", "")),
            presentation=protocol.presentation(told, headers.get("agi_callingpres", "")),
            linkedid=linkedid[:80],
        )

    def _tell(self, ok: bool, reason: str) -> None:
        self._bus.tell(PartChanged(self._clock(), PART, ok, reason))
