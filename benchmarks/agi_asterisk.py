"""Acts as Asterisk towards a FastAGI server: `python -m benchmarks.agi_asterisk PORT SESSIONS AT_A_TIME COMMANDS TOKEN`.

Each session sends the header block that Asterisk 22 sends, answers every command at once, and presses 1 in the third prompt.
Prints one JSON line: wall seconds, median and 99th percentile of a session in ms, and how many sessions were cut short.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from benchmarks.report import percentile

HEADERS = """agi_network: yes
agi_network_script: welcome?line=15880001
agi_request: agi://127.0.0.1:4573/welcome?line=15880001
agi_channel: PJSIP/callboard-trunk-{number:08x}
agi_language: ko
agi_type: PJSIP
agi_uniqueid: cb771585d5-1795323276.{number}
agi_version: 22.10.1
agi_callerid: 0105{number:07d}
agi_calleridname: 홍길동
agi_callingpres: 0
agi_callingani2: 0
agi_callington: 0
agi_callingtns: 0
agi_dnid: 15880001
agi_rdnis: unknown
agi_context: callboard-incoming
agi_extension: 15880001
agi_priority: 24
agi_enhanced: 0.0
agi_accountcode:
agi_threadid: 140011921778432
agi_arg_1: {token}

"""
KEY_PROMPT = 3


class Session(asyncio.Protocol):
    """One caller."""

    def __init__(self, number: int, token: str) -> None:
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.commands = 0
        self._block = HEADERS.format(number=number, token=token).encode()
        self._prompts = 0
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._block)

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        self.commands += len(lines)
        for line in lines:
            self._transport.write(self._reply(line))

    def _reply(self, line: bytes) -> bytes:
        if line.startswith(b"STREAM FILE"):
            self._prompts += 1
            return b"200 result=49 endpos=8000\n" if self._prompts == KEY_PROMPT else b"200 result=0 endpos=16000\n"
        if line.startswith(b"GET VARIABLE"):
            return b"200 result=1 (cb771585d5-1795323276.1)\n" if b"LINKEDID" in line else b"200 result=1 (allowed)\n"
        return b"200 result=1\n"

    def connection_lost(self, error: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(None)


async def call(port: int, sessions: int, at_a_time: int, commands: int, token: str) -> str:
    """Place the calls; the JSON line."""
    loop = asyncio.get_running_loop()
    numbers = iter(range(sessions))
    took: list[float] = []
    short = 0

    async def caller() -> None:
        nonlocal short
        for number in numbers:
            begun = time.perf_counter()
            _, session = await loop.create_connection(lambda n=number: Session(n, token), "127.0.0.1", port)  # type: ignore[misc]
            await asyncio.wait_for(session.over, 60)
            took.append(1000 * (time.perf_counter() - begun))
            short += session.commands != commands

    begun = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(at_a_time)))
    wall = time.perf_counter() - begun
    return json.dumps({"wall": wall, "p50": percentile(took, 0.5), "p99": percentile(took, 0.99), "short": short})


if __name__ == "__main__":
    counts = [int(word) for word in sys.argv[1:5]]
    print(asyncio.run(call(counts[0], counts[1], counts[2], counts[3], sys.argv[5])), flush=True)
