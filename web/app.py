"""The panel's factory: one application, everything that it needs handed in."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable
from typing import Any

from aiohttp import web

from desk.bus import Bus
from desk.work import Desk
from web.access.masking import mask_answers
from web.access.throttle import Pace, Paces, Throttle
from web.api.openapi import document
from web.counting import Counting
from web.keys import (
    COUNTING,
    DESK,
    DIAL_PACE,
    DOCUMENT,
    DRIVER_NEWS,
    DRIVER_THROTTLE,
    HUB,
    METRICS,
    OUTSIDE,
    PACE,
    PARTS,
    PLACE_THROTTLE,
    PRESS,
    RECORD_WALK,
    RENDERER,
    SETTINGS,
    THROTTLE,
    WALLS,
    WHEREABOUTS,
    Outside,
)
from web.live.driver_news import DriverNews
from web.live.guard import watch_rights
from web.live.popups import Hub
from web.live.record_walk import RecordWalk
from web.live.wall import Walls
from web.live.whereabouts import Whereabouts
from web.metrics import Metrics
from web.middleware import add_headers, count, refuse_forged, tell_refusals, tell_the_tape
from web.parts import Parts
from web.pdf import Press
from web.render import HERE, Renderer
from web.routes import ROUTES, add_routes
from web.settings import Settings


def make_app(settings: Settings, desk: Desk, bus: Bus, outside: Outside) -> web.Application:
    """The application. Its background tasks live from its start-up to its clean-up."""
    app = web.Application(
        middlewares=[count, mask_answers, tell_the_tape, tell_refusals, refuse_forged],
        client_max_size=settings.body_limit,
    )
    app[SETTINGS] = settings
    app[DESK] = desk
    app[COUNTING] = Counting()
    app[OUTSIDE] = outside
    app[METRICS] = Metrics()
    app[PARTS] = Parts(bus, outside.parts)
    app[RENDERER] = Renderer()
    app[PRESS] = Press()
    app[HUB] = Hub(desk, bus, app[PARTS], app[METRICS], settings)
    app[THROTTLE] = Throttle(
        settings.login_failures_per_account, settings.login_failures_per_address, settings.login_window_s, desk.clock
    )
    app[DRIVER_NEWS] = DriverNews(bus)
    app[WHEREABOUTS] = Whereabouts(desk)
    app[WALLS] = Walls(desk)
    app[RECORD_WALK] = RecordWalk(desk)
    app[DRIVER_THROTTLE] = Throttle(
        settings.login_failures_per_account, settings.login_failures_per_address, settings.login_window_s, desk.clock
    )
    app[PLACE_THROTTLE] = Throttle(
        settings.login_failures_per_account, settings.login_failures_per_address, settings.login_window_s, desk.clock
    )
    app[PACE] = Pace(settings.test_call_every_s)
    app[DIAL_PACE] = Paces(settings.dial_every_s)
    document_of_all: Callable[[], dict[str, Any]] = _document
    app[DOCUMENT] = document_of_all
    add_routes(app)
    app.router.add_static("/static/", HERE / "static")
    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(_say_goodbye)
    app.cleanup_ctx.append(_push)
    return app


@functools.cache
def _document() -> dict[str, Any]:
    """Made when it is first asked for: it takes a third of a second of a core."""
    return document(ROUTES)


async def _push(app: web.Application) -> AsyncIterator[None]:
    tasks = [
        asyncio.create_task(app[HUB].run(), name="hub"),
        asyncio.create_task(app[HUB].positions.run(), name="positions"),
        asyncio.create_task(app[WHEREABOUTS].run(), name="whereabouts"),
        asyncio.create_task(watch_rights(app[HUB], app[DESK], app[SETTINGS]), name="rights"),
    ]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await app[RECORD_WALK].stop()


async def _say_goodbye(app: web.Application) -> None:
    app[DRIVER_NEWS].stop()
    await app[HUB].stop()
