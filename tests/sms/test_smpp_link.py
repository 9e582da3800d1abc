"""The session itself, against a peer that says exactly what the test tells it to say, byte by byte."""

from __future__ import annotations

import asyncio
import random
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiosmpplib import PhoneNumber, SubmitSm

from sms.smpp_link import Answer, Link, LinkError, LoginRefused, NoAnswer, NotWritten, open_link, wait_before_next
from sms.smpp_pdu import Deliver
from sms.smpp_settings import Settings

OK_BIND = 0x80000009


class Peer:
    """One accepted connection, already bound."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def hear(self) -> tuple[int, int, int, bytes]:
        """Command, status, sequence and body of the next PDU."""
        length, command, status, sequence = struct.unpack("!IIII", await self.reader.readexactly(16))
        return command, status, sequence, await self.reader.readexactly(length - 16)

    def say(self, command: int, status: int, sequence: int, body: bytes = b"") -> None:
        self.writer.write(struct.pack("!IIII", 16 + len(body), command, status, sequence) + body)


async def took(_: Deliver) -> int:
    return 0


@asynccontextmanager
async def session(bind_status: int = 0, **keys: Any) -> AsyncIterator[tuple[Link, Peer, asyncio.Task[str]]]:
    """A link and the peer that it is bound to."""
    peers: asyncio.Queue[Peer] = asyncio.Queue()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        _, _, sequence, _ = await peer.hear()
        peer.say(OK_BIND, bind_status, sequence, b"PEER\0")
        peers.put_nowait(peer)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    fields: dict[str, Any] = {"host": "127.0.0.1", "port": port, "system_id": "callboard", "password": "secret"}
    settings = Settings(**(fields | keys))
    try:
        link = await open_link(settings)
        serving = asyncio.create_task(link.serve(took))
        peer = await peers.get()
        try:
            yield link, peer, serving
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            peer.writer.close()
    finally:
        server.close()


def text() -> SubmitSm:
    return SubmitSm(short_message="x", source=PhoneNumber("1588"), destination=PhoneNumber("8210"))


async def test_answers_are_matched_by_sequence_and_not_by_order() -> None:
    async with session() as (link, peer, _):
        first, second = asyncio.ensure_future(link.submit(text())), asyncio.ensure_future(link.submit(text()))
        heard = [(await peer.hear())[2], (await peer.hear())[2]]
        peer.say(0x80000004, 0, heard[1], b"B\0")
        peer.say(0x80000004, 0, heard[0], b"A\0")
        assert await first == Answer(0, "A")
        assert await second == Answer(0, "B")


@pytest.mark.parametrize(
    ("command", "status", "body", "answer"),
    [
        (0x80000004, 0x58, b"", Answer(0x58)),
        (0x80000004, 0x0B, b"\0", Answer(0x0B)),
        (0x80000004, 0x0400, b"", Answer(0x0400)),
        (0x80000004, 0xDEADBEEF, b"", Answer(0xDEADBEEF)),
        (0x80000000, 0x03, b"", Answer(0x03)),
        (0x80000000, 0x00, b"", Answer(0x03)),
        (0x80000004, 0, b"A" * 64 + b"\0", Answer(0, "A" * 64)),
        (0x80000004, 0, b"", Answer(0, "")),
        (0x80000004, 0, b"A\r\nB\0", Answer(0, "AB")),
    ],
)
async def test_every_kind_of_answer_is_understood(command: int, status: int, body: bytes, answer: Answer) -> None:
    async with session() as (link, peer, _):
        asked = asyncio.ensure_future(link.submit(text()))
        _, _, sequence, _ = await peer.hear()
        peer.say(command, status, sequence, body)
        assert await asked == answer


async def test_the_peers_enquire_link_is_answered() -> None:
    async with session() as (_, peer, _serving):
        peer.say(0x15, 0, 77)
        assert await peer.hear() == (0x80000015, 0, 77, b"")


async def test_a_request_that_we_do_not_know_is_refused_and_the_link_stays() -> None:
    async with session() as (_, peer, _serving):
        peer.say(0x103, 0, 5, b"data_sm")
        assert await peer.hear() == (0x80000000, 3, 5, b"")
        peer.say(0x102, 0, 6)
        peer.say(0x15, 0, 7)
        assert await peer.hear() == (0x80000015, 0, 7, b"")


async def test_a_deliver_sm_that_ends_in_a_field_is_rejected_and_the_link_stays() -> None:
    async with session() as (_, peer, _serving):
        peer.say(0x05, 0, 5, b"\0\1\1no end")
        assert await peer.hear() == (0x80000005, 0x66, 5, b"\0")


async def test_an_answer_to_nothing_is_ignored() -> None:
    async with session() as (_, peer, _serving):
        peer.say(0x80000004, 0, 999, b"A\0")
        peer.say(0x15, 0, 7)
        assert (await peer.hear())[0] == 0x80000015


async def test_the_peers_unbind_is_answered_and_ends_the_session() -> None:
    async with session() as (link, peer, serving):
        peer.say(0x06, 0, 9)
        assert await peer.hear() == (0x80000006, 0, 9, b"")
        assert await serving == "the SMSC ended the session"
        with pytest.raises(NotWritten):
            await link.submit(text())


async def test_an_orderly_end_says_unbind_and_waits_for_the_answer() -> None:
    async with session() as (link, peer, _serving):
        ending = asyncio.ensure_future(link.unbind())
        command, _, sequence, _ = await peer.hear()
        assert command == 0x06
        assert not ending.done()
        peer.say(0x80000006, 0, sequence)
        await ending
        assert not link.up


@pytest.mark.parametrize("length", [0, 15, 0x7FFFFFFF])
async def test_a_peer_that_does_not_speak_smpp_is_left(length: int) -> None:
    async with session() as (_, peer, serving):
        peer.writer.write(struct.pack("!IIII", length, 5, 0, 1))
        assert await serving == f"a PDU of {length} octets was announced"


async def test_a_cut_in_the_middle_of_a_pdu_ends_the_session_and_the_waiting() -> None:
    async with session() as (link, peer, serving):
        asked = asyncio.ensure_future(link.submit(text()))
        await peer.hear()
        peer.writer.write(b"\0\0\0\x30\x80")
        peer.writer.close()
        with pytest.raises(NoAnswer):
            await asked
        assert await serving == "the SMSC closed the connection"


async def test_silence_is_asked_about_and_then_ends_the_session() -> None:
    async with session(enquire_link_s=0.05, answer_timeout_s=1) as (_, peer, serving):
        command, _, sequence, _ = await peer.hear()
        assert command == 0x15
        peer.say(0x80000015, 0, sequence)
        assert (await peer.hear())[0] == 0x15
        assert await serving == "the SMSC does not answer any more"


async def test_the_log_in_carries_the_account_and_version_3_4() -> None:
    heard: list[bytes] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append((await Peer(reader, writer).hear())[3])
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(LinkError, match="the SMSC closed the connection"):
        await open_link(
            Settings(host="127.0.0.1", port=port, system_id="callboard", password="secret", system_type="VMA")
        )
    server.close()
    assert heard == [b"callboard\0secret\0VMA\0\x34\0\0\0"]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0x0E, "wrong password"),
        (0x0F, "does not know this system_id"),
        (0x0D, "bind failed"),
        (0x53, "wrong system_type"),
    ],
)
async def test_a_refused_log_in_is_said_in_words_and_not_tried_again_for_a_minute(status: int, words: str) -> None:
    with pytest.raises(LoginRefused, match=words) as caught:
        async with session(bind_status=status):
            pass
    assert wait_before_next(0, caught.value, random.Random(1)) >= 60


async def test_a_name_that_does_not_exist_is_said_in_words() -> None:
    settings = Settings(host="smsc.invalid", system_id="callboard", password="secret")
    with pytest.raises(LinkError, match=r"no connection to the SMSC at smsc.invalid:2775: its name cannot be found"):
        await open_link(settings)


async def test_a_peer_without_tls_is_said_in_words() -> None:
    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"this is not TLS at all")

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(LinkError, match="it does not speak TLS on this port"):
        await open_link(Settings(host="127.0.0.1", port=port, tls=True, system_id="callboard", password="secret"))
    server.close()


def test_the_waits_grow_to_a_minute_with_jitter() -> None:
    chance = random.Random(1)
    for failures, longest in enumerate([1, 2, 4, 8, 16, 32, 60, 60, 60]):
        wait = wait_before_next(failures, LinkError("lost"), chance)
        assert longest / 2 <= wait <= longest
