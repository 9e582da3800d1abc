"""The JSON API, from a ring to two messages, as a program uses it."""

from __future__ import annotations

from typing import Any

import pytest

from desk.call import calls
from tests.web.conftest import DID, House

PLACE = {"text": "강남역 10번 출구", "lat": 37.4979, "lon": 127.0276}


async def test_a_call_becomes_an_order_an_assignment_and_two_messages(house: House) -> None:
    await house.ring("010-5550-1234", "첫 손님")
    visitor = house.program()
    [call] = (await visitor.api("GET", "/calls?number=01055501234")).body["items"]
    assert (call["number"], call["name"], call["line"]) == ("+821055501234", "첫 손님", DID)

    body = {"call_id": call["id"], "origin": PLACE, "destination": {"text": "잠실역"}, "fare": 20000}
    taken = await visitor.api("POST", "/orders", body)
    assert taken.status == 201
    order = taken.body
    assert (order["number"], order["fare"], order["currency"]) == ("+821055501234", 20000, "KRW")

    candidates = (await visitor.api("GET", f"/orders/{order['id']}/candidates")).body["items"]
    assert [one["driver_id"] for one in candidates] == list(house.site.drivers)
    assert candidates[0]["reason"]

    assigned = await visitor.api("POST", f"/orders/{order['id']}/assign", {"driver_id": candidates[0]["driver_id"]})
    assert assigned.status == 200
    assert assigned.body["driver"]["id"] == candidates[0]["driver_id"]

    other = await house.order(number="01055509999")
    await visitor.api("POST", f"/orders/{other['id']}/assign", {"driver_id": candidates[1]["driver_id"]})
    messages = (await visitor.api("GET", f"/messages?order_id={order['id']}")).body["items"]
    assert len(messages) == 2
    assert {one["audience"] for one in messages} == {"customer", "driver"}
    assert {one["state"] for one in messages} == {"queued"}

    customer = (await visitor.api("GET", "/customers?q=1234")).body["items"][0]
    assert customer["numbers"] == ["+821055501234"]
    assert (await visitor.api("GET", f"/customers/{customer['id']}")).body["live_order_id"] == order["id"]


async def test_a_driver_is_chosen_by_the_number_that_operators_type(house: House) -> None:
    order = await house.order()
    answer = await house.program().api("POST", f"/orders/{order['id']}/assign", {"driver_number": "101"})
    assert answer.body["driver"]["number"] == "101"


@pytest.mark.parametrize("body", [{}, {"driver_id": 1, "driver_number": "101"}])
async def test_a_driver_is_named_in_one_way(house: House, body: dict[str, Any]) -> None:
    order = await house.order()
    answer = await house.program().api("POST", f"/orders/{order['id']}/assign", body)
    assert (answer.status, answer.code) == (422, "invalid")


async def test_who_comes_second_reads_who_was_first(house: House) -> None:
    order = await house.order()
    visitor = house.program()
    first, second = house.site.drivers[:2]
    await visitor.api("POST", f"/orders/{order['id']}/assign", {"driver_id": first})
    answer = await visitor.api("POST", f"/orders/{order['id']}/assign", {"driver_id": second})
    assert (answer.status, answer.code) == (409, "order_already_assigned")
    assert answer.body["details"]["driver_id"] == first
    assert answer.headers["Content-Type"].startswith("application/problem+json")


async def test_an_order_is_cancelled_with_its_reason(house: House) -> None:
    order = await house.order()
    answer = await house.program().api("POST", f"/orders/{order['id']}/cancel", {"reason": "손님 취소"})
    assert answer.body["state"] == "cancelled"
    again = await house.program().api("POST", f"/orders/{order['id']}/cancel", {"reason": "손님 취소"})
    assert (again.status, again.code) == (409, "wrong_state")


async def test_a_trip_is_driven_and_done_and_its_driver_is_free_again(house: House) -> None:
    order = await house.order()
    visitor = house.program()
    driver = house.site.drivers[0]
    await visitor.api("POST", f"/orders/{order['id']}/assign", {"driver_id": driver})
    driving = await visitor.api("POST", f"/orders/{order['id']}/step", {"to": "driving"})
    assert (driving.status, driving.body["state"]) == (200, "driving")
    done = await visitor.api("POST", f"/orders/{order['id']}/step", {"to": "completed"})
    assert (done.body["state"], done.body["closed_at"] is None) == ("completed", False)
    again = await visitor.api("POST", f"/orders/{order['id']}/step", {"to": "driving"})
    assert (again.status, again.code) == (409, "wrong_state")
    free = (await visitor.api("GET", "/drivers?state=free")).body["items"]
    assert driver in [one["id"] for one in free]


async def test_an_order_is_taken_back_from_its_driver(house: House) -> None:
    order = await house.order()
    visitor = house.program()
    first, second = house.site.drivers[:2]
    await visitor.api("POST", f"/orders/{order['id']}/assign", {"driver_id": first})
    back = await visitor.api("POST", f"/orders/{order['id']}/release", {"reason": "차가 막힘"})
    assert (back.body["state"], back.body["driver"]) == ("taken", None)
    given = await visitor.api("POST", f"/orders/{order['id']}/assign", {"driver_id": second})
    assert given.body["driver"]["id"] == second


async def test_a_driver_is_looked_for_and_why_each_was_asked_can_be_read(house: House) -> None:
    order = (await house.program().api("POST", "/orders", {"number": "01055501234", "origin": PLACE})).body
    assert order["search"] is None
    visitor = house.program()
    begun = await visitor.api("POST", f"/orders/{order['id']}/search")
    assert (begun.status, begun.body["search"]["state"], begun.body["search"]["asked"]) == (200, "running", 1)
    why = (await visitor.api("GET", f"/orders/{order['id']}/weighings")).body["items"]
    assert [one["driver_id"] for one in why if one["asked"]] == [house.site.drivers[0]]
    assert all(one["reason"] for one in why)
    stopped = await visitor.api("POST", f"/orders/{order['id']}/search/stop")
    assert (stopped.body["search"]["state"], stopped.body["search"]["asked"]) == ("stopped", 0)


@pytest.mark.parametrize("what", ["answer", "hangup"])
async def test_the_operators_own_phone_is_asked(house: House, what: str) -> None:
    call_id = await house.ring()
    answer = await (await house.signed_in()).api("POST", f"/calls/{call_id}/{what}")
    assert answer.status == 202
    assert house.phone.asked == [(what, call_id, "1001")]


async def test_a_phone_that_cannot_says_so(house: House) -> None:
    house.phone.dead = True
    call_id = await house.ring()
    answer = await house.program().api("POST", f"/calls/{call_id}/answer")
    assert (answer.status, answer.code) == (409, "conflict")


async def test_a_call_that_is_not_there_is_not_answered(house: House) -> None:
    assert (await house.program().api("POST", "/calls/77/answer")).status == 404
    assert house.phone.asked == []


async def test_a_test_call_is_placed(house: House) -> None:
    assert (await house.program().api("POST", "/calls/test")).status == 202
    assert len(house.test_calls) == 1


async def test_lists_go_on_where_they_ended(house: House) -> None:
    ids = [await house.ring(f"0105550{n:04d}", reference=f"cb1-{n}") for n in range(5)]
    visitor = house.program()
    seen: list[int] = []
    path = "/calls?limit=2"
    while True:
        page = (await visitor.api("GET", path)).body
        seen += [call["id"] for call in page["items"]]
        if page["next"] is None:
            break
        path = f"/calls?limit=2&cursor={page['next']}"
    assert seen == ids[::-1]


@pytest.mark.parametrize(("path", "count"), [("/orders", 3), ("/messages", 6), ("/drivers", 3)])
async def test_every_list_can_be_paged(house: House, path: str, count: int) -> None:
    visitor = house.program()
    for n, driver_id in enumerate(house.site.drivers):
        order = await house.order(number=f"0105550{n:04d}")
        await visitor.api("POST", f"/orders/{order['id']}/assign", {"driver_id": driver_id})
    seen: list[int] = []
    following = ""
    while True:
        page = (await visitor.api("GET", f"{path}?limit=2{following}")).body
        assert len(page["items"]) <= 2
        seen += [row["id"] for row in page["items"]]
        if page["next"] is None:
            break
        following = f"&cursor={page['next']}"
    assert len(seen) == len(set(seen)) == count


async def test_open_calls_and_orders_can_be_asked_for(house: House) -> None:
    call_id = await house.ring(reference="cb1-1")
    gone_id = await house.ring("01055509999", reference="cb1-2")
    async with house.desk.work() as work:
        await calls.gone(work, "cb1-2", "16")
    visitor = house.program()
    assert [call["id"] for call in (await visitor.api("GET", "/calls?state=open")).body["items"]] == [call_id]
    assert [call["id"] for call in (await visitor.api("GET", "/calls?state=ended")).body["items"]] == [gone_id]
    kept, dropped = await house.order(), await house.order()
    await visitor.api("POST", f"/orders/{dropped['id']}/cancel", {"reason": "x"})
    assert [order["id"] for order in (await visitor.api("GET", "/orders?state=open")).body["items"]] == [kept["id"]]


async def test_drivers_are_found_by_number(house: House) -> None:
    found = (await house.program().api("GET", "/drivers?q=102&state=free")).body["items"]
    assert [driver["number"] for driver in found] == ["102"]


async def test_health_names_the_parts_and_no_person(house: House) -> None:
    await house.ring("01055501234", "김철수")
    answer = await house.anonymous().ask("GET", "/healthz")
    assert answer.status == 200
    assert answer.body["status"] == "degraded"
    assert answer.body["parts"]["ami"] == {"ok": False, "reason": "the AMI link has not logged in yet"}
    assert answer.body["parts"]["web"]["ok"] is True


async def test_metrics_are_there_without_personal_data(house: House) -> None:
    await house.ring("01055501234", "김철수")
    visitor = house.program()
    await visitor.api("GET", "/calls?number=01055501234")
    answer = await visitor.ask("GET", "/metrics")
    text = answer.raw.decode()
    assert "callboard_pop_latency_seconds_bucket" in text
    assert 'route="/api/v1/calls"' in text
    assert "5550" not in text
    assert "김철수" not in text
