"""Waiting until the real parts have done with what they were given."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

LIMIT_S = 20.0
_QUICK_LOOKS = 200


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
