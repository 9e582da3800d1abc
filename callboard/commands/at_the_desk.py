"""One piece of desk work from the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from callboard.commands.options import database_url, settings_for, told_in_words
from callboard.instance import open_desk
from callboard.state import State
from desk.bus import Bus
from desk.work import Desk, Work

T = TypeVar("T")


def do(state: Path, config: Path | None, act: Callable[[Work], Awaitable[None]]) -> None:
    """Do `act` in one transaction on the instance's database; what is refused ends in its sentence."""
    with told_in_words():
        asyncio.run(_do(State(state), config, act))


async def _do(state: State, config: Path | None, act: Callable[[Work], Awaitable[None]]) -> None:
    async def in_one_work(desk: Desk) -> None:
        async with desk.work() as work:
            await act(work)

    await _at_desk(state, config, in_one_work)


def at_desk(state: Path, config: Path | None, act: Callable[[Desk], Awaitable[None]]) -> None:
    """Do `act` in as many transactions as it opens."""
    with told_in_words():
        asyncio.run(_at_desk(State(state), config, act))


async def _at_desk(state: State, config: Path | None, act: Callable[[Desk], Awaitable[None]]) -> None:
    state.make()
    desk = await open_desk(database_url(state, settings_for(state, config)), Bus())
    try:
        await act(desk)
    finally:
        await desk.engine.dispose()


def look(state: Path, config: Path | None, read: Callable[[AsyncSession], Awaitable[T]]) -> T:
    """What `read` finds in the instance's database; nothing is changed."""
    with told_in_words():
        return asyncio.run(_look(State(state), config, read))


async def _look(state: State, config: Path | None, read: Callable[[AsyncSession], Awaitable[T]]) -> T:
    state.make()
    desk = await open_desk(database_url(state, settings_for(state, config)), Bus())
    try:
        async with desk.look() as session:
            return await read(session)
    finally:
        await desk.engine.dispose()
