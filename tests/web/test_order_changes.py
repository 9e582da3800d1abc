"""An order changed over the API: by version, with a readable refusal for who comes second."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.conftest import Answer, House
from tests.web.live_client import Console


async def change(house: House, order: dict[str, Any], body: dict[str, Any], user: str = "op", **more: Any) -> Answer:
    visitor = await house.signed_in(user)
    return await visitor.api("PATCH", f"/orders/{order['id']}", {"version": order["version"], **body}, **more)


async def test_only_what_the_body_names_is_changed_and_every_console_hears_of_it(house: House) -> None:
    order = await house.order(destination={"text": "판교역"}, note="현금")
    console = Console(await house.signed_in("boss"))
    await console.connect()
    answer = await change(house, order, {"fare": 25000, "note": None, "origin": {"text": "시청역"}})
    assert answer.status == 200
    changed = answer.body
    assert (changed["fare"], changed["note"], changed["origin"]["text"]) == (25000, None, "시청역")
    assert (changed["destination"]["text"], changed["version"]) == ("판교역", order["version"] + 1)
    assert (await console.until("order.changed"))["order"] == changed


async def test_the_second_of_two_who_save_reads_what_the_first_one_changed(house: House) -> None:
    order = await house.order()
    first = await change(house, order, {"fare": 25000}, "boss")
    second = await change(house, order, {"fare": 30000, "note": "카드"})
    assert (second.status, second.code) == (409, "order_changed")
    assert second.body["details"]["version"] == first.body["version"]
    [difference] = second.body["changes"]
    at = difference.pop("at")
    assert difference == {"field": "fare", "yours": 30000, "theirs": 25000, "mine": True, "by": "이상담"}
    assert at.endswith("Z")
    there = (await house.program().api("GET", f"/orders/{order['id']}")).body
    assert (there["fare"], there["note"]) == (25000, None)
    again = {"fare": 30000, "note": "카드", "fare_reason": "다시 통화함"}
    mine = await change(house, {**order, "version": first.body["version"]}, again)
    assert (mine.status, mine.body["fare"], mine.body["note"]) == (200, 30000, "카드")


async def test_a_change_sent_twice_with_one_key_is_done_once(house: House) -> None:
    order = await house.order()
    answers = [await change(house, order, {"fare": 25000}, headers={"Idempotency-Key": "one change"}) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 200]
    assert answers[0].body == answers[1].body


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"version": 0},
        {"version": 1, "state": "completed"},
        {"version": 1, "origin": None},
        {"version": 1, "fare": -1},
    ],
)
async def test_a_change_that_cannot_be_used_is_refused(house: House, body: dict[str, Any]) -> None:
    order = await house.order()
    answer = await house.program().api("PATCH", f"/orders/{order['id']}", body)
    assert (answer.status, answer.code) == (422, "invalid")


async def test_an_order_that_has_changed_since_it_was_read_is_not_cancelled_by_version(house: House) -> None:
    order = await house.order()
    await change(house, order, {"fare": 25000})
    visitor, path = house.program(), f"/orders/{order['id']}/cancel"
    refused = await visitor.api("POST", path, {"reason": "no", "version": order["version"]})
    assert (refused.status, refused.code) == (409, "conflict")
    cancelled = await visitor.api("POST", path, {"reason": "no", "version": order["version"] + 1})
    assert cancelled.body["state"] == "cancelled"
