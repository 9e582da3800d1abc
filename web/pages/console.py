"""The pages that people see: the console, and the log-in before it."""

from __future__ import annotations

from aiohttp import web

from desk.people import WrongLogin
from web.auth import give_cookie, take_cookie, visitor_of
from web.keys import SETTINGS
from web.pages.session import close_session, open_session
from web.render import page


async def console(request: web.Request) -> web.StreamResponse:
    """The console; nobody in particular goes to the log-in first."""
    if await visitor_of(request) is None:
        raise web.HTTPSeeOther("/login")
    return await page(request, "console.html")


async def login(request: web.Request) -> web.StreamResponse:
    """The log-in; who is signed in already goes to the console."""
    if await visitor_of(request) is not None:
        raise web.HTTPSeeOther("/")
    return await page(request, "login.html", refused=None, user="")


async def sign_in(request: web.Request) -> web.StreamResponse:
    """The log-in's form: to the console, or the form again with what went wrong."""
    form = await request.post()
    user, password = form.get("user"), form.get("password")
    if not isinstance(user, str) or not isinstance(password, str):
        raise web.HTTPBadRequest
    try:
        signed_in = await open_session(request, user, password)
    except WrongLogin as error:
        return await page(request, "login.html", 401, refused=error.code, user=user)
    except web.HTTPTooManyRequests as error:
        answer = await page(request, "login.html", 429, refused="too_many_attempts", user=user)
        answer.headers["Retry-After"] = error.headers["Retry-After"]
        return answer
    answer = web.HTTPSeeOther("/")
    give_cookie(answer, request.app[SETTINGS], signed_in.token)
    return answer


async def sign_out(request: web.Request) -> web.StreamResponse:
    """Sign out, back to the log-in."""
    await close_session(request)
    answer = web.HTTPSeeOther("/login")
    take_cookie(answer, request.app[SETTINGS])
    return answer
