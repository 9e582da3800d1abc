"""POST /calls/dial: whom it means, how often, and for whom; no number is told."""

from __future__ import annotations

from typing import Any

import pytest

from desk.call.calls import Target
from desk.office import roles
from tests.web.conftest import House


async def test_the_operators_phone_is_asked_to_call_whom_he_names(house: House) -> None:
    visitor = await house.signed_in()
    answer = await visitor.api("POST", "/calls/dial", {"order_id": 7, "whom": "driver"})
    assert (answer.status, answer.body) == (202, {"done": True})
    (asked,) = house.phone.dialled
    assert asked[0] == Target(order_id=7, whom="driver")


async def test_the_same_key_calls_once(house: House) -> None:
    """A telephone that rings a second time because an answer was lost. Seen failing without `ask_outside`."""
    program = house.program()
    for _ in range(2):
        answer = await program.api("POST", "/calls/dial", {"call_id": 3}, headers={"Idempotency-Key": "one"})
        assert answer.status == 202
    assert len(house.phone.dialled) == 1


async def test_nobody_has_calls_placed_faster_than_a_person_could(house: House) -> None:
    """Each operator has a pace of his own. Seen failing without one."""
    program, browser = house.program(), await house.signed_in()
    assert (await program.api("POST", "/calls/dial", {"driver_id": 3})).status == 202
    refused = await program.api("POST", "/calls/dial", {"driver_id": 3})
    assert (refused.status, refused.code) == (429, "too_many_requests")
    assert int(refused.headers["Retry-After"]) > 0
    assert (await browser.api("POST", "/calls/dial", {"driver_id": 3})).status == 202
    assert len(house.phone.dialled) == 2


async def test_a_refusal_of_the_phone_is_told_by_its_code_and_may_be_tried_again(house: House) -> None:
    house.phone.dead = True
    refused = await house.program().api("POST", "/calls/dial", {"order_id": 1})
    assert (refused.status, refused.code) == (409, "no_extension")


@pytest.mark.parametrize(
    "body", [{"order_id": "1"}, {"whom": "colleague", "order_id": 1}, {"number": "0" * 4000}, {"channel": "x"}]
)
async def test_a_body_of_another_shape_is_refused(house: House, body: dict[str, Any]) -> None:
    assert (await house.program().api("POST", "/calls/dial", body)).status == 422
    assert house.phone.dialled == []


def test_who_takes_orders_may_call_and_a_role_need_not_see_numbers_for_it() -> None:
    assert {role for role in roles.MAY if "calls.dial" in roles.may(role)} == {"operator", "dispatcher", "admin"}
    assert "numbers.full" in roles.WITHIN
