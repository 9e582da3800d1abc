"""Who asks: a browser by its session cookie, or a program by its Bearer token; and what each may do.

The cookie holds 256 random bits and nothing else; the database holds only their hash. A request that brings an
`Authorization` header is judged by it alone, so a cookie that a browser adds by itself never helps a forged request.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Literal

from aiohttp import hdrs, web

from desk.database_errors import is_away
from desk.office import people
from desk.office.roles import WITH_SECOND_FACTOR, Permission
from desk.work import Desk
from models import Operator, WebSession
from web.access.driver_auth import driver_of, has_driver_cookie
from web.keys import DESK, SETTINGS, VISITOR, Person, Visitor
from web.settings import Settings

Required = Permission | Literal["anyone"]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def cookie_name(settings: Settings) -> str:
    """The browser binds a `__Host-` cookie to this very host, but only by TLS; ports do not separate cookies."""
    return "__Host-callboard" if settings.secure else f"callboard-{settings.port}"


def give_cookie(answer: web.StreamResponse, settings: Settings, token: str) -> None:
    """Open the session in the browser."""
    answer.set_cookie(
        cookie_name(settings),
        token,
        path="/",
        httponly=True,
        secure=settings.secure,
        samesite="Lax",
        max_age=int(settings.session_absolute_s),
    )


def take_cookie(answer: web.StreamResponse, settings: Settings) -> None:
    """Remove the session from the browser."""
    answer.del_cookie(cookie_name(settings), path="/", secure=settings.secure, httponly=True, samesite="Lax")


def has_cookie(request: web.Request) -> bool:
    """Whether the request would be judged by a cookie, an operator's or a driver's."""
    ours = hdrs.AUTHORIZATION not in request.headers and cookie_name(request.app[SETTINGS]) in request.cookies
    return ours or has_driver_cookie(request)


async def visitor_of(request: web.Request) -> Visitor | None:
    """Who asks, or None. Looked up once a request."""
    if VISITOR not in request:
        request[VISITOR] = await _look_up(request)
    return request[VISITOR]


async def _look_up(request: web.Request) -> Visitor | None:
    authorization = request.headers.get(hdrs.AUTHORIZATION)
    if authorization is not None:
        scheme, _, token = authorization.partition(" ")
        return await _by_token(request, token.strip()) if scheme.lower() == "bearer" and token else None
    cookie = request.cookies.get(cookie_name(request.app[SETTINGS]))
    return await _by_cookie(request, cookie) if cookie else None


async def _by_token(request: web.Request, token: str) -> Visitor | None:
    async with request.app[DESK].look() as session:
        operator = await people.by_token(session, token)
        return Visitor(Person.of(operator), None) if operator else None


async def _by_cookie(request: web.Request, cookie: str) -> Visitor | None:
    settings, desk = request.app[SETTINGS], request.app[DESK]
    now = desk.clock()
    async with desk.look() as session:
        found = await people.by_session(session, cookie, now, idle(settings), absolute(settings))
        if found is None:
            return None
        opened, operator = found
        visitor, session_id, last_seen_at = visitor_by(request, operator, opened), opened.id, opened.last_seen_at
    if now - last_seen_at >= people.TOUCH_EVERY:
        await _touch(desk, session_id)
    return visitor


def visitor_by(request: web.Request, operator: Operator, opened: WebSession) -> Visitor:
    """Who comes by a session. Where the site requires a second factor, who has not shown one may only set it up."""
    required = request.app[SETTINGS].totp == "required" and operator.role in WITH_SECOND_FACTOR
    return Visitor(Person.of(operator), opened.id, unproven=required and opened.factor_at is None)


async def _touch(desk: Desk, session_id: int) -> None:
    try:
        async with desk.work() as work:
            await people.touch(work, session_id)
    except Exception as error:
        if not is_away(error):  # who may read goes on reading while nobody can write
            raise


def idle(settings: Settings) -> timedelta:
    """After how long without a request a session is over."""
    return timedelta(seconds=settings.session_idle_s)


def absolute(settings: Settings) -> timedelta:
    """After how long a session is over in any case."""
    return timedelta(seconds=settings.session_absolute_s)


def require(permission: Required) -> Callable[[Handler], Handler]:
    """Let only visitors who have `permission` reach a handler: else 401 (nobody) or 403 (somebody else).

    A driver is no visitor of the panel, and nobody of the panel is a driver: each is nobody to the other's pages.
    """

    def wrap(handler: Handler) -> Handler:
        @functools.wraps(handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            if permission == "driver.own":
                if await driver_of(request) is None:
                    raise web.HTTPUnauthorized(text="not_signed_in", headers={hdrs.WWW_AUTHENTICATE: "Bearer"})
            elif permission != "anyone":
                visitor = await visitor_of(request)
                if visitor is None:
                    raise web.HTTPUnauthorized(text="not_signed_in", headers={hdrs.WWW_AUTHENTICATE: "Bearer"})
                if permission not in visitor.may:
                    raise web.HTTPForbidden(text="not_allowed")
            return await handler(request)

        return guarded

    return wrap


def as_me(visitor: Visitor) -> dict[str, Any]:
    """The signed-in person as the API shows him, and what he may do."""
    operator = visitor.operator
    return {
        "id": operator.id,
        "login": operator.login,
        "name": operator.name,
        "role": operator.role,
        "extension": operator.extension,
        "locale": operator.locale,
        "may": sorted(visitor.may),
    }
