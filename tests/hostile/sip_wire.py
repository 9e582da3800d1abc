"""A SIP caller of bytes: what SIPp's rows cannot carry (line breaks, NUL, semicolons, broken UTF-8) goes out as it stands.

invite --> 100, 18x, 200 --> ack, (INFO or RTP), bye        one UDP port, many calls, told apart by Call-ID
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import secrets
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

DID = "15880001"
RESEND_S = 0.5
_STATUS = re.compile(rb"SIP/2\.0 (\d{3})")
_CALL_ID = re.compile(rb"\r\n(?:Call-ID|i):[ \t]*([^\r\n]+)", re.IGNORECASE)
_CSEQ = re.compile(rb"\r\nCSeq:[ \t]*(\d+)[ \t]+(\w+)", re.IGNORECASE)
_TO = re.compile(rb"\r\nTo:[ \t]*([^\r\n]+)", re.IGNORECASE)
_MEDIA = re.compile(rb"\r\nm=audio (\d+) ")


@dataclass
class SipCall:
    """One dialog. `origin` is the content of the From header without its tag, as bytes."""

    call_id: bytes
    origin: bytes
    wanted: bytes
    headers: bytes = b""
    answers: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    to: bytes = b""
    media_port: int = 0
    status: int = 0
    branch: bytes = b""
    cseq: int = 1


class SipPort(asyncio.DatagramProtocol):
    """Calls to one Asterisk on this machine."""

    def __init__(self, port: int) -> None:
        self.peer = ("127.0.0.1", port)
        self.calls: dict[bytes, SipCall] = {}
        self.own = 0
        self._numbers = itertools.count(1)
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The port is open."""
        self._transport = cast(asyncio.DatagramTransport, transport)
        self.own = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: object) -> None:
        """An answer goes to its call; a BYE of theirs is answered; a call that nobody here knows is ended when it is answered."""
        found = _CALL_ID.search(data)
        call = self.calls.get(found[1]) if found else None
        if data.startswith((b"BYE ", b"OPTIONS ")):
            self.send(_plain_answer(data))
        elif call is not None and data.startswith(b"SIP/2.0"):
            call.answers.put_nowait(data)
        else:
            self._end(data)

    def send(self, data: bytes) -> None:
        """One datagram."""
        assert self._transport is not None
        self._transport.sendto(data, self.peer)

    def _end(self, data: bytes) -> None:
        told = _CSEQ.search(data)
        if told is None or told[2] != b"INVITE" or _status(data) != 200:
            return
        for method, number in ((b"ACK", int(told[1])), (b"BYE", int(told[1]) + 1)):
            kept = [line for line in data.split(b"\r\n") if re.match(rb"(?i)(from|to|call-id):", line)]
            head = b"%s sip:%s@127.0.0.1:%d SIP/2.0" % (method, DID.encode(), self.peer[1])
            via = b"Via: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bK%s" % (self.own, secrets.token_hex(6).encode())
            self.send(
                b"\r\n".join(
                    [
                        head,
                        via,
                        *kept,
                        b"CSeq: %d %s" % (number, method),
                        b"Max-Forwards: 70",
                        b"Content-Length: 0",
                        b"",
                        b"",
                    ]
                )
            )

    def close(self) -> None:
        """Send nothing more."""
        if self._transport is not None:
            self._transport.close()

    # --- a call -----------------------------------------------------------------------------------------------------

    def new_call(self, origin: bytes, wanted: bytes = DID.encode(), headers: bytes = b"") -> SipCall:
        """A call that was not placed yet."""
        call = SipCall(b"%s-%d@h" % (secrets.token_hex(6).encode(), next(self._numbers)), origin, wanted, headers)
        self.calls[call.call_id] = call
        return call

    def request(
        self, call: SipCall, method: bytes, body: bytes = b"", kind: bytes = b"", *, branch: bytes = b""
    ) -> bytes:
        """The bytes of a request in the call's dialog; CSeq is the call's."""
        if not branch:
            branch = b"z9hG4bK" + secrets.token_hex(6).encode()
        if method == b"INVITE":
            call.branch = branch
        here = b"127.0.0.1:%d" % self.own
        uri = b"sip:%s@127.0.0.1:%d" % (call.wanted, self.peer[1])
        lines = [
            b"%s %s SIP/2.0" % (method, uri),
            b"Via: SIP/2.0/UDP %s;rport;branch=%s" % (here, branch),
            b"From: %s;tag=t%s" % (call.origin, call.call_id[:8]),
            b"To: " + (call.to or b"<%s>" % uri),
            b"Call-ID: " + call.call_id,
            b"CSeq: %d %s" % (call.cseq, method),
            b"Contact: <sip:x@%s>" % here,
            b"Max-Forwards: 70",
        ]
        if call.headers and method == b"INVITE":
            lines.append(call.headers)
        if kind:
            lines.append(b"Content-Type: " + kind)
        lines.append(b"Content-Length: %d" % len(body))
        return b"\r\n".join(lines) + b"\r\n\r\n" + body

    async def place(self, call: SipCall, rtp_port: int = 9, limit_s: float = 20.0) -> int:
        """Send the INVITE until its final status is there, acknowledge it, and return it; 0 if none came in time."""
        invite = self.request(call, b"INVITE", _sdp(rtp_port), b"application/sdp")
        final = await self._ask(call, invite, b"INVITE", limit_s)
        if final is None:
            return 0
        call.status = _status(final)
        if found := _TO.search(final):
            call.to = found[1]
        if found := _MEDIA.search(final):
            call.media_port = int(found[1])
        same = call.branch if call.status >= 300 else b""
        self.send(self.request(call, b"ACK", branch=same))
        return call.status

    async def info(self, call: SipCall, body: bytes, kind: bytes = b"application/dtmf-relay") -> int:
        """Send an INFO; its status."""
        call.cseq += 1
        answer = await self._ask(call, self.request(call, b"INFO", body, kind), b"INFO", 5.0)
        return 0 if answer is None else _status(answer)

    async def hang_up(self, call: SipCall) -> None:
        """Send BYE and wait for its answer."""
        call.cseq += 1
        await self._ask(call, self.request(call, b"BYE"), b"BYE", 5.0)
        self.calls.pop(call.call_id, None)

    async def whole_call(self, origin: bytes, hold_s: float = 0.0, headers: bytes = b"", limit_s: float = 20.0) -> int:
        """Call, stay for `hold_s` seconds after the answer, hang up. The final status of the INVITE; 0 if none came in time."""
        call = self.new_call(origin, headers=headers)
        status = await self.place(call, limit_s=limit_s)
        if status == 200:
            await asyncio.sleep(hold_s)
            await self.hang_up(call)
        return status

    async def _ask(self, call: SipCall, data: bytes, method: bytes, limit_s: float) -> bytes | None:
        loop = asyncio.get_running_loop()
        end = loop.time() + limit_s
        heard = False
        while loop.time() < end:
            if not heard:
                self.send(data)
            try:
                answer = await asyncio.wait_for(call.answers.get(), RESEND_S)
            except TimeoutError:
                continue
            told = _CSEQ.search(answer)
            if told is None or told[2] != method or int(told[1]) != call.cseq:
                continue
            heard = True
            if _status(answer) >= 200:
                return answer
        return None


def _status(answer: bytes) -> int:
    found = _STATUS.match(answer)
    return int(found[1]) if found else 0


def _sdp(rtp_port: int) -> bytes:
    return (
        "v=0\r\no=t 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        f"m=audio {rtp_port} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
        "a=fmtp:101 0-16\r\n"
    ).encode()


def _plain_answer(request: bytes) -> bytes:
    kept = [line for line in request.split(b"\r\n") if re.match(rb"(?i)(via|from|to|call-id|cseq):", line)]
    return b"\r\n".join([b"SIP/2.0 200 OK", *kept, b"Content-Length: 0", b"", b""])


@asynccontextmanager
async def sip_port(port: int) -> AsyncIterator[SipPort]:
    """A caller's port for the length of the block."""
    _, made = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: SipPort(port), local_addr=("127.0.0.1", 0)
    )
    try:
        yield made
    finally:
        made.close()


# --- keys as RTP events (RFC 4733) ------------------------------------------------------------------------------------

EVENTS = "0123456789*#ABCD"


class Voice(asyncio.DatagramProtocol):
    """A caller's RTP port: silence, and telephone events packet by packet."""

    def __init__(self) -> None:
        self.port = 0
        self.heard = 0
        self._transport: asyncio.DatagramTransport | None = None
        self._sequence = secrets.randbelow(30_000)
        self._time = secrets.randbelow(2**31)
        self._source = secrets.randbelow(2**32)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The port is open."""
        self._transport = cast(asyncio.DatagramTransport, transport)
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Voice of theirs."""
        self.heard += 1

    def close(self) -> None:
        """Send nothing more."""
        if self._transport is not None:
            self._transport.close()

    def packet(self, to: int, payload: bytes, kind: int = 101, *, mark: bool = False, step: int = 1) -> bytes:
        """Send one RTP packet (RFC 3550, 5.1); `step` 0 repeats the sequence number. The bytes sent."""
        self._sequence = (self._sequence + step) & 0xFFFF
        head = struct.pack("!BBHII", 0x80, kind | (0x80 if mark else 0), self._sequence, self._time, self._source)
        self.raw(to, head + payload)
        return head + payload

    def raw(self, to: int, data: bytes) -> None:
        """Send these bytes."""
        assert self._transport is not None
        self._transport.sendto(data, ("127.0.0.1", to))

    def silence(self, to: int) -> None:
        """20 ms of PCMU."""
        self._time += 160
        self.packet(to, b"\xff" * 160, 0)

    async def key(self, to: int, event: int, milliseconds: int = 100, *, ends: int = 3, pause_s: float = 0.06) -> None:
        """One key: its packets every 20 ms with a growing duration, then `ends` end packets of the same (RFC 4733, 2.5.1)."""
        self._time += 1600
        for at in range(20, milliseconds, 20):
            self.packet(to, event_payload(event, at * 8), mark=at == 20)
            await asyncio.sleep(0.02)
        for _ in range(ends):
            self.packet(to, event_payload(event, milliseconds * 8, end=True))
        self._time += milliseconds * 8
        await asyncio.sleep(pause_s)


def event_payload(event: int, duration: int, *, end: bool = False, volume: int = 10) -> bytes:
    """The four octets of a telephone event (RFC 4733, 2.3)."""
    return struct.pack("!BBH", event & 0xFF, (0x80 if end else 0) | (volume & 0x3F), duration & 0xFFFF)


@asynccontextmanager
async def voice() -> AsyncIterator[Voice]:
    """An RTP port for the length of the block."""
    _, made = await asyncio.get_running_loop().create_datagram_endpoint(Voice, local_addr=("127.0.0.1", 0))
    try:
        yield made
    finally:
        made.close()


async def all_at(pace: int, jobs: list[Callable[[], asyncio.Future[int] | object]]) -> list[object]:
    """Run jobs (functions that give coroutines), at most `pace` at a time, in order of their start."""
    room = asyncio.Semaphore(pace)

    async def one(job: Callable[[], object]) -> object:
        async with room:
            return await job()  # type: ignore[misc]

    with contextlib.suppress(asyncio.CancelledError):
        return list(await asyncio.gather(*(one(job) for job in jobs)))
    return []
