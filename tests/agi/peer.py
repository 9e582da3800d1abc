"""The Asterisk at the other end of a FastAGI connection, scripted: header blocks, and an answer to each command."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from panoramisk import fast_agi

from agi.server import Application
from agi.settings import Settings

TOKEN = "a-token-of-more-than-16-letters"
LIMIT_S = 20.0

Endpoint = Callable[..., object]


def header_block(script: str = "welcome?line=15880001", **more: str) -> bytes:
    """As setup_env() in res_agi.c writes it. `more` replaces or adds."""
    headers = {
        "agi_network": "yes",
        "agi_network_script": script,
        "agi_request": "agi://127.0.0.1:4573/welcome",
        "agi_channel": "PJSIP/callboard-trunk-00000001",
        "agi_language": "ko",
        "agi_uniqueid": "cb12ab34cd-1795313179.7",
        "agi_version": "22.10.1",
        "agi_callerid": "01012345678",
        "agi_calleridname": "홍길동",
        "agi_callingpres": "0",
        "agi_arg_1": TOKEN,
        **more,
    }
    return "".join(f"{key}: {value}\n" for key, value in headers.items()).encode() + b"\n"


def command_name(line: bytes) -> str:
    """The words of a command before its first argument."""
    found = re.match(rb"[A-Z ]+", line)
    return found[0].decode().strip() if found else ""


class Peer:
    """One connection, from Asterisk's side."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, data: bytes) -> None:
        """Write, as Asterisk does."""
        self.writer.write(data)

    async def command(self) -> bytes:
        """The next line that the server sends; b"" when it has closed."""
        async with asyncio.timeout(LIMIT_S):
            try:
                return await self.reader.readline()
            except ConnectionResetError:
                return b""

    async def rest(self) -> bytes:
        """Everything until the server closes."""
        async with asyncio.timeout(LIMIT_S):
            try:
                return await self.reader.read()
            except ConnectionResetError:
                return b""

    def close(self) -> None:
        """As Asterisk does when it has had enough."""
        self.writer.close()


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Peer]:
    """A new connection to the server at this port."""
    peer = Peer(*await asyncio.open_connection("127.0.0.1", port))
    try:
        yield peer
    finally:
        peer.close()


@asynccontextmanager
async def serving(application: fast_agi.Application) -> AsyncIterator[int]:
    """An application of either kind, listening; its port."""
    if isinstance(application, Application):
        server = await asyncio.get_running_loop().create_server(application.wire, "127.0.0.1", 0)
    else:
        server = await asyncio.start_server(application.handler, "127.0.0.1", 0, limit=65536)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def stock(endpoint: Endpoint) -> fast_agi.Application:
    """panoramisk's own application; its route must be the whole script."""
    application = fast_agi.Application(loop=asyncio.get_running_loop())
    application.add_route("probe", endpoint)
    return application


def ours(endpoint: Endpoint, **settings: object) -> Application:
    """Our application."""
    application = Application(Settings(port=0, **settings), TOKEN)
    application.add_route("probe", endpoint)
    return application


STOCK_BLOCK = header_block("probe")
BLOCK = header_block("probe")


async def converse(application: fast_agi.Application, block: bytes, *answers: bytes) -> list[bytes]:
    """Play Asterisk: the block, then one answer to each command, then close. What the server sent."""
    heard = []
    async with serving(application) as port, connected(port) as peer:
        peer.send(block)
        for answer in answers:
            heard.append(await peer.command())
            peer.send(answer)
        with contextlib.suppress(OSError):
            peer.writer.write_eof()
        heard.append(await peer.rest())
    return heard
