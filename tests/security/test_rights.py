"""Each URL against everybody, generated from the table of routes and the table of roles: every role, here and in another office."""

from __future__ import annotations

from desk.office import people, roles
from models import Office, Operator
from models.office import ROLES
from tests.web.conftest import House, Visitor, path_of
from web.route import Route
from web.routes import ROUTES

NOBODY, DRIVER = "nobody", "driver"
ROLES_OF_PEOPLE = tuple(role for role in roles.MAY if role != DRIVER)
# Whose rows an id of the own office names is asked with these; without, a body's mistakes would be told first.
BODIES = {
    "/assign": {"driver_number": "100"},
    "/cancel": {"reason": "x"},
    "/release": {"reason": "x"},
    "/turn-down": {"reason": "x"},
    "/step": {"to": "driving"},
    "/reverse": {"evidence": "x"},
    "/top-ups": {"amount": 1000, "reference": "x"},
    "/penalties": {"amount": 1000, "evidence": "x", "reference": "x"},
    "/withdrawals": {"amount": 1},
    "/block": {"reason": "x"},
    "/serve": {"reason": "x"},
    "/erase": {"reason": "x"},
    "/merge": {"other": 2, "name_of": 2},
    "/payments": {"amount": 1, "reference": "x"},
    "/riders": {"number": "01012345678"},
    "/riders/remove": {"number": "01012345678"},
}


async def visitors(house: House, office_id: int, prefix: str) -> dict[str, Visitor]:
    """One program of every role."""
    for role in ROLES_OF_PEOPLE:
        async with house.desk.work() as work:
            await people.add_operator(work, office_id, f"{prefix}-{role}", role=role, token=f"{prefix}-{role}" * 5)
    return {role: house.visitor(Authorization=f"Bearer {f'{prefix}-{role}' * 5}") for role in ROLES_OF_PEOPLE}


def expected(role: str, route: Route) -> int | None:
    """What the tables say: the status of the refusal, or None."""
    if route.may == "anyone" or route.may in roles.may(role):
        return None
    # A driver is nobody to the panel, and nobody of the panel is a driver.
    return 401 if role in (NOBODY, DRIVER) or route.may == "driver.own" else 403


def test_every_url_names_a_permission_and_every_permission_a_url() -> None:
    """Seen failing with a permission that no route names."""
    assert {route.may for route in ROUTES} == {*roles.PERMISSIONS - roles.WITHIN, "anyone"}
    assert set(roles.MAY) == {*ROLES, DRIVER}
    assert set().union(*roles.MAY.values()) == roles.PERMISSIONS


def test_who_sees_and_moves_money_is_said_once_more_by_hand() -> None:
    """Seen failing with a permission given to a role more."""
    holders = {
        permission: {role for role in roles.MAY if permission in roles.may(role)} for permission in roles.PERMISSIONS
    }
    assert holders["money.book"] == holders["money.close"] == {"admin", "accountant"}
    assert holders["money.credit"] == {"admin", "accountant"}
    assert holders["credit.exceed"] == {"admin", "dispatcher"}
    assert holders["money.see"] == {"admin", "accountant", "auditor"}
    assert holders["audit.see"] == {"admin", "auditor"}
    assert holders["texts.send"] == {"admin", "dispatcher"}
    assert holders["driver.own"] == {"driver"}
    assert holders["calls.listen"] == {"admin", "operator"}
    changes = {
        "calls.handle",
        "orders.take",
        "orders.dispatch",
        "drivers.link",
        "appeals.answer",
        "texts.handle",
        "money.ask",
        "money.book",
        "money.credit",
        "credit.exceed",
    }
    assert not roles.may("auditor") & {*changes, "money.close", "calls.listen"}
    assert roles.may("a role that is none") == frozenset()


async def test_every_url_lets_in_whom_its_role_names(house: House) -> None:
    """Seen failing with `require()` letting everybody pass, and with it not looking at the permission."""
    asking = await visitors(house, house.site.office_id, "ours")
    asking |= {NOBODY: house.anonymous(), DRIVER: await house.driver()}
    wrong = []
    for role, visitor in asking.items():
        for route in sorted(ROUTES, key=lambda one: one.method == "DELETE"):
            answer = await visitor.ask(route.method, path_of(route.path), headers={"Origin": house.base})
            wanted = expected(role, route)
            # Signing in with nothing is refused, too, for another reason than "who are you".
            refused = answer.status in (401, 403) and not (route.method == "POST" and route.may == "anyone")
            if (answer.status if refused else None) != wanted or answer.status in (405, 500):
                wrong.append((role, route.method, route.path, answer.status, wanted))
    assert wrong == []


async def test_no_url_with_an_id_shows_an_office_another(house: House) -> None:
    """Seen failing with the office not looked at in `order_json`."""
    call = await house.ring(reference="cb1-9.9")
    order = await house.order(customer_name="김철수")
    async with house.desk.work() as work:
        other = Office(name="x", country="KR", currency="KRW", timezone="Asia/Seoul", trade="proxy", sms_sender="1")
        work.session.add(other)
        await work.session.flush()
        office_id = other.id
    ours = {
        "calls": call,
        "orders": order["id"],
        "customers": order["customer"]["id"],
        "drivers": house.site.drivers[0],
    }
    seen = []
    for role, visitor in (await visitors(house, office_id, "theirs")).items():
        for route in ROUTES:
            if "{id" not in route.path or route.may not in roles.may(role):
                continue
            kind = next((part for part in route.path.split("/") if part in ours), "")
            path = path_of(route.path).replace("/1", f"/{ours.get(kind, 1)}", 1)
            body = BODIES.get("/" + path.rpartition("/")[2])
            more = {"json": body} if body is not None else {}
            told = await visitor.ask(route.method, path, headers={"Origin": house.base}, **more)
            if told.status not in (303, 400, 404, 415, 422, 428) or "김철수" in told.raw.decode():
                seen.append((role, route.method, path, told.status))
    assert seen == []
    async with house.desk.look() as session:
        assert (await session.get_one(Operator, house.site.operator_id)).role == "operator"
