"""Signing in and out, for pages and programs alike."""

from __future__ import annotations

from aiohttp import web

from desk import people
from desk.people import SignedIn
from web.ask import Ask, Json, json_answer, understand
from web.auth import as_me, give_cookie, take_cookie, visitor_of
from web.given import SignIn
from web.keys import DESK, SETTINGS, THROTTLE, Person, Visitor
from web.shapes import Nothing


async def open_session(request: web.Request, user: str, password: str) -> SignedIn:
    """Check a password and open a session. Raises WrongLogin, or HTTPTooManyRequests after too many wrong ones."""
    address = request.remote or ""
    throttle = request.app[THROTTLE]
    wait = throttle.wait_s(user, address)
    if wait > 0:
        raise web.HTTPTooManyRequests(text="too_many_attempts", headers={"Retry-After": str(wait)})
    # Counted before the slow check, so that many at once do not all slip through.
    throttle.failed(user, address)
    signed_in = await people.sign_in(request.app[DESK], user, password, address)
    throttle.succeeded(user, address)
    await close_session(request)
    return signed_in


async def close_session(request: web.Request) -> None:
    """End the session that this request's cookie opens, if there is one. Its sockets close with it."""
    visitor = await visitor_of(request)
    if visitor is not None and visitor.session_id is not None:
        async with request.app[DESK].work() as work:
            await people.sign_out(work, visitor.session_id)


async def create(request: web.Request) -> web.StreamResponse:
    """Sign in: 201, the person, and the cookie. A wrong name and a wrong password are answered alike."""
    given = (await understand(request, SignIn, from_body=True)).given
    signed_in = await open_session(request, given.user, given.password)
    answer = json_answer(as_me(Visitor(Person.of(signed_in.operator), signed_in.session.id)), 201)
    give_cookie(answer, request.app[SETTINGS], signed_in.token)
    return answer


async def show(ask: Ask[Nothing]) -> Json:
    """Who is signed in."""
    return as_me(ask.visitor)


async def delete(request: web.Request) -> web.StreamResponse:
    """Sign out; the session is dead on the server, too."""
    await close_session(request)
    answer = web.Response(status=204)
    take_cookie(answer, request.app[SETTINGS])
    return answer
