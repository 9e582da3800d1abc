"""The screen on the wall: a page that is the same for everybody, and the figures that it asks for with its address's token.

The token stands behind the `#` of the address, so that no log and no proxy has it, and comes in a header of its own.
"""

from __future__ import annotations

from functools import cache

from aiohttp import web

from desk.errors import NotFound
from web.api.ask import Ask, Json
from web.api.shapes import Nothing
from web.keys import WALLS
from web.render import catalog, locale_of, page

TOKEN = "Wall-Token"  # noqa: S105 -- the header's name
_TOKEN_LIMIT = 64


class NoSuchWall(NotFound):
    """No screen has this token, or not any more: the answer is the same for both."""

    code = "no_such_wall"


async def show(request: web.Request) -> web.StreamResponse:
    """The page."""
    boot = {"locale": locale_of(request), "words": _words(locale_of(request))}
    return await page(request, "wall.html", boot=boot)


async def look(ask: Ask[Nothing]) -> Json:
    """The office's figures of this second, by the header `Wall-Token`."""
    token = ask.request.headers.get(TOKEN, "")[:_TOKEN_LIMIT]
    told = await ask.request.app[WALLS].told(token) if token else None
    if told is None:
        raise NoSuchWall("no screen has this token, or not any more")
    return told


@cache
def _words(locale: str) -> dict[str, str]:
    words = catalog(locale)
    said = {name: words.templates(f"panel.wall.{name}")["other"] for name in ("lost", "lost_before", "gone")}
    states = [key for key in words.keys() if key.startswith("panel.order.state.")]  # noqa: SIM118 -- a catalogue, not a dict
    return {**said, **{key.removeprefix("panel.order."): words.text(key) for key in states}}
