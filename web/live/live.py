"""The `/live` WebSocket: who may listen, what a browser may say, and when it has to go.

A browser is let in with its session cookie and our own Origin, a program with a Bearer token. What a client says is bounded
in size and rate; anything that is not one of our few words closes the socket with the code that RFC 6455 gives it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from enum import IntEnum

from aiohttp import WSMessage, WSMsgType, hdrs, web

from web.access.auth import require
from web.access.origin import may_listen
from web.keys import HUB, SETTINGS, VISITOR
from web.live.browser import Browser, Push
from web.live.popups import Hub
from web.live.rooms import as_text
from web.middleware import origin_of

MAX_MESSAGE = 4096
HEARTBEAT_S = 5.0
"""A peer that does not answer a ping within half of this is gone: found out within 8 s. (That we live, beats tell more often.)"""
PONG = as_text({"type": "pong"})


class Close(IntEnum):
    """Close codes of RFC 6455, section 7.4.1, that we give."""

    WRONG_KIND = 1003
    NOT_TEXT = 1007
    POLICY = 1008


class Flood:
    """Counts messages of the present second."""

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        self._limit = limit
        self._clock = clock
        self._second = clock()
        self._count = 0

    def too_many(self) -> bool:
        """Count one more; whether it is one too many."""
        now = self._clock()
        if now - self._second >= 1.0:
            self._second, self._count = now, 0
        self._count += 1
        return self._count > self._limit


@require("calls.see")
async def live(request: web.Request) -> web.StreamResponse:
    """Listen: a snapshot, then numbered deltas."""
    if hdrs.AUTHORIZATION not in request.headers and not may_listen(request.headers, origin_of(request)):
        raise web.HTTPForbidden(text="cross_site")
    socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=MAX_MESSAGE, compress=False)
    if not socket.can_prepare(request).ok:
        raise web.HTTPBadRequest(text="websocket_only")
    await socket.prepare(request)
    hub = request.app[HUB]
    visitor = request[VISITOR]
    assert visitor is not None
    browser = hub.welcome(socket, request.transport, visitor)
    writer = asyncio.create_task(browser.write())
    try:
        await hub.subscribe(browser)
        await _listen(hub, browser, Flood(request.app[SETTINGS].live_messages_per_s, asyncio.get_running_loop().time))
    finally:
        hub.leave(browser)
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)
        await browser.closed()
    return socket


async def _listen(hub: Hub, browser: Browser, flood: Flood) -> None:
    async for message in browser.socket:
        refusal = Close.POLICY if flood.too_many() else await _heed(hub, browser, message)
        if refusal is not None:
            hub.leave(browser)
            browser.close(refusal, refusal.name.lower().replace("_", " "))
            return


async def _heed(hub: Hub, browser: Browser, message: WSMessage) -> Close | None:
    if message.type is not WSMsgType.TEXT:
        return Close.WRONG_KIND
    try:
        said = json.loads(message.data)
    except (ValueError, RecursionError):
        return Close.NOT_TEXT
    match said:
        case {"type": "ping", **rest} if not rest:
            browser.push(Push(PONG))
        case {"type": "subscribe", **rest} if not rest:
            await hub.subscribe(browser)
        case {"type": "watch", **rest} if not rest and "drivers.see" in browser.visitor.may:
            hub.positions.watch(browser)
        case {"type": "unwatch", **rest} if not rest:
            hub.positions.leave(browser)
        case _:
            return Close.POLICY
    return None
