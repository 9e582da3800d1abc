"""Which driver asks: by the cookie that a texted link opened, and by nothing else. Operators' sessions and tokens are not his.

The cookie is Strict: no other site's page makes a driver's phone send it, not even by a link.
"""

from __future__ import annotations

from aiohttp import hdrs, web

from desk.database_errors import is_away
from desk.driver import driver_access
from desk.driver.driver_access import ABSOLUTE, TOUCH_EVERY, DriverPerson
from desk.work import Desk
from web.keys import DESK, DRIVER, SETTINGS
from web.settings import Settings


def driver_cookie(settings: Settings) -> str:
    """The name of the cookie; as for operators, the host's own by TLS, else with the port."""
    return "__Host-callboard-driver" if settings.secure else f"callboard-driver-{settings.port}"


def give_driver_cookie(answer: web.StreamResponse, settings: Settings, token: str) -> None:
    """Open the session on the phone."""
    answer.set_cookie(
        driver_cookie(settings),
        token,
        path="/",
        httponly=True,
        secure=settings.secure,
        samesite="Strict",
        max_age=int(ABSOLUTE.total_seconds()),
    )


def take_driver_cookie(answer: web.StreamResponse, settings: Settings) -> None:
    """Remove the session from the phone."""
    answer.del_cookie(driver_cookie(settings), path="/", secure=settings.secure, httponly=True, samesite="Strict")


def has_driver_cookie(request: web.Request) -> bool:
    """Whether the request could be judged by a driver's cookie."""
    return hdrs.AUTHORIZATION not in request.headers and driver_cookie(request.app[SETTINGS]) in request.cookies


async def driver_of(request: web.Request) -> DriverPerson | None:
    """The driver who asks, or None. Looked up once a request."""
    if DRIVER not in request:
        request[DRIVER] = await _look_up(request)
    return request[DRIVER]


async def still_driver(request: web.Request) -> bool:
    """Whether the cookie still opens a session, now that some time has passed."""
    request[DRIVER] = await _look_up(request)
    return request[DRIVER] is not None


async def _look_up(request: web.Request) -> DriverPerson | None:
    if not has_driver_cookie(request):
        return None
    desk = request.app[DESK]
    now = desk.clock()
    async with desk.look() as session:
        found = await driver_access.by_session(session, request.cookies[driver_cookie(request.app[SETTINGS])], now)
    if found is None:
        return None
    person, last_seen_at = found
    if now - last_seen_at >= TOUCH_EVERY:
        await _touch(desk, person.session_id)
    return person


async def _touch(desk: Desk, session_id: int) -> None:
    try:
        async with desk.work() as work:
            await driver_access.touch(work, session_id)
    except Exception as error:
        if not is_away(error):  # who may read goes on reading while nobody can write
            raise
