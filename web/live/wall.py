"""Figures for screens on the wall: read once a second and office at most, however many screens ask, and only while one asks."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from desk.figures import wall
from desk.office import wall_screens
from desk.office.passwords import token_hash
from desk.views import Json
from desk.work import Desk

EVERY_S = 1.0

T = TypeVar("T")


class _Shared(Generic[T]):
    """Something that is read for all who ask for it within a second. What failed is read again for the next one."""

    def __init__(self, read: Callable[[], Awaitable[T]]) -> None:
        self._read = read
        self._begun = 0.0
        self._task: asyncio.Task[T] | None = None

    async def get(self) -> T:
        """As it was at most a second ago."""
        now = asyncio.get_running_loop().time()
        task = self._task
        if task is None or (task.done() and (now - self._begun >= EVERY_S or task.exception() is not None)):
            self._begun = now
            task = self._task = asyncio.ensure_future(self._read())
        return await asyncio.shield(task)


class Walls:
    """Who asks with a token is told his office's figures, or nothing.

    A token that is revoked is good for a second more. `started` is another one after each start: a page that sees it change
    loads itself again, and so has the newest version.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._started = secrets.token_hex(4)
        self._screens = _Shared(self._read_screens)
        self._offices: dict[int, _Shared[Json]] = {}

    async def told(self, token: str) -> Json | None:
        """What this screen shows now; null where there is none of that token."""
        office_id = (await self._screens.get()).get(token_hash(token))
        if office_id is None:
            return None
        shared = self._offices.setdefault(office_id, _Shared(lambda: self._read(office_id)))
        return {**await shared.get(), "started": self._started}

    async def _read_screens(self) -> dict[str, int]:
        async with self._desk.look() as session:
            return dict(await wall_screens.offices_by_token(session))

    async def _read(self, office_id: int) -> Json:
        async with self._desk.look() as session:
            return (await wall.look(session, office_id, self._desk.clock())).as_json()
