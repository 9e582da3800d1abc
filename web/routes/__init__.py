"""Every URL of the panel on one page: method, path, who may, what comes in, what goes out.

Rights are judged here and nowhere else; the OpenAPI document and the tests are generated from this table.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from web.access.auth import Handler, require
from web.api.ask import Ask, json_answer, understand
from web.route import Route
from web.routes import api, customers, money, pages, phones, tasks

ROUTES: tuple[Route, ...] = (
    *pages.ROUTES,
    *api.ROUTES,
    *customers.ROUTES,
    *tasks.ROUTES,
    *phones.ROUTES,
    *money.ROUTES,
)


def _speaking_json(route: Route) -> Handler:
    handler: Callable[[Ask[Any]], Awaitable[dict[str, Any]]] = route.handler  # type: ignore[assignment]

    async def handle(request: web.Request) -> web.StreamResponse:
        ask = await understand(
            request, route.given, from_body=route.method not in ("GET", "HEAD"), longest=route.longest
        )
        return json_answer(await handler(ask), route.status)

    return handle


def add_routes(app: web.Application) -> None:
    """Put the whole table into `app`, every handler behind its permission."""
    for route in ROUTES:
        handler: Handler = _speaking_json(route) if route.kind == "json" else route.handler  # type: ignore[assignment]
        app.router.add_route(route.method, route.path, require(route.may)(handler))
