"""One at a time may have much read: it may be every order, and callers need the database's connections."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Final

PATIENCE_S: Final = 8.0


class Counting:
    """Whose turn it is. Whoever waits longer than that is told what he is told when there is no connection: to ask again."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._turn = asyncio.Semaphore(1)
        self._patience_s = patience_s

    async def __aenter__(self) -> None:
        async with asyncio.timeout(self._patience_s):  # its error is one of desk/database_errors.py: no turn
            await self._turn.acquire()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._turn.release()
