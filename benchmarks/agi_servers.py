"""The FastAGI servers that are compared, one a process: `python -m benchmarks.agi_servers NAME`, prints its port.

protocol   floor: asyncio.Protocol that writes the conversation's lines, one after each reply, and reads nothing
streams    floor: the same over asyncio's streams, as a server is usually written
ours       agi/server.py with the `welcome` conversation, a desk side in memory and sounds on the disk
stock      panoramisk.fast_agi as it comes
pyst2      pyst2's AGI class, a thread for each call
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import socketserver
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog
from asterisk.agi import AGI
from panoramisk import fast_agi

from agi.desk_side import Greeting
from agi.server import Server
from agi.settings import Settings
from agi.sounds import Sounds
from callboard.loop_watch import spare_what_is_loaded
from desk.bus import Bus
from desk.customer.segments import AS_EVERYBODY, Voice
from desk.events import CallSeen

TOKEN = "t" * 32
PROMPTS = ("welcome", "last-place", "press-1", "confirmed")


def conversation(folder: Path) -> list[str]:
    """The lines that our server writes to a known caller who presses 1 in the third prompt."""
    timer = 'SET AUTOHANGUP "3.0"'
    lines = ['GET VARIABLE "CB_LINKEDID"', 'GET VARIABLE "CB_PRESENTATION"', 'SET AUTOHANGUP "2.0"', "ANSWER"]
    for prompt, keys in zip(PROMPTS, ("0123456789*#",) * 3 + ("",), strict=True):
        lines += [timer, f'STREAM FILE "{folder}/ko/callboard/{prompt}" "{keys}"']
    return [*lines, 'SET AUTOHANGUP "2.0"', 'SET VARIABLE "IVR_DONE" "1"']


class Bare(asyncio.Protocol):
    """The floor."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        self._left = iter(lines)
        self._introduced = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if not self._introduced and not data.endswith(b"\n\n"):
            return
        self._introduced = True
        line = next(self._left, None)
        if line is None:
            self._transport.close()
        else:
            self._transport.write(line)


async def bare_streams(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lines: Sequence[bytes]) -> None:
    """The floor as one usually writes it."""
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        await reader.readuntil(b"\n\n")
        for line in lines:
            writer.write(line)
            await writer.drain()
            await reader.readline()
    writer.close()


@dataclass(frozen=True)
class Known:
    """A caller with one usual place."""

    call_id: int | None = 1
    language: str = "ko"
    places: Sequence[tuple[int, str]] = ((1, "강남역 10번 출구"),)
    voice: Voice = AS_EVERYBODY


class DeskInMemory:
    """Answers at once; the database's time is the other benchmarks' matter."""

    async def greeting(self, seen: CallSeen) -> Greeting:
        return Known()

    async def choose(self, call_id: int, kind: str, **more: object) -> None:
        pass

    async def treated(self, call_id: int, priority: int, heard: str | None) -> None:
        pass


async def ours(folder: Path) -> None:
    """The product's server."""
    settings = Settings(port=0, calls_at_a_time=1000)
    server = Server(settings, TOKEN, DeskInMemory(), Bus(), Sounds(folder), folder)
    running = asyncio.create_task(server.run())
    await server.listening.wait()
    print(server.port, flush=True)
    await running


async def stock(lines: Sequence[str]) -> None:
    """Panoramisk's."""

    async def endpoint(request: fast_agi.Request) -> None:
        for line in lines:
            await request.send_command(line)

    application = fast_agi.Application(loop=asyncio.get_running_loop())
    application.add_route("welcome?line=15880001", endpoint)
    server = await asyncio.start_server(application.handler, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


class Threaded(socketserver.StreamRequestHandler):
    """pyst2's AGI over a connection; what it prints to stderr goes nowhere."""

    lines: Sequence[str] = ()

    def handle(self) -> None:
        text = self.connection.makefile("r", encoding="utf-8", newline="\n")
        out = self.connection.makefile("w", encoding="utf-8", newline="\n")
        agi = AGI.__new__(AGI)
        agi.stdin, agi.stdout, agi.stderr = text, out, io.StringIO()
        agi.env, agi._got_sighup = {}, False
        agi._get_agi_env()
        for line in self.lines:
            agi.execute(line)


class ThreadedServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 512


async def floor(name: str, lines: Sequence[bytes]) -> None:
    """One of the floors."""
    loop = asyncio.get_running_loop()
    if name == "protocol":
        server = await loop.create_server(lambda: Bare(lines), "127.0.0.1", 0, backlog=512)
    else:
        server = await asyncio.start_server(lambda r, w: bare_streams(r, w, lines), "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    """Serve until killed. Each spares what it loaded, as callboard does: nobody pays for what the others need."""
    name = sys.argv[1]
    spare_what_is_loaded()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        sounds = folder / "ko" / "callboard"
        sounds.mkdir(parents=True)
        for prompt in PROMPTS:
            (sounds / f"{prompt}.wav").write_bytes(bytes(44 + 16_000))
        lines = conversation(folder)
        match name:
            case "protocol" | "streams":
                asyncio.run(floor(name, [f"{line}\n".encode() for line in lines]))
            case "ours":
                asyncio.run(ours(folder))
            case "stock":
                asyncio.run(stock(lines))
            case "pyst2":
                Threaded.lines = lines
                with ThreadedServer(("127.0.0.1", 0), Threaded) as server:
                    print(server.server_address[1], flush=True)
                    server.serve_forever()


if __name__ == "__main__":
    main()
