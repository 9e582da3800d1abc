"""Signing in and out, for pages and programs alike."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from desk.office import people, second_factor
from desk.office.people import CodeNeeded, Prove, SignedIn
from desk.work import Work
from web.access.auth import as_me, give_cookie, take_cookie, visitor_by, visitor_of
from web.api.ask import Ask, Json, json_answer, understand
from web.api.given import SignIn
from web.api.shapes import Nothing
from web.keys import DESK, OUTSIDE, SETTINGS, THROTTLE


async def open_session(request: web.Request, user: str, password: str, code: str | None = None) -> SignedIn:
    """Check a password, and a code where there is a second factor, and open a session.

    Raises WrongLogin (CodeNeeded: the code is missing), or HTTPTooManyRequests after too many wrong ones.
    """
    was_right = counted(request, people.as_login(user))

    async def second(operator_id: int) -> Prove | None:
        return await prover(request, operator_id, code)

    signed_in = await people.sign_in(request.app[DESK], user, password, request.remote or "", second)
    was_right()
    await close_session(request)
    return signed_in


def counted(request: web.Request, account: str) -> Callable[[], None]:
    """Count a try at a password or a code of this account; what is returned takes it back. Raises HTTPTooManyRequests.

    It is counted before the slow check, so that many at once do not all slip through.
    """
    throttle, address = request.app[THROTTLE], request.remote or ""
    wait = throttle.wait_s(account, address)
    if wait > 0:
        raise web.HTTPTooManyRequests(text="too_many_attempts", headers={"Retry-After": str(wait)})
    throttle.failed(account, address)
    return lambda: throttle.succeeded(account, address)


async def prover(request: web.Request, operator_id: int, code: str | None) -> Prove | None:
    """How this person shows his second factor with `code`; None where there is none to show. Raises CodeNeeded."""
    if request.app[SETTINGS].totp == "off":
        return None
    async with request.app[DESK].look() as session:
        if (await second_factor.standing(session, operator_id)).state != "on":
            return None
        if not code or not code.strip():
            raise CodeNeeded("the second factor's code has to come with the password")
        recovery_id = await second_factor.recovery_of(session, operator_id, code)
    key, given = request.app[OUTSIDE].factor_key, code

    async def prove(work: Work, who: int) -> str | None:
        return await second_factor.use(work, key, who, given, recovery_id)

    return prove


async def close_session(request: web.Request) -> None:
    """End the session that this request's cookie opens, if there is one. Its sockets close with it."""
    visitor = await visitor_of(request)
    if visitor is not None and visitor.session_id is not None:
        async with request.app[DESK].work() as work:
            await people.sign_out(work, visitor.session_id)


async def create(request: web.Request) -> web.StreamResponse:
    """Sign in: 201, the person, and the cookie. A wrong name and a wrong password are answered alike."""
    given = (await understand(request, SignIn, from_body=True)).given
    signed_in = await open_session(request, given.user, given.password, given.code)
    answer = json_answer(as_me(visitor_by(request, signed_in.operator, signed_in.session)), 201)
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
