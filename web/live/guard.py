"""Rights taken away act on open sockets, too: also when another process ended the session, disabled the person or gave him
another role or office. Who still has other rights comes back with those."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog

from desk.database_errors import in_words, is_away
from desk.office import people
from desk.work import Desk
from web.access.auth import absolute, idle
from web.live.browser import Browser
from web.live.popups import Hub
from web.settings import Settings

log = structlog.get_logger(__name__)


async def watch_rights(hub: Hub, desk: Desk, settings: Settings) -> None:
    """Every few seconds, close the sockets of those who may no longer listen. Runs until cancelled."""
    while True:
        await asyncio.sleep(settings.session_check_s)
        browsers = hub.browsers
        if not browsers:
            continue
        try:
            hub.sign_out(await _without_right(browsers, desk, settings))
        except Exception as error:
            if not is_away(error):
                raise
            log.warning("rights could not be checked", error=in_words(error))


async def _without_right(browsers: frozenset[Browser], desk: Desk, settings: Settings) -> list[Browser]:
    sessions = {browser.visitor.session_id for browser in browsers} - {None}
    programs = {browser.visitor.operator.id for browser in browsers if browser.visitor.session_id is None}
    async with desk.look() as session:
        open_sessions = await people.still_open(
            session, [each for each in sessions if each is not None], desk.clock(), idle(settings), absolute(settings)
        )
        active = await people.still_active(session, sorted(programs))
    return [browser for browser in browsers if _now(browser, open_sessions, active) != _then(browser)]


def _now(
    browser: Browser, sessions: Mapping[int, people.Rights], programs: Mapping[int, people.Rights]
) -> people.Rights | None:
    visitor = browser.visitor
    return programs.get(visitor.operator.id) if visitor.session_id is None else sessions.get(visitor.session_id)


def _then(browser: Browser) -> people.Rights:
    return people.Rights(browser.visitor.operator.role, browser.visitor.operator.office_id)
