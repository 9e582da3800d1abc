"""Where drivers are, for maps that are open: read once a second for each office that looks, and only what has changed is told.

It stands outside of the numbered deltas: who misses one of these is told the next, and whoever begins to look is told all.
"""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from desk.views import moment
from desk.work import Desk
from models import Driver
from web.live.browser import Browser, Push
from web.live.frames import text_frame
from web.live.rooms import as_text

EVERY_S = 1.0
Spot = dict[str, Any]

log = structlog.get_logger(__name__)


class Positions:
    """Who has a map open, by office. `run()` must be running for anything to be told."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._watchers: dict[int, set[Browser]] = {}
        self._fresh: set[Browser] = set()
        self._last: dict[int, dict[int, Spot]] = {}
        self._wanted = asyncio.Event()

    def watch(self, browser: Browser) -> None:
        """Tell `browser` where all drivers are, and then what changes."""
        self._watchers.setdefault(browser.visitor.operator.office_id, set()).add(browser)
        self._fresh.add(browser)
        self._wanted.set()

    def leave(self, browser: Browser) -> None:
        """Its map is closed, or it is gone."""
        office_id = browser.visitor.operator.office_id
        watchers = self._watchers.get(office_id, set())
        watchers.discard(browser)
        self._fresh.discard(browser)
        if not watchers:
            self._watchers.pop(office_id, None)
            self._last.pop(office_id, None)
        if not self._watchers:
            self._wanted.clear()

    async def run(self) -> None:
        """Tell, until cancelled; nothing is read while nobody looks."""
        while True:
            await self._wanted.wait()
            for office_id in tuple(self._watchers):
                try:
                    async with self._desk.look() as session:
                        spots = await read_spots(session, office_id)
                except DBAPIError as error:
                    log.warning("the drivers cannot be read for the map", error=str(error.orig))
                    continue
                self._tell(office_id, spots)
            await asyncio.sleep(EVERY_S)

    def _tell(self, office_id: int, spots: dict[int, Spot]) -> None:
        last = self._last.get(office_id, {})
        gone = [{**last[one], "state": "off"} for one in last.keys() - spots.keys()]
        changed = [spot for one, spot in spots.items() if last.get(one) != spot] + gone
        self._last[office_id] = spots
        news = _push(changed, whole=False) if changed else None
        everything: Push | None = None
        for browser in tuple(self._watchers.get(office_id, ())):
            if browser in self._fresh:
                self._fresh.discard(browser)
                everything = everything or _push(list(spots.values()), whole=True)
                browser.push(everything)
            elif news is not None:
                browser.push(news)


def _push(spots: list[Spot], *, whole: bool) -> Push:
    text = as_text({"type": "drivers", "whole": whole, "drivers": spots})
    return Push(text, None, text_frame(text))


async def read_spots(session: AsyncSession, office_id: int) -> dict[int, Spot]:
    """The office's drivers who are on duty, by id. No telephone numbers: the map needs none."""
    columns = (
        Driver.id,
        Driver.number,
        Driver.name,
        Driver.state,
        Driver.lat,
        Driver.lon,
        Driver.located_at,
        Driver.heard_at,
    )
    on_duty = (Driver.office_id == office_id, Driver.state != "off", Driver.disabled_at.is_(None))
    return {
        row.id: {**row._mapping, "located_at": moment(row.located_at), "heard_at": moment(row.heard_at)}
        for row in await session.execute(select(*columns).where(*on_duty))
    }
