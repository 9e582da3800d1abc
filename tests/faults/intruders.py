"""Strangers at the FastAGI port: each does one rude thing and tells how long it was borne, in seconds."""

from __future__ import annotations

import asyncio
import contextlib
import time

LIMIT_S = 30.0
LINE = b"agi_network: " + b"x" * 1000 + b"\n"


async def come_and_go(port: int, times: int) -> float:
    """Connect and close at once, as a port scan or a health check does."""
    began = time.monotonic()
    for _ in range(times):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
    return time.monotonic() - began


async def half_a_header(port: int) -> float:
    """Say half of who one is, then nothing."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"agi_network: yes\nagi_request: agi://127.0")
    return await _until_closed(reader, writer)


async def byte_by_byte(port: int) -> float:
    """A slow loris: a byte now and then, so that something always seems to come."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def drip() -> None:
        with contextlib.suppress(ConnectionError):
            while not writer.is_closing():
                writer.write(b"a")
                await asyncio.sleep(0.1)

    dripping = asyncio.create_task(drip())
    try:
        return await _until_closed(reader, writer)
    finally:
        dripping.cancel()


async def endless_header(port: int) -> float:
    """Lines without end, as fast as they are taken."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def pour() -> None:
        with contextlib.suppress(ConnectionError):
            while not writer.is_closing():
                writer.write(LINE)
                await writer.drain()
                await asyncio.sleep(0)

    pouring = asyncio.create_task(pour())
    try:
        return await _until_closed(reader, writer)
    finally:
        pouring.cancel()


async def idle(port: int, count: int) -> float:
    """So many sockets that say nothing; how long the most patient one was kept."""

    async def one() -> float:
        return await _until_closed(*await asyncio.open_connection("127.0.0.1", port))

    return max(await asyncio.gather(*(one() for _ in range(count))))


async def converse(port: int, address: str, block: bytes) -> list[bytes]:
    """Send a header block from a local address, answer every command well; the lines that came."""
    heard: list[bytes] = []
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    with contextlib.suppress(ConnectionError):
        writer.write(block)
        async with asyncio.timeout(LIMIT_S):
            while line := await reader.readline():
                heard.append(line)
                writer.write(b"200 result=0\n")
    writer.close()
    return heard


async def _until_closed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> float:
    began = time.monotonic()
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(LIMIT_S):
            while await reader.read(4096):
                pass
    writer.close()
    return time.monotonic() - began
