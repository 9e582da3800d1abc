"""The event link and what it leads to (readings, desk, rows), without the rest of the site."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select

from ami.listener import Listener
from ami.settings import Settings
from callboard.readings import Readings
from callboard.witness import Witness
from desk.call import calls
from desk.work import Desk, utc_now
from models import Call

QUICK = {"retry_first_s": 0.01, "retry_most_s": 0.05, "retry_absent_s": 0.05}


@asynccontextmanager
async def linked_desk(
    desk: Desk, port: int, secret: str, cdr: Path | None = None, **settings: Any
) -> AsyncIterator[tuple[Listener, Readings]]:
    """Rows follow what the manager on `port` tells, and Asterisk's account in `cdr`, until the end of the block."""
    listener = Listener(Settings(port=port, **{**QUICK, **settings}), secret, desk.bus, utc_now)
    readings = Readings(desk, desk.bus, listener.ask_for_resync, calls.SAME_CALL_WINDOW_S)
    parts: list[Any] = [listener, readings]
    if cdr is not None:
        parts.append(Witness(desk, cdr, cdr.with_name("position.json"), calls.SAME_CALL_WINDOW_S, lambda: False))
    tasks = [asyncio.create_task(part.run()) for part in parts]
    try:
        yield listener, readings
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        readings.stop_listening()


async def call_rows(desk: Desk) -> list[Call]:
    """All of them, oldest first."""
    async with desk.look() as session:
        return list(await session.scalars(select(Call).order_by(Call.id)))
