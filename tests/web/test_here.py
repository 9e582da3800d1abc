"""The caller's page from outside: what the texted link lets in, and what nobody else can do with it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from models import Message, Order
from tests.web.conftest import House
from web.middleware import HEADERS

POINT = {"lat": 37.4870, "lon": 127.0150, "accuracy_m": 18.4}


async def an_order(house: House) -> int:
    async with house.desk.work() as work:
        form = TakeOrder(PlaceText("신촌"), number="01055501234")
        return (await orders.take(work, house.site.operator_id, form)).id


async def token_of(house: House, order_id: int) -> str:
    answer = await house.program().api("POST", f"/orders/{order_id}/place-link")
    assert (answer.status, answer.body["recipient"]) == (200, "+821055501234")
    assert f"{house.base}/here#…" in answer.body["text"]
    async with house.desk.look() as session:
        text = (await session.scalars(select(Message.text).order_by(Message.id.desc()))).first()
    assert text is not None
    return text.partition("#")[2][:22]


async def test_a_caller_shows_where_he_is_and_the_order_has_it(house: House) -> None:
    order_id = await an_order(house)
    token = await token_of(house, order_id)
    answer = await house.visitor().api("POST", "/here", {"token": token, **POINT})
    assert (answer.status, answer.body) == (200, {"area": "서울 서초구 서초동", "accuracy_m": 19, "taken": True})
    shown = (await house.program().api("GET", f"/orders/{order_id}")).body
    assert (shown["origin"]["source"], shown["origin"]["accuracy_m"], shown["pin_doubt"]) == ("link", 19, None)
    again = await house.visitor().api("POST", "/here", {"token": token, **POINT})
    assert (again.status, again.body["code"]) == (401, "wrong_place_link")


async def test_the_page_alone_may_ask_a_telephone_where_it_is_and_says_nothing_of_the_order(house: House) -> None:
    await token_of(house, await an_order(house))
    page = await house.visitor().ask("GET", "/here")
    assert page.status == 200
    assert "geolocation=(self)" in page.headers["Permissions-Policy"]
    assert "geolocation=()" in HEADERS["Permissions-Policy"]
    assert "신촌" not in page.raw.decode()
    assert "010" not in page.raw.decode()


@pytest.mark.parametrize(
    "body",
    [
        {"token": "x" * 22, **POINT, "lat": 91},
        {"token": "x" * 22, **POINT, "accuracy_m": -1},
        {"token": "x" * 22, **POINT, "order_id": 1},
        {"token": "x" * 65, **POINT},
        {**POINT},
    ],
)
async def test_what_is_no_place_is_refused(house: House, body: dict[str, object]) -> None:
    assert (await house.visitor().api("POST", "/here", body)).status in (400, 422)


async def test_who_tries_links_out_has_to_wait(house: House) -> None:
    tries = [await house.visitor().api("POST", "/here", {"token": f"no-{n}", **POINT}) for n in range(35)]
    assert {tried.status for tried in tries[:30]} == {401}
    assert tries[-1].status == 429
    async with house.desk.look() as session:
        assert (await session.scalars(select(Order.origin_source).where(Order.origin_source == "link"))).all() == []
