"""One office's share of the live feed: who of it listens, what they are told, and the numbers that show them every gap.

Each office counts by itself, so that nobody can tell from a gap how much another office has to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pydantic_core

from desk.views import moment
from web.access import masking
from web.live.browser import Browser, Push
from web.live.frames import text_frame

SNAPSHOT_MAX_AGE_S = 1.0
ReadSnapshot = Callable[[int, asyncio.Event], Awaitable[str]]
"""Reads an office's snapshot as JSON text; sets the event once its transaction has begun."""


def as_text(value: Any) -> str:
    """Compact JSON text."""
    return pydantic_core.to_json(value).decode()


def _push(text: str, written: Callable[[], None] | None) -> Push:
    return Push(text, written, text_frame(text))


class Room:
    """The browsers of one office. `seq` is the number of the last delta that they were told."""

    def __init__(self, office_id: int) -> None:
        self.office_id = office_id
        self.seq = 0
        self.browsers: set[Browser] = set()
        self._snapshot: tuple[int, float, asyncio.Task[str]] | None = None

    def tell(self, kind: str, at: datetime, content: dict[str, Any], written: Callable[[], None] | None = None) -> None:
        """Give everybody here the next delta."""
        self.seq += 1
        told = {"seq": self.seq, "type": kind, "at": moment(at), **content}
        whole, masked = _push(as_text(told), written), None
        for browser in tuple(self.browsers):
            if masking.sees_all(browser.visitor):
                browser.push(whole)
                continue
            masked = masked or _push(as_text(masking.in_value(told)), written)
            browser.push(masked)

    async def begin_snapshot(self, read: ReadSnapshot) -> tuple[int, asyncio.Task[str]]:
        """The body of the snapshot that belongs to the present `seq`; its transaction has begun, nothing may be told.

        Browsers that come together (after a restart, all of them) share one read.
        """
        now = asyncio.get_running_loop().time()
        if self._snapshot is not None:
            seq, taken, body = self._snapshot
            usable = not body.done() or (not body.cancelled() and body.exception() is None)
            if seq == self.seq and now - taken < SNAPSHOT_MAX_AGE_S and usable:
                return seq, body
        begun = asyncio.Event()
        body = asyncio.ensure_future(read(self.office_id, begun))
        self._snapshot = (self.seq, now, body)
        waiter = asyncio.create_task(begun.wait())
        await asyncio.wait((waiter, body), return_when=asyncio.FIRST_COMPLETED)
        waiter.cancel()
        return self.seq, body
