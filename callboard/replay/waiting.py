"""Waiting until the real parts have done with what they were given."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

LIMIT_S = 20.0
_QUICK_LOOKS = 200
_QUESTION_EVERY_S = 0.005


class Stuck(Exception):
    """The parts did not come to rest; `str()` says what was waited for."""


async def until(condition: Callable[[], bool], what: str, limit_s: float = LIMIT_S) -> None:
    """Come back once `condition` holds. Raises Stuck."""
    looks = 0
    try:
        async with asyncio.timeout(limit_s):
            while not condition():
                looks += 1
                await asyncio.sleep(0 if looks < _QUICK_LOOKS else 0.001)
    except TimeoutError:
        raise Stuck(f"{what} was waited for in vain") from None


async def until_found(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    """Come back once `condition`, a question to the rows, is answered with yes. Raises Stuck."""
    try:
        async with asyncio.timeout(LIMIT_S):
            while not await condition():  # noqa: ASYNC110 -- rows set no event
                await asyncio.sleep(_QUESTION_EVERY_S)
    except TimeoutError:
        raise Stuck(f"{what} was waited for in vain") from None
