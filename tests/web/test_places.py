"""Places while they are typed, as the console asks for them."""

from __future__ import annotations

from tests.web.conftest import House


async def test_an_area_is_suggested_with_where_it_lies_and_how_wide_it_is(house: House) -> None:
    (area,) = (await house.program().api("GET", "/places?q=서초구 서초동")).body["items"]
    assert (area["kind"], area["text"], area["district"], area["source"]) == (
        "area",
        "서초동",
        "서울 서초구",
        "gazetteer",
    )
    order = await house.order(
        origin={key: area[key] for key in ("text", "lat", "lon", "accuracy_m")} | {"source": "area"}
    )
    assert (order["origin"]["source"], order["pin_doubt"]) == ("area", "wide")


async def test_without_a_geocoder_the_network_knows_nothing(house: House) -> None:
    answer = await house.program().api("GET", "/places/network?q=강남역")
    assert (answer.status, answer.body) == (200, {"items": [], "next": None})
