"""Processes that note when something is told, apart from one another so that none delays what another sees.

    python -m benchmarks.watchers ami PORT SECRET         first AMI event of each caller's number, by a bare TCP reader
    python -m benchmarks.watchers queue PORT SECRET       QueueCallerJoin of each number
    python -m benchmarks.watchers live URL TOKEN COUNT    call.arrived of each number, on each of COUNT sockets

Prints `ready`, and what was noted as one JSON object (number: list of UNIX times) when its standard input closes.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections import defaultdict

import aiohttp

from benchmarks.running import WATCHER

KEPT = 1000
ARRIVED = re.compile(r'"type":"call\.arrived".*?"number":"\+82(\d+)"')

Noted = dict[str, list[float]]


class Bare(asyncio.Protocol):
    """The floor: looks for numbers in what comes, and parses nothing."""

    shape = re.compile(rb"CallerIDNum: (0\d{9,10})\r")
    keeps = False

    def __init__(self, secret: str, noted: Noted) -> None:
        self._secret = secret
        self._noted = noted
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(f"Action: Login\r\nUsername: {WATCHER}\r\nSecret: {self._secret}\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        now = time.time()
        for found in self.shape.finditer(self._rest + data):
            number = found[1].decode()
            if number not in self._noted:
                self._noted[number] = [now]
        self._rest = data[-KEPT:] if self.keeps else b""


class Queued(Bare):
    """Looks for callers who have joined a queue. An event may come in two pieces, so the end of each is looked at again."""

    shape = re.compile(rb"Event: QueueCallerJoin\r\n(?:(?!\r\n\r\n)[\s\S])*?CallerIDNum: (0\d{9,10})\r")
    keeps = True


async def listen(session: aiohttp.ClientSession, url: str, token: str, noted: Noted, ready: asyncio.Semaphore) -> None:
    """One console's socket."""
    headers = {"Authorization": f"Bearer {token}"}
    async with session.ws_connect(url, headers=headers, max_msg_size=0) as socket:
        await socket.receive()
        ready.release()
        async for message in socket:
            now = time.time()
            found = ARRIVED.search(message.data, 0, 400)
            if found:
                noted["0" + found[1]].append(now)


async def _until_closed() -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


async def main(kind: str, where: str, secret: str, count: int) -> None:
    """Watch until standard input closes."""
    noted: Noted = defaultdict(list)
    tasks = []
    if kind == "live":
        session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        ready = asyncio.Semaphore(0)
        tasks = [asyncio.create_task(listen(session, where, secret, noted, ready)) for _ in range(count)]
        for _ in range(count):
            await ready.acquire()
    else:
        await asyncio.get_running_loop().create_connection(
            lambda: (Queued if kind == "queue" else Bare)(secret, noted), "127.0.0.1", int(where)
        )
    print("ready", flush=True)
    await _until_closed()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if kind == "live":
        await session.close()
    print(json.dumps(noted), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]) if len(sys.argv) > 4 else 0))
