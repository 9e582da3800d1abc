"""A simulated SMSC: the library smpp34's real SMPP 3.4 server on 127.0.0.1, behind a wire that can be cut anywhere.

    callboard  ->  wire (this file: counts, delays, cuts)  ->  smpp34.Server

`script` says, in order, what becomes of the next submits; after it, all are accepted. `submits` is the SMSC's own log: what
reached it, in order. Receipts go out only when a test asks for them.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import smpp34

BIND_TRANSCEIVER = 0x00000009
SUBMIT_SM = 0x00000004
SUBMIT_SM_RESP = 0x80000004

# What a script may say of a submit.
ACCEPT = "accept"
SILENT = "take it and never answer"
CUT_BEFORE = "cut the wire before the SMSC gets it"
CUT_AFTER = "take it and cut the wire before the answer"
RECEIPT_FIRST = "send the receipt before the answer"
NO_ID = "accept it without an id"
Fault = str | int
"""One of the words above, or a command_status to refuse with."""


@dataclass(frozen=True)
class Submit:
    """A submit_sm as the SMSC took it; `message_id` is what it answered, or would have."""

    message_id: str
    source: str
    destination: str
    esm_class: int
    data_coding: int
    registered_delivery: int
    octets: bytes
    source_ton: int
    dest_ton: int

    @property
    def text(self) -> str:
        """The part's text without its header."""
        body = self.octets[1 + self.octets[0] :] if self.esm_class & 0x40 else self.octets
        return body.decode("utf-16-be" if self.data_coding == 8 else "latin-1")


def receipt_text(message_id: str, stat: str = "DELIVRD") -> bytes:
    """As in appendix B of the specification."""
    moment = time.strftime("%y%m%d%H%M")
    return (
        f"id:{message_id} sub:001 dlvrd:001 submit date:{moment} done date:{moment} stat:{stat} "
        f"err:{'000' if stat == 'DELIVRD' else '027'} text:"
    ).encode()


@dataclass
class Smsc:
    """The simulator; `start` and `stop` may alternate, the port stays."""

    password: str = "secret"
    script: deque[Fault] = field(default_factory=deque)
    always: Fault = ACCEPT
    submits: list[Submit] = field(default_factory=list)
    refused: list[Submit] = field(default_factory=list)
    binds: list[int] = field(default_factory=list)
    delivered: list[int] = field(default_factory=list)
    sessions: int = 0
    port: int = 0

    def __post_init__(self) -> None:
        self._wires: set[asyncio.StreamWriter] = set()
        self._esmes: dict[str, smpp34.Esme] = {}
        self._held: list[smpp34.SubmitSmEvent] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._numbers = iter(range(1, 1_000_000))
        self._changed = asyncio.Condition()
        self._mute = False

    async def start(self) -> None:
        """Listen (on the same port as before, if there was one)."""
        self._mute = False
        self._inner_port = _free_port()
        self._server = smpp34.Server("127.0.0.1", self._inner_port, system_id="SIMULATOR")
        await self._server.start()
        self._events = asyncio.create_task(self._take_events())
        self._front = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = self._front.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Gone: the port refuses, every wire is cut."""
        self._front.close()
        self.cut()
        self._events.cancel()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(self._events, *self._tasks, return_exceptions=True)
        await self._server.stop()

    def cut(self) -> None:
        """Reset every connection, as a pulled cable or a crashed SMSC does."""
        for wire in tuple(self._wires):
            wire.transport.abort()

    def mute(self) -> None:
        """From now on nothing that the SMSC says arrives (half-open link)."""
        self._mute = True

    def unmute(self) -> None:
        """The half-open link is whole again (for the next session)."""
        self._mute = False

    async def until(self, condition) -> None:  # type: ignore[no-untyped-def]
        """Wait until `condition()` holds."""
        async with asyncio.timeout(60), self._changed:
            await self._changed.wait_for(condition)

    async def deliver(
        self, message_id: str, stat: str = "DELIVRD", text: bytes | None = None, tlvs: bool = True
    ) -> int:
        """Send a receipt; returns the command_status of the answer."""
        states = {"DELIVRD": 2, "EXPIRED": 3, "UNDELIV": 5, "ACCEPTD": 6, "REJECTD": 8}
        return await self.deliver_raw(
            esm_class=0x04,
            short_message=receipt_text(message_id, stat) if text is None else text,
            tlvs=[
                smpp34.Tlv(smpp34.TLV_RECEIPTED_MESSAGE_ID, message_id.encode() + b"\0"),
                smpp34.Tlv(smpp34.TLV_MESSAGE_STATE, bytes([states[stat]])),
            ]
            if tlvs
            else [],
        )

    async def deliver_raw(self, **fields) -> int:  # type: ignore[no-untyped-def]
        """Send any deliver_sm over the newest session, waiting for one."""
        # callboard may have read the answer to its bind before this side has heard of its own session.
        await self.until(lambda: self.bound)
        esme = list(self._esmes.values())[-1]
        response = await esme.deliver_sm("15880001", **{"source_addr": "821012345678", **fields})
        self.delivered.append(response.command_status)
        await self._note()
        return response.command_status

    async def text_us(
        self,
        text: str,
        sender: str = "821012345678",
        octets: bytes | None = None,
        data_coding: int = 8,
        **fields: object,
    ) -> int:
        """A person sends a text (UCS-2 unless told otherwise); returns the command_status of the answer."""
        said = text.encode("utf-16-be") if octets is None else octets
        more = {"source_addr": sender, "source_addr_ton": 1, "source_addr_npi": 1, "data_coding": data_coding} | fields
        return await self.deliver_raw(short_message=said, **more)

    @property
    def bound(self) -> bool:
        """Whether a session is open."""
        return bool(self._esmes)

    async def _take_events(self) -> None:
        while True:
            event = await self._server.next()
            if isinstance(event, smpp34.Esme):
                self._esmes[event.session_id] = event
                self.sessions += 1
            elif isinstance(event, smpp34.SubmitSmEvent):
                self._run(self._take_submit(event))
            else:
                self._esmes.pop(event.session_id, None)
            await self._note()

    async def _take_submit(self, event: smpp34.SubmitSmEvent) -> None:
        fault = self.script.popleft() if self.script else self.always
        submit = Submit(
            f"M{next(self._numbers):08d}", event.source_addr, event.destination_addr, event.esm_class, event.data_coding,
            event.registered_delivery, event.short_message, event.source_addr_ton, event.dest_addr_ton,
        )  # fmt: skip
        if isinstance(fault, int):
            self.refused.append(submit)
            event.reject(fault)
            await self._note()
            return
        self.submits.append(submit)
        if fault in (SILENT, CUT_AFTER):
            self._held.append(event)  # the library refuses an event that is dropped
            if fault == CUT_AFTER:
                self.cut()
        elif fault == RECEIPT_FIRST:
            await self.deliver(submit.message_id)
            event.accept(submit.message_id)
        else:
            event.accept("" if fault == NO_ID else submit.message_id)
        await self._note()

    def answer_held(self) -> None:
        """Answer every submit that was kept waiting."""
        for event, submit in zip(self._held, self.submits[-len(self._held) :], strict=True):
            event.accept(submit.message_id)
        self._held.clear()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._wires.add(writer)
        back = None
        try:
            first = await _pdu(reader)
            if not self._knows(first, writer):
                await writer.drain()
                return
            inner_reader, inner = await asyncio.open_connection("127.0.0.1", self._inner_port)
            inner.write(first)
            back = asyncio.create_task(self._backward(inner_reader, writer))
            while True:
                pdu = await _pdu(reader)
                if _command(pdu) == SUBMIT_SM and self.script and self.script[0] == CUT_BEFORE:
                    self.script.popleft()
                    writer.transport.abort()
                    return
                inner.write(pdu)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self._wires.discard(writer)
            if back:
                back.cancel()
                inner.close()
            writer.close()

    async def _backward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                pdu = await _pdu(reader)
                if not self._mute:
                    writer.write(pdu)
        writer.close()

    def _knows(self, bind: bytes, writer: asyncio.StreamWriter) -> bool:
        """smpp34's server lets everybody in, so the wire checks the password as an SMSC would (0x0E)."""
        password = bind[16:].split(b"\0")[1].decode()
        status = 0 if password == self.password else 0x0E
        self.binds.append(status)
        if status:
            writer.write(
                struct.pack("!IIII", 16, BIND_TRANSCEIVER | 0x80000000, status, struct.unpack("!I", bind[12:16])[0])
            )
        return not status

    def _run(self, work) -> None:  # type: ignore[no-untyped-def]
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _note(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def _free_port() -> int:
    """smpp34 does not say which port it got for 0."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _pdu(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(16)
    return head + await reader.readexactly(struct.unpack("!I", head[:4])[0] - 16)


def _command(pdu: bytes) -> int:
    return struct.unpack("!I", pdu[4:8])[0]


@asynccontextmanager
async def running_smsc() -> AsyncIterator[Smsc]:
    """A simulator for one test."""
    smsc = Smsc()
    await smsc.start()
    try:
        yield smsc
    finally:
        await smsc.stop()
