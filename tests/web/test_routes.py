"""Every URL against everybody: who gets in is what the table says, and the table says what we mean."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from tests.web.conftest import House, path_of
from web.access.auth import require
from web.api.openapi import plain_path
from web.app import make_app
from web.keys import VISITOR, Person, Visitor
from web.middleware import tell_refusals
from web.routes import ROUTES

OPEN_TO_ANYONE = {
    "GET /car",
    "POST /api/v1/car/open",
    "GET /api/v1/car",
    "GET /api/v1/car/photos/{id:[1-9][0-9]{0,17}}",
    "GET /",
    "GET /login",
    "POST /login",
    "POST /logout",
    "GET /healthz",
    "GET /metrics",
    "GET /api/v1/openapi.json",
    "POST /api/v1/session",
    "GET /driver",
    "POST /api/v1/driver/session",
    "POST /api/v1/driver/link",
    "GET /here",
    "POST /api/v1/here",
    "GET /wall",
    "GET /api/v1/wall",
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def test_only_these_are_open_to_anyone() -> None:
    assert {f"{route.method} {route.path}" for route in ROUTES if route.may == "anyone"} == OPEN_TO_ANYONE


async def test_nobody_gets_in_without_signing_in(house: House) -> None:
    """Seen failing with one URL let in for anybody."""
    let_in = {}
    for route in ROUTES:
        answer = await house.anonymous().ask(route.method, path_of(route.path))
        if route.may == "anyone":
            # Signing in with nothing is refused for another reason than "who are you".
            good = answer.status not in (403, 404, 405, 500) and (answer.status != 401 or route.path == "/login")
            # A screen on the wall without its token is one that is not there.
            good = good or (answer.status == 404 and answer.code == "no_such_wall")
        else:
            good = answer.status == 401 and answer.code == "not_signed_in"
            good = good and answer.headers["WWW-Authenticate"] == "Bearer"
        if not good:
            let_in[f"{route.method} {route.path}"] = answer.status
    assert let_in == {}


async def test_no_url_takes_a_method_that_is_not_in_the_table(house: House) -> None:
    """Seen failing with a second method for one URL, beside the table."""
    visitor = house.program()
    taken = {}
    for path in sorted({path_of(route.path) for route in ROUTES}):
        known = {route.method for route in ROUTES if path_of(route.path) == path}
        for method in set(METHODS) - known:
            answer = await visitor.ask(method, path)
            if answer.status != 405 or set(answer.headers["Allow"].split(",")) != known:
                taken[f"{method} {path}"] = answer.status
    assert taken == {}


def test_the_application_has_no_route_that_is_not_in_the_table(house: House) -> None:
    app = make_app(house.settings, house.desk, house.desk.bus, house.panel._outside)
    served = {
        (route.method, route.resource.canonical) for route in app.router.routes() if route.resource is not None
    } - {("GET", "/static"), ("HEAD", "/static")}
    assert served == {(route.method, plain_path(route.path)) for route in ROUTES}


@pytest.mark.parametrize(("role", "status"), [("operator", 403), ("admin", 200), ("no role of ours", 403)])
async def test_what_is_for_admins_is_not_for_operators(role: str, status: int, aiohttp_client: Any) -> None:
    """Seen failing with the permission not looked at, and with an unknown role taken for an administrator."""

    @require("money.close")
    async def admins_only(_request: web.Request) -> web.StreamResponse:
        return web.Response()

    @web.middleware
    async def come_as(request: web.Request, handler: Any) -> Any:
        request[VISITOR] = Visitor(Person(1, 1, "x", "x", role, None, "ko"), 1)
        return await handler(request)

    app = web.Application(middlewares=[tell_refusals, come_as])
    app.router.add_get("/api/x", admins_only)
    client = await aiohttp_client(app)
    async with client.get("/api/x") as answer:
        assert answer.status == status


@pytest.mark.parametrize(
    "path",
    ["/api/v1/orders/0", "/api/v1/orders/-1", "/api/v1/orders/01", "/api/v1/orders/1e3", "/api/v1/orders/9" + "9" * 30],
)
async def test_an_odd_id_is_nothing_that_exists(house: House, path: str) -> None:
    assert (await house.program().ask("GET", path)).status == 404
