"""The pages that people see: the console, and the log-in before it."""

from __future__ import annotations

from functools import cache
from html import escape
from typing import Any

from aiohttp import web

from desk import trades
from desk.office import offices
from desk.office.people import WrongLogin
from desk.trades import RESERVED, TAKEN, Field
from web.access.auth import as_me, give_cookie, take_cookie, visitor_of
from web.keys import DESK, OUTSIDE, SETTINGS, VISITOR, Visitor
from web.pages.session import close_session, open_session
from web.render import LOCALES, TABLE, catalog, locale_of, page


async def console(request: web.Request) -> web.StreamResponse:
    """The console; nobody in particular goes to the log-in first."""
    visitor = await visitor_of(request)
    if visitor is None:
        raise web.HTTPSeeOther("/login")
    if visitor.unproven:
        raise web.HTTPSeeOther("/second-factor")
    if "calls.see" not in visitor.may:
        raise web.HTTPSeeOther("/money")
    return await page(request, "console.html", boot=await _boot(request, visitor))


async def map_page(request: web.Request) -> web.StreamResponse:
    """The map of orders and drivers, as a page of its own."""
    visitor = request[VISITOR]
    assert visitor is not None
    return await page(request, "map.html", boot=await _boot(request, visitor))


async def _boot(request: web.Request, visitor: Visitor) -> dict[str, Any]:
    """What the console's modules start with: who sits there, how numbers and money read, and all words in all languages.

    All languages, so that the language can be changed in the middle of an order, without a reload and without a connection.
    """
    async with request.app[DESK].look() as session:
        office = await offices.by_id(session, visitor.operator.office_id)
    trade = trades.load(office.trade)
    return {
        "me": as_me(visitor),
        "locale": locale_of(request),
        "country": office.country,
        "currency": office.currency,
        "timezone": office.timezone,
        "fields": [_field(each) for each in trade.fields],
        "skills": list(trade.skills),
        "takes_back": [state for state, after in trade.states.items() if TAKEN in after and state != RESERVED],
        "way": {state: list(trade.way_from(state)) for state in trade.states},
        "map": {"tiles": request.app[SETTINGS].map_tiles, "credit": escape(request.app[SETTINGS].map_credit)},
        "geocoders": list(request.app[OUTSIDE].geocoder.names),
        "texts": {locale: _words(locale) for locale in LOCALES},
    }


def _field(field: Field) -> dict[str, Any]:
    label = field.label.removeprefix(f"{TABLE}.")
    return {"name": field.name, "label": label, "required": field.required, "own": field.is_own, "limit": field.limit}


@cache
def _words(locale: str) -> dict[str, dict[str, str]]:
    """The panel's texts by key, each by plural form ("other" where there is but one)."""
    words = catalog(locale)
    prefix = f"{TABLE}."
    return {key.removeprefix(prefix): words.templates(key) for key in words.keys() if key.startswith(prefix)}  # noqa: SIM118 -- a catalogue, not a dict


async def login(request: web.Request) -> web.StreamResponse:
    """The log-in; who is signed in already goes to the console."""
    if await visitor_of(request) is not None:
        raise web.HTTPSeeOther("/")
    return await _login(request)


async def _login(request: web.Request, status: int = 200, refused: str | None = None, user: str = "") -> web.Response:
    second = request.app[SETTINGS].totp != "off"
    return await page(request, "login.html", status, refused=refused, user=user, second=second)


async def sign_in(request: web.Request) -> web.StreamResponse:
    """The log-in's form: to the console, or the form again with what went wrong."""
    form = await request.post()
    user, password = form.get("user"), form.get("password")
    if not isinstance(user, str) or not isinstance(password, str):
        raise web.HTTPBadRequest
    try:
        code = form.get("code")
        signed_in = await open_session(request, user, password, code if isinstance(code, str) else None)
    except WrongLogin as error:
        return await _login(request, 401, refused=error.code, user=user)
    except web.HTTPTooManyRequests as error:
        answer = await _login(request, 429, refused="too_many_attempts", user=user)
        answer.headers["Retry-After"] = error.headers["Retry-After"]
        return answer
    answer = web.Response(status=303, headers={"Location": "/"})
    give_cookie(answer, request.app[SETTINGS], signed_in.token)
    return answer


async def sign_out(request: web.Request) -> web.StreamResponse:
    """Sign out, back to the log-in."""
    await close_session(request)
    answer = web.Response(status=303, headers={"Location": "/login"})
    take_cookie(answer, request.app[SETTINGS])
    return answer
