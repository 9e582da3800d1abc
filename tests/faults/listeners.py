"""Who listens to /live: one that keeps a copy and comes back like the console does, and one that never reads a byte."""

from __future__ import annotations

import asyncio
import random
import socket
import time
from typing import Any

import aiohttp

LONGEST_WAIT_S = 0.8  # as the console's link waits between two attempts


class Listener:
    """Follows /live by token or cookie. `heard` are deltas with the time of their arrival; it refuses a gap."""

    def __init__(self, http: aiohttp.ClientSession, base: str, headers: dict[str, str]) -> None:
        self._http = http
        self._base = base
        self._headers = headers
        self.calls: dict[int, Any] = {}
        self.orders: dict[int, Any] = {}
        self.heard: list[tuple[float, dict[str, Any]]] = []
        self.snapshots: list[float] = []
        self.closed_with: int | None = None
        self.closed_at = 0.0
        self._seq = 0
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self, *, comes_back: bool = True) -> Listener:
        self._task = asyncio.create_task(self._live(comes_back))
        return self

    async def drop(self) -> None:
        """Lose the socket; it comes back as after any loss."""
        assert self._socket is not None
        await self._socket.close()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            (outcome,) = await asyncio.gather(self._task, return_exceptions=True)
            if isinstance(outcome, AssertionError):
                raise outcome

    async def _live(self, comes_back: bool) -> None:
        while True:
            try:
                async with self._http.ws_connect(self._base + "/live", headers=self._headers) as ws:
                    self._socket = ws
                    async for message in ws:
                        self._take(message.json())
                    self.closed_with, self.closed_at = ws.close_code, time.time()
            except (aiohttp.ClientError, OSError):
                self.closed_with, self.closed_at = None, time.time()
            if not comes_back:
                return
            await asyncio.sleep(LONGEST_WAIT_S * (0.5 + random.random() / 2))

    def _take(self, said: dict[str, Any]) -> None:
        kind = said["type"]
        if kind == "snapshot":
            self._seq = said["seq"]
            self.calls = {one["id"]: one for one in said["calls"]}
            self.orders = {one["id"]: one for one in said["orders"]}
            self.snapshots.append(time.time())
        elif kind not in ("beat", "pong"):
            assert said["seq"] == self._seq + 1, f"a gap: {self._seq} was followed by {said['seq']}"
            self._seq = said["seq"]
            self.heard.append((time.time(), said))
            for name, copy in (("call", self.calls), ("order", self.orders)):
                if name in said:
                    copy[said[name]["id"]] = said[name]

    def arrivals(self) -> dict[int, float]:
        """When each call popped here."""
        return {said["call_id"]: at for at, said in self.heard if said["type"] == "call.arrived"}


async def deaf(port: int, token: str) -> socket.socket:
    """Shakes hands and then never reads."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(raw, ("127.0.0.1", port))
    request = (
        f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    await loop.sock_sendall(raw, request.encode())
    return raw
