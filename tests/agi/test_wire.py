"""A connection's lines, over a real socket: each comes once and whole, however it was cut, and no peer fills our memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from agi.wire import TooLong, Wire

LIMIT = 1000


@asynccontextmanager
async def connection() -> AsyncIterator[tuple[Wire, asyncio.StreamWriter]]:
    """Our end and the peer's."""
    ours: asyncio.Future[Wire] = asyncio.get_running_loop().create_future()
    server = await asyncio.get_running_loop().create_server(lambda: Wire(ours.set_result, LIMIT), "127.0.0.1", 0)
    _, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
    wire = await ours
    try:
        yield wire, writer
    finally:
        writer.close()
        wire.transport.abort()
        server.close()


@pytest.mark.parametrize("size", [1, 2, 7, 400])
async def test_lines_come_whole_and_in_order_however_they_were_cut(size: int) -> None:
    """Seen failing when what stands behind a mark was dropped, and when a piece replaced what was held."""
    text = b"one\n\ntwo\n" + b"x" * 300 + b"\nend\n"
    async with connection() as (wire, peer):
        came = asyncio.create_task(_lines(wire, 5))
        for at in range(0, len(text), size):
            peer.write(text[at : at + size])
            await asyncio.sleep(0)
        assert await came == text.splitlines(keepends=True)


async def test_what_came_before_it_was_asked_for_is_there_at_once() -> None:
    """Seen failing when only new bytes were looked at."""
    async with connection() as (wire, peer):
        peer.write(b"head\n\nfirst\n")
        assert await wire.until(b"\n\n") == b"head\n\n"
        assert wire.until().done()


async def test_a_line_without_an_end_is_refused_at_the_limit_and_the_peer_is_read_no_further() -> None:
    """Seen failing without the pause (4 MB were held) and without the limit (it waited for ever)."""
    async with connection() as (wire, peer):
        waiting = wire.until()
        for _ in range(64):
            peer.write(bytes(65_536))
        with pytest.raises(TooLong):
            await waiting
        while wire.transport.is_reading():
            await asyncio.sleep(0)
        assert len(wire._held) < 2 * 262_144


async def test_reading_goes_on_when_there_is_room_again() -> None:
    """Seen failing without resume_reading: the last line never came."""
    lines = b"".join(b"%03d %s\n" % (number, b"x" * 600) for number in range(20))
    async with connection() as (wire, peer):
        peer.write(lines)
        while wire.transport.is_reading():
            await asyncio.sleep(0)
        peer.write(b"last\n")
        assert (await _lines(wire, 21))[-1] == b"last\n"


async def test_an_end_in_the_middle_of_a_line_tells_what_came() -> None:
    """Seen failing when an end was taken for a line."""
    async with connection() as (wire, peer):
        peer.write(b"200 result=1\n200 res")
        peer.write_eof()
        assert await wire.until() == b"200 result=1\n"
        with pytest.raises(asyncio.IncompleteReadError) as end:
            await wire.until()
        assert end.value.partial == b"200 res"


async def test_who_asks_after_the_end_is_told_and_does_not_wait() -> None:
    """Seen failing when the end was told to who waited already, and to nobody after."""
    async with connection() as (wire, peer):
        peer.transport.abort()
        for _ in range(2):
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await wire.until()


async def test_a_wait_that_was_given_up_takes_no_line_from_the_next() -> None:
    """Seen failing when a line was given to whoever had waited first, given up or not."""
    async with connection() as (wire, peer):
        given_up = wire.until()
        given_up.cancel()
        peer.write(b"for the next\n")
        async with asyncio.timeout(10):
            while not wire._held:
                await asyncio.sleep(0)
        assert await wire.until() == b"for the next\n"


async def _lines(wire: Wire, count: int) -> list[bytes]:
    return [await wire.until() for _ in range(count)]
