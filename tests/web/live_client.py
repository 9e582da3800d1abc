"""A console's side of /live: a copy of the desk, kept from a snapshot and deltas, that notices every gap."""

from __future__ import annotations

import asyncio
import contextlib
from http import HTTPStatus
from typing import Any

import aiohttp

from tests.web.conftest import Visitor

LIMIT_S = 20


class Console:
    """Follows /live. `calls`, `orders` and `messages` are by id; `heard` has every delta."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.socket: aiohttp.ClientWebSocketResponse | None = None
        self.snapshots: list[dict[str, Any]] = []
        self.heard: list[dict[str, Any]] = []
        self.seq = 0
        self.calls: dict[int, Any] = {}
        self.orders: dict[int, Any] = {}
        self.messages: dict[int, Any] = {}
        self.parts: dict[str, Any] = {}

    async def connect(self) -> dict[str, Any]:
        """Open the socket and read the snapshot, which always comes first. Told to come later, as the page: come later."""
        async with asyncio.timeout(2 * LIMIT_S):
            while True:
                try:
                    self.socket = await self.visitor.listen()
                    break
                except aiohttp.WSServerHandshakeError as refused:
                    if refused.status != HTTPStatus.SERVICE_UNAVAILABLE or refused.headers is None:
                        raise
                    await asyncio.sleep(float(refused.headers["Retry-After"]))
        return await self.snapshot()

    async def snapshot(self) -> dict[str, Any]:
        while True:
            said = await self._read()
            if said["type"] == "snapshot":
                return said

    async def until(self, kind: str) -> dict[str, Any]:
        """Read on to the next delta of this kind."""
        while True:
            said = await self._read()
            if said["type"] == kind:
                return said

    async def until_part(self, name: str) -> None:
        """Read on until a part of this name has been told of."""
        while name not in self.parts:
            await self._read()

    async def close_code(self) -> int:
        """Read on until the server closes; the code that it gave."""
        assert self.socket is not None
        async with asyncio.timeout(LIMIT_S):
            async for _ in self.socket:
                pass
        assert self.socket.close_code is not None
        return self.socket.close_code

    async def hang_up(self) -> None:
        if self.socket is not None:
            with contextlib.suppress(ConnectionError):
                await self.socket.close()

    async def _read(self) -> dict[str, Any]:
        assert self.socket is not None
        async with asyncio.timeout(LIMIT_S):
            said: dict[str, Any] = await self.socket.receive_json()
        self._take(said)
        return said

    def _take(self, said: dict[str, Any]) -> None:
        kind = said["type"]
        if kind == "snapshot":
            self.snapshots.append(said)
            self.seq = said["seq"]
            self.calls = {row["id"]: row for row in said["calls"]}
            self.orders = {row["id"]: row for row in said["orders"]}
            self.messages = {row["id"]: row for row in said["messages"]}
            self.parts = dict(said["parts"])
        elif kind == "beat":
            assert said["seq"] >= self.seq
        elif kind != "pong":
            assert said["seq"] == self.seq + 1, f"a gap: {self.seq} was followed by {said['seq']}"
            self.seq = said["seq"]
            self.heard.append(said)
            for name, copy in (("call", self.calls), ("order", self.orders), ("message", self.messages)):
                if name in said:
                    row = said[name]
                    copy[row["id"]] = {**copy.get(row["id"], {}), **row}  # what is not said has not changed
            if kind == "part.changed":
                self.parts[said["part"]] = {"ok": said["ok"], "reason": said["reason"]}
