"""Money over the API: who may do what, what is booked once, what is refused in words, and that totals open into their rows."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from desk.books import cashier, periods
from desk.office import roles
from models import AuditEntry, Driver
from tests.web.conftest import House, Visitor
from tests.web.test_offices import Other, other  # noqa: F401 -- a fixture
from web.routes import ROUTES

NOVEMBER = "from=2026-11-01&to=2026-11-30"
EVENING = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)


@pytest.fixture
def at_eight(house: House) -> House:
    """Eight in the evening in Seoul."""
    house.desk.clock = lambda: EVENING
    return house


async def booked(who: Visitor, path: str, body: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What was booked."""
    answer = await who.api("POST", path, body, **more)
    assert answer.status == 201, answer.body
    return dict(answer.body)


async def trip(house: House, driver: int, fare: int = 20_000) -> int:
    """An order of that driver, done."""
    order = await house.order(fare=fare)
    for path, body in (("assign", {"driver_id": driver}), ("step", {"to": "completed"})):
        answer = await house.program().api("POST", f"/orders/{order['id']}/{path}", body)
        assert answer.status == 200, answer.body
    return int(order["id"])


def test_of_money_an_operator_may_ask_for_a_pay_out_and_nothing_else() -> None:
    """Seen failing with the rows of a span open to operators."""
    ours = re.compile(r"/money|/reports|/periods|/entries/|/withdrawals|/statement|/top-ups|/penalties")
    open_to_the_desk = [
        (route.method, route.path) for route in ROUTES if ours.search(route.path) and route.may in roles.may("operator")
    ]
    assert [(method, path.rpartition("/")[2]) for method, path in open_to_the_desk] == [("POST", "withdrawals")]


async def test_the_owner_s_month_opens_into_its_rows(at_eight: House) -> None:
    house, boss = at_eight, await at_eight.signed_in("boss")
    driver = house.site.drivers[0]
    await booked(boss, f"/drivers/{driver}/top-ups", {"amount": 50_000, "reference": "영수증 1"})
    done = [await trip(house, driver, fare) for fare in (20_000, 23_450)]
    cancelled = await house.order()
    await house.program().api("POST", f"/orders/{cancelled['id']}/cancel", {"reason": "손님"})
    month = (await boss.api("GET", f"/reports/company?{NOVEMBER}&by=day")).body
    assert month["total"] == {
        "completed": 2, "cancelled": 1, "fares": 43_450, "call_fees": 8_690, "penalties": 0, "top_ups": 50_000, "withdrawals": 0,
        "dead_runs": 0,
    }  # fmt: skip
    assert [line["span"]["first"] for line in month["lines"] if line["figures"]["completed"]] == ["2026-11-20"]
    assert month["lines"][19]["span"]["since"] == "2026-11-19T15:00:00.000Z"
    orders = (await boss.api("GET", f"/reports/company/orders?{NOVEMBER}")).body["items"]
    assert [row["id"] for row in orders] == [*done, cancelled["id"]]
    assert sum(row["fare"] for row in orders if row["state"] == "completed") == 43_450
    first = (await boss.api("GET", f"/reports/company/entries?{NOVEMBER}&limit=2")).body
    second = (await boss.api("GET", f"/reports/company/entries?{NOVEMBER}&limit=2&cursor={first['next']}")).body
    entries = [*first["items"], *second["items"]]
    assert [(row["about"], row["amount"]) for row in entries] == [
        ("top_up", 50_000), ("call_fee", 4_000), ("call_fee", 4_690)
    ]  # fmt: skip
    assert second["next"] is None
    drivers = (await boss.api("GET", f"/reports/drivers?{NOVEMBER}")).body
    assert [line["driver"] and line["driver"]["id"] for line in drivers["lines"]] == [driver, None]
    assert drivers["total"]["figures"] == month["total"]
    statement = (await boss.api("GET", f"/drivers/{driver}/statement?{NOVEMBER}")).body
    assert (statement["opening"], statement["closing"]) == (0, 41_310)
    assert [(row["amount"], row["balance"]) for row in statement["rows"]] == [
        (50_000, 50_000), (-4_000, 46_000), (-4_690, 41_310)
    ]  # fmt: skip
    assert statement["rows"][1]["fare"] == 20_000


async def test_a_pay_out_takes_two_people(at_eight: House) -> None:
    """Seen failing without the comparison of who asks and who approves."""
    house, boss, op = at_eight, await at_eight.signed_in("boss"), await at_eight.signed_in("op")
    driver = house.site.drivers[0]
    await booked(boss, f"/drivers/{driver}/top-ups", {"amount": 50_000, "reference": "영수증 1"})
    own = await booked(boss, f"/drivers/{driver}/withdrawals", {"amount": 10_000})
    refused = await boss.api("POST", f"/withdrawals/{own['id']}/approve", {})
    assert (refused.status, refused.code) == (409, "same_person")
    asked = await booked(op, f"/drivers/{driver}/withdrawals", {"amount": 30_000, "note": "국민 123-45"})
    assert (await op.api("POST", f"/withdrawals/{asked['id']}/approve", {})).status == 403
    waiting = (await boss.api("GET", "/withdrawals")).body["items"]
    assert [(one["id"], one["amount"], one["has"], one["note"]) for one in waiting] == [
        (own["id"], 10_000, 50_000, None), (asked["id"], 30_000, 50_000, "국민 123-45")
    ]  # fmt: skip
    assert (await boss.api("POST", f"/withdrawals/{own['id']}/turn-down", {"reason": "필요 없음"})).status == 200
    paid = await booked(boss, f"/withdrawals/{asked['id']}/approve", {})
    assert (paid["kind"], paid["balance"]) == ("withdrawal", 20_000)
    for decided in (own, asked):
        again = await boss.api("POST", f"/withdrawals/{decided['id']}/approve", {})
        assert (again.status, again.code) == (409, "already_decided")
    assert (await boss.api("GET", "/withdrawals")).body["items"] == []
    async with house.desk.look() as session:
        told = (await session.scalars(select(AuditEntry.what).where(AuditEntry.what.like("withdrawal.%")))).all()
    assert told == ["withdrawal.asked"] * 2 + ["withdrawal.turned_down", "withdrawal.approved"]


async def test_nobody_is_paid_out_what_he_does_not_have(at_eight: House) -> None:
    house, boss, op = at_eight, await at_eight.signed_in("boss"), await at_eight.signed_in("op")
    driver = house.site.drivers[0]
    await booked(boss, f"/drivers/{driver}/top-ups", {"amount": 50_000, "reference": "영수증 1"})
    much = await op.api("POST", f"/drivers/{driver}/withdrawals", {"amount": 50_001})
    assert (much.status, much.code, much.body["details"]["balance"]) == (409, "not_enough", 50_000)
    asked = [await booked(op, f"/drivers/{driver}/withdrawals", {"amount": 40_000}) for _ in range(2)]
    await booked(boss, f"/withdrawals/{asked[0]['id']}/approve", {})
    late = await boss.api("POST", f"/withdrawals/{asked[1]['id']}/approve", {})
    assert (late.status, late.code) == (409, "not_enough")


async def test_a_payment_is_booked_once_and_its_name_is_no_other_s(at_eight: House) -> None:
    """Seen failing without the comparison of what is booked under the name."""
    house, boss = at_eight, await at_eight.signed_in("boss")
    one, two = house.site.drivers[:2]
    body = {"amount": 50_000, "reference": "영수증 1"}
    first = await booked(boss, f"/drivers/{one}/top-ups", body)
    assert (await booked(boss, f"/drivers/{one}/top-ups", body))["id"] == first["id"]
    for driver, given in ((two, body), (one, {**body, "amount": 60_000})):
        refused = await boss.api("POST", f"/drivers/{driver}/top-ups", given)
        assert (refused.status, refused.code) == (409, "reference_used")
    async with house.desk.look() as session:
        assert (await session.get_one(Driver, one)).number == "100"
    line = (await boss.api("GET", f"/reports/drivers?{NOVEMBER}")).body["lines"]
    assert [(each["driver"]["id"], each["closing"]) for each in line] == [(one, 50_000)]


async def test_a_penalty_says_why_and_is_undone_once(at_eight: House) -> None:
    house, boss = at_eight, await at_eight.signed_in("boss")
    path = f"/drivers/{house.site.drivers[0]}/penalties"
    assert (await boss.api("POST", path, {"amount": 5_000, "reference": "민원 1"})).status == 422
    blank = await boss.api("POST", path, {"amount": 5_000, "reference": "민원 1", "evidence": " \u200b"})
    assert (blank.status, blank.code) == (422, "invalid")
    entry = await booked(boss, path, {"amount": 5_000, "reference": "민원 1", "evidence": "40분 늦음"})
    assert entry["balance"] == -5_000
    undone = await booked(boss, f"/entries/{entry['id']}/reverse", {"evidence": "기사 말이 맞음"})
    assert (undone["kind"], undone["balance"]) == ("reversal", 0)
    again = await boss.api("POST", f"/entries/{entry['id']}/reverse", {"evidence": "기사 말이 맞음"})
    assert (again.status, again.code) == (409, "already_reversed")


async def test_a_month_is_closed_when_it_is_over_and_stays_as_it_was(at_eight: House) -> None:
    house, boss = at_eight, await at_eight.signed_in("boss")
    await trip(house, house.site.drivers[0])
    early = await boss.api("POST", "/periods", {"year": 2026, "month": 11})
    assert (early.status, early.code) == (409, "period_out_of_turn")
    house.desk.clock = lambda: datetime(2026, 11, 30, 15, tzinfo=UTC)
    boss = await house.signed_in("boss")
    closed = await booked(boss, "/periods", {"year": 2026, "month": 11})
    assert closed["span"]["first"] == "2026-11-01"
    await trip(house, house.site.drivers[0])
    assert (await boss.api("GET", f"/periods/{closed['id']}")).body == {**closed, "unchanged": True}
    assert (await boss.api("GET", "/periods")).body["items"] == [closed]


@pytest.mark.parametrize(
    "query",
    ["", "from=2026-11-01", f"{NOVEMBER}&by=week", "from=2026-11-31&to=2026-12-01", "from=20261101&to=2026-11-30",
     "from=２026-11-01&to=2026-11-30", f"{NOVEMBER}&sort=fare"],
)  # fmt: skip
async def test_what_is_no_span_is_refused(house: House, query: str) -> None:
    boss = await house.signed_in("boss")
    assert (await boss.api("GET", f"/reports/company?{query}")).status == 400


@pytest.mark.parametrize("query", ["from=2026-11-02&to=2026-11-01", "from=2020-01-01&to=2026-01-01&by=day"])
async def test_a_span_that_cannot_be_cut_is_refused_in_words(house: House, query: str) -> None:
    boss = await house.signed_in("boss")
    refused = await boss.api("GET", f"/reports/company?{query}")
    assert (refused.status, refused.code) == (422, "invalid")
    assert refused.body["detail"]


@pytest.mark.parametrize(
    "body",
    [{"amount": 0, "reference": "1"}, {"amount": 1.5, "reference": "1"}, {"amount": "1", "reference": "1"},
     {"amount": -1, "reference": "1"}, {"amount": 2**31, "reference": "1"}, {"amount": 1}, {"amount": 1, "reference": ""},
     {"amount": 1, "reference": "1", "operator_id": 2}, {"amount": True, "reference": "1"}],
)  # fmt: skip
async def test_an_amount_that_is_none_is_refused(house: House, body: dict[str, Any]) -> None:
    boss = await house.signed_in("boss")
    assert (await boss.api("POST", f"/drivers/{house.site.drivers[0]}/top-ups", body)).status == 422


async def test_another_office_s_money_is_not_there(at_eight: House, other: Other) -> None:  # noqa: F811
    """Seen failing with the office left out of each of the checks."""
    house, boss = at_eight, await at_eight.signed_in("boss")
    theirs = other.site.drivers[0]
    for path, body in (
        ("top-ups", {"amount": 1, "reference": "1"}),
        ("penalties", {"amount": 1, "reference": "1", "evidence": "x"}),
        ("withdrawals", {"amount": 1}),
    ):
        assert (await boss.api("POST", f"/drivers/{theirs}/{path}", body)).status == 404, path
    assert (await boss.api("GET", f"/drivers/{theirs}/statement?{NOVEMBER}")).status == 404
    async with house.desk.work() as work:
        entry = await cashier.take_in(work, other.site.operator_id, theirs, 9_000, "1")
        asked = await cashier.ask(work, other.site.operator_id, theirs, 5_000)
        period = await periods.close(work, None, other.site.office_id, 2026, 10)
    for path, body in (
        (f"/entries/{entry.id}/reverse", {"evidence": "x"}),
        (f"/withdrawals/{asked.id}/approve", {}),
        (f"/withdrawals/{asked.id}/turn-down", {"reason": "x"}),
    ):
        assert (await boss.api("POST", path, body)).status == 404, path
    assert (await boss.api("GET", f"/periods/{period.id}")).status == 404
    assert (await boss.api("GET", "/periods")).body["items"] == []
    assert (await boss.api("GET", "/withdrawals")).body["items"] == []
    assert (await boss.api("GET", f"/reports/company?{NOVEMBER}")).body["total"]["top_ups"] == 0
    ours = house.site.drivers[0]
    body = {"amount": 1, "reference": "1", "evidence": "x", "order_id": other.order}
    assert (await boss.api("POST", f"/drivers/{ours}/penalties", body)).status == 404
