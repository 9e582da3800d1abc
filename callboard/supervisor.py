"""Long-lived tasks: started in order, restarted with back-off when they fail, stopped in the opposite order.

A part that fails is told of once (`PartChanged`), and once more when it has run long enough to be believed.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from desk.bus import Bus
from desk.database_errors import in_words, is_away
from desk.events import PartChanged
from desk.work import utc_now

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STOP_LIMIT_S = 10.0
BELIEVED_AFTER_S = 3.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Part:
    """`run()` works until it is cancelled; coming back or raising is a failure. `name` is what /healthz shows.

    The pause before it is started again grows with each failure up to `longest_pause_s`.
    """

    name: str
    run: Callable[[], Awaitable[None]]
    longest_pause_s: float = LONGEST_PAUSE_S


class Supervisor:
    """Keeps parts running."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._tasks: list[tuple[str, asyncio.Task[None]]] = []

    def start(self, part: Part) -> None:
        """Run `part` from now on."""
        self._tasks.append((part.name, asyncio.create_task(self._keep(part), name=part.name)))

    async def stop(self) -> None:
        """Stop the parts, last started first; a part that does not let go in time is left behind and named."""
        while self._tasks:
            name, task = self._tasks.pop()
            task.cancel()
            _, waiting = await asyncio.wait([task], timeout=STOP_LIMIT_S)
            if waiting:
                log.error("a part did not stop in time", part=name, limit_s=STOP_LIMIT_S)

    async def _keep(self, part: Part) -> None:
        pause = FIRST_PAUSE_S
        clock = asyncio.get_running_loop().time
        told = False
        while True:
            started = clock()
            recovery = asyncio.create_task(self._tell_recovery(part)) if told else None
            try:
                await part.run()
                reason = "it ended by itself"
            except Exception as error:
                # A part that shares the database's trouble says that, and not the statement that it was about to make.
                reason = in_words(error) if is_away(error) else str(error) or type(error).__name__
                log.exception("a part failed and will be started again", part=part.name)
            finally:
                if recovery is not None:
                    recovery.cancel()
            if clock() - started > part.longest_pause_s:
                pause = FIRST_PAUSE_S
            if not told or clock() - started > BELIEVED_AFTER_S:
                self._bus.tell(PartChanged(utc_now(), part.name, ok=False, reason=reason))
            told = True
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 -- jitter, not a secret
            pause = min(pause * 2, part.longest_pause_s)

    async def _tell_recovery(self, part: Part) -> None:
        await asyncio.sleep(BELIEVED_AFTER_S)
        self._bus.tell(PartChanged(utc_now(), part.name, ok=True))
