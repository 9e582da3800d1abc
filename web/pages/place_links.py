"""A caller shows where he is: the operator's button that texts the link, the page behind it, and what that page sends."""

from __future__ import annotations

from functools import cache

from aiohttp import web

from desk.office.passwords import token_hash
from desk.ordering import place_links
from desk.ordering.order_views import message_json
from desk.work import Work
from web.api.ask import Ask, Json, json_answer, understand
from web.api.given_place import PlaceShown
from web.api.shapes import Nothing
from web.keys import DESK, PLACE_THROTTLE, SETTINGS
from web.pages.driver_links import page_address
from web.render import LOCALES, catalog, locale_of, page

PAGE = "/here"


async def send(ask: Ask[Nothing]) -> Json:
    """Text the order's caller the link."""
    public = ask.request.app[SETTINGS].public_url
    if public is not None and not public.startswith("https://"):
        # Browsers tell no page without TLS where they are: the link would only disappoint.
        raise web.HTTPConflict(text="needs_https")
    address = page_address(ask.request, PAGE)

    async def do(work: Work) -> Json:
        return message_json(await place_links.send(work, ask.operator.id, ask.id, address))

    return await ask.once(do)


async def here(request: web.Request) -> web.StreamResponse:
    """The page; it is the same for everybody, and the token never leaves the telephone before its owner presses the button."""
    boot = {"locale": locale_of(request), "texts": {locale: _words(locale) for locale in LOCALES}}
    return await page(request, "here.html", boot=boot)


async def show(request: web.Request) -> web.StreamResponse:
    """Take where the telephone is."""
    given = (await understand(request, PlaceShown, from_body=True)).given
    throttle, address = request.app[PLACE_THROTTLE], request.remote or ""
    account = token_hash(given.token)
    if seconds := throttle.wait_s(account, address):
        raise web.HTTPTooManyRequests(text="too_many_attempts", headers={"Retry-After": str(seconds)})
    throttle.failed(account, address)
    key = request.headers.get("Idempotency-Key")

    async def do(work: Work) -> Json:
        shown = await place_links.show(work, given.token, given.lat, given.lon, given.accuracy_m, key)
        return {"area": shown.area, "accuracy_m": shown.accuracy_m, "taken": shown.taken}

    told = await request.app[DESK].do(do)
    throttle.succeeded(account, address)
    return json_answer(told)


@cache
def _words(locale: str) -> dict[str, dict[str, str]]:
    words = catalog(locale)
    keys = [key for key in words.keys() if key.startswith("panel.here.")]  # noqa: SIM118 -- a catalogue, not a dict
    return {key.removeprefix("panel."): words.templates(key) for key in keys}
