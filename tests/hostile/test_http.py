"""F18, F19 at the panel's own port: bytes that no browser sends are refused with 4xx (or closed), and nothing has changed."""

from __future__ import annotations

import asyncio
import contextlib
import re

import pytest
from sqlalchemy import func, select

from models import Call, Customer, Order, WebSession
from tests.faults.conftest import Figure
from tests.hostile.cases import CASES, HTTP_BYTES, HTTP_FORMS, HTTP_SOCKETS
from tests.hostile.ticks import ticking
from tests.path.running import free_port
from tests.web.conftest import TOKEN, House, path_of
from web.routes import ROUTES
from web.settings import Settings

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
UNSAFE = [route for route in ROUTES if route.method not in ("GET", "HEAD")]


@pytest.fixture
def settings() -> Settings:
    """As in production, but a body that never comes is waited for only briefly."""
    return Settings(port=free_port(), body_timeout_s=0.3, head_timeout_s=1.0, session_check_s=0.1, test_call_every_s=0)


async def counts(house: House) -> list[int]:
    """How many rows there are of what a request could make."""
    async with house.desk.look() as session:
        return [
            await session.scalar(select(func.count()).select_from(table)) or 0
            for table in (Call, Customer, Order, WebSession)
        ]


async def exchange(port: int, data: bytes, limit_s: float = 20.0) -> bytes:
    """Send the bytes and end our side; everything that comes back until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(limit_s):
            with contextlib.suppress(ConnectionError):
                writer.write(data)
                await writer.drain()
                writer.write_eof()
            with contextlib.suppress(ConnectionError):
                return await reader.read()
            return b""
    finally:
        writer.transport.abort()


async def test_no_bytes_at_the_port_change_or_break_anything(
    house: House, figure: Figure, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """F18. Seen failing with a sender who leaves in mid-body taken for a fault of ours, and with aiohttp's own log of strangers."""
    before = await counts(house)
    wrong = []
    room = asyncio.Semaphore(20)

    async def one(data: bytes) -> None:
        async with room:
            try:
                answer = await exchange(house.panel.port, data.replace(b"%TOKEN%", TOKEN.encode()))
            except TimeoutError:
                wrong.append((data[:80], "neither answered nor closed"))
                return
        statuses = [int(found) for found in _STATUS.findall(answer)]
        if any(status >= 500 for status in statuses):
            wrong.append((data[:80], statuses, answer[-300:]))
        if b"Traceback" in answer or b"aiohttp" in answer:
            wrong.append((data[:80], "tells of the inside", answer[-300:]))

    async with ticking() as ticks:
        await asyncio.gather(*(one(data) for data in CASES["F18"][HTTP_BYTES]))
    assert wrong == []
    assert await counts(house) == before
    assert (await house.program().api("GET", "/session")).status == 200
    assert "Traceback" not in caplog.text + capsys.readouterr().out
    assert b"callboard_http_malformed_total 0.0" not in (await house.program().ask("GET", "/metrics")).raw
    figure("F18", "event loop held up, HTTP bytes", ticks.longest_s, "s", promise=0.1)


async def test_a_head_that_never_ends_is_closed(house: House) -> None:
    """A connection that does not say its first request within the limit is closed. Seen failing without `head_timeout_s`."""
    slow = [await asyncio.open_connection("127.0.0.1", house.panel.port) for _ in range(20)]
    for at, (_, writer) in enumerate(slow):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX: "[: at * 2])
    assert (await house.program().api("GET", "/session")).status == 200
    async with asyncio.timeout(20):
        for reader, _ in slow:
            assert _STATUS.match(await reader.read()) is None
    for _, writer in slow:
        writer.close()


def _filled(house: House, text: str) -> str:
    return text.replace("%OURS%", house.base).replace("%HOST%", house.base.removeprefix("http://"))


async def test_a_change_asked_for_by_another_site_is_refused(house: House) -> None:
    """F19. Every origin and fetch-site word at every unsafe URL. Seen failing with `refuse_forged` taken out of the middlewares."""
    visitor = await house.signed_in()
    del visitor.http.headers["Sec-Fetch-Site"]
    wrong = []
    for case in CASES["F19"][HTTP_FORMS]:
        headers = {name: _filled(house, value) for name, value in case.items()}
        for route in UNSAFE:
            answer = await visitor.ask(route.method, path_of(route.path), headers=headers)
            if (answer.status, answer.code) != (403, "cross_site"):
                wrong.append((route.method, route.path, headers, answer.status))
    assert wrong == []
    assert (await visitor.api("GET", "/session")).status == 200


async def test_another_site_does_not_listen(house: House) -> None:
    """F19 at the WebSocket's handshake. Seen failing without `may_listen`."""
    visitor = await house.signed_in()
    del visitor.http.headers["Sec-Fetch-Site"]
    hand = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    wrong = []
    for case in CASES["F19"][HTTP_SOCKETS]:
        headers = {name: _filled(house, value) for name, value in case.items()}
        async with visitor.http.get(house.base + "/live", headers={**hand, **headers}) as answer:
            if answer.status != 403:
                wrong.append((headers, answer.status))
    assert wrong == []
