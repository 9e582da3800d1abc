"""Each URL against everybody, generated from the table of routes: nobody, operator, admin, program, driver, another office."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models import Call
from tests.web.conftest import House, Visitor, path_of
from tests.web.test_offices import Other, other  # noqa: F401 -- a fixture
from web.routes import ROUTES, Route

NAMES = [f"{route.method} {path_of(route.path)}" for route in ROUTES]
REFUSED = {401, 403}


async def who(house: House, name: str) -> Visitor:
    """Somebody who asks."""
    if name == "nobody":
        return house.anonymous()
    if name == "program":
        return house.program()
    if name == "driver":
        return await house.driver()
    return await house.signed_in(name)


def may(name: str, route: Route) -> bool:
    """What the table says."""
    if "driver" in (name, route.role):
        return name == route.role or route.role == "anyone"
    return route.role == "anyone" or name == "boss" or (route.role == "operator" and name in ("op", "program"))


@pytest.mark.parametrize("route", ROUTES, ids=NAMES)
async def test_every_url_lets_in_whom_its_role_names(house: House, route: Route) -> None:
    """Seen failing with `require()` letting everybody pass, and with it not looking at the role."""
    for name in ("nobody", "op", "boss", "program", "driver"):
        visitor = await who(house, name)
        answer = await visitor.ask(route.method, path_of(route.path), headers={"Origin": house.base})
        # Signing in with nothing is refused, too, for another reason than "who are you".
        let_in = answer.status not in REFUSED or (route.method == "POST" and route.role == "anyone")
        assert let_in == may(name, route), (name, answer.status)


@pytest.mark.parametrize("route", [route for route in ROUTES if "{id" in route.path], ids=lambda route: route.path)
async def test_no_url_with_an_id_shows_an_office_another(house: House, other: Other, route: Route) -> None:  # noqa: F811
    """Seen failing with the office not looked at in `order_json`."""
    await house.ring(reference="cb1-9.9")
    order = await house.order(customer_name="김철수")
    async with house.desk.look() as session:
        call = await session.scalar(select(Call.id).where(Call.linkedid == "cb1-9.9"))
    ours = {"calls": call, "orders": order["id"], "customers": order["customer"]["id"]}
    kind = route.path.split("/")[3]
    if kind not in ours:
        return
    path = path_of(route.path).replace("/1", f"/{ours[kind]}", 1)
    body = {"cancel": {"reason": "x"}, "assign": {"driver_id": 1}}.get(path.rpartition("/")[2])
    told = await other.program.ask(route.method, path, **({"json": body} if body is not None else {}))
    assert told.status in (404, 422, 428), (path, told.status)
    assert "김철수" not in told.raw.decode()
