"""Ready or not, over the API and live."""

from __future__ import annotations

from tests.web.conftest import House
from tests.web.live_client import Console


async def test_who_pauses_is_told_to_all_with_since_when_and_why_until_he_is_ready(house: House) -> None:
    visitor = await house.signed_in()
    console = Console(await house.signed_in())
    assert (await console.connect())["pauses"] == []
    answer = await visitor.api("POST", "/pause", {"reason": "after_call"})
    assert answer.status == 200, answer.body
    [pause] = answer.body["pauses"]
    assert (pause["operator"]["id"], pause["reason"]) == (house.site.operator_id, "after_call")
    assert pause["since"].endswith("Z")
    told = await console.until("pauses.changed")
    assert told["pauses"] == [pause]
    assert (await visitor.api("GET", "/pauses")).body == {"pauses": [pause]}
    assert (await Console(visitor).connect())["pauses"] == [pause]
    assert (await visitor.api("POST", "/ready", {})).body == {"pauses": []}


async def test_a_reason_that_is_none_is_refused(house: House) -> None:
    visitor = await house.signed_in()
    assert (await visitor.api("POST", "/pause", {"reason": "nap"})).status == 422
