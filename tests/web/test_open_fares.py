"""The page of trips that ended without a fare: told before a month is closed, added once, and refused in words."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, update

from desk.dispatching import dispatch
from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from models import Entry, Order
from tests.web.conftest import House, Visitor

EVIL = "<script>alert(1)</script>{{ 7*7 }}"
KEY = re.compile(r'name="key" value="([^"]+)"')
PAGE = "/money/open-fares"


@pytest.fixture
async def left(house: House) -> int:
    """A trip that ended before anybody fixed its fare."""
    async with house.desk.work() as work:
        form = TakeOrder(PlaceText(EVIL), PlaceText("판교역"), number="01012345678")
        order_id = (await orders.take(work, house.site.operator_id, form)).id
        await dispatch.assign(work, house.site.operator_id, order_id, house.site.drivers[0])
    for step in ("on_the_way", "arrived", "driving", "completed"):
        async with house.desk.work() as work:
            await orders.step(work, house.site.operator_id, order_id, step)
    return order_id


async def page(who: Visitor, path: str = PAGE, status: int = 200) -> str:
    answer = await who.ask("GET", path, headers={"Accept": "text/html"})
    assert answer.status == status, answer.raw
    return answer.raw.decode()


async def fees(house: House) -> list[int | None]:
    async with house.desk.look() as session:
        return list(await session.scalars(select(Entry.order_id).where(Entry.kind == "call_fee")))


@pytest.mark.parametrize(
    ("locale", "missing", "none"),
    [
        ("ko", "요금 없이 끝난 운행이 1건 있습니다", "요금 없이 끝난 운행이 없습니다"),
        ("en", "1 trip ended without a fare", "No trip ended without a fare"),
    ],
)
async def test_the_totals_say_that_fares_are_missing_and_the_page_says_which(
    house: House, left: int, locale: str, missing: str, none: str
) -> None:
    boss = await house.signed_in("boss")
    assert missing in await page(boss, f"/money?lang={locale}")
    text = await page(boss, f"{PAGE}?lang={locale}")
    assert EVIL not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }} → 판교역" in text
    assert f"#{left}" in text
    words = re.sub(r"<[^>]+>", " ", text)
    assert not re.findall(r"\b(?:head|title|payment|open_fares|refused|done)\.[a-z_]+", words)
    async with house.desk.work() as work:
        await work.session.execute(update(Order).values(fare=20_000))
    assert missing not in await page(boss, f"/money?lang={locale}")
    assert none in await page(boss, f"{PAGE}?lang={locale}")


async def test_a_form_that_is_sent_twice_takes_one_fee(house: House, left: int) -> None:
    boss = await house.signed_in("boss")
    key = KEY.search(await page(boss))
    assert key
    for _ in range(2):
        form = {"key": key[1], "order": f"{left}", "fare": "25,000원"}
        sent = await boss.ask("POST", PAGE, data=form, headers={"Accept": "text/html"}, allow_redirects=False)
        assert (sent.status, sent.headers["Location"]) == (303, f"{PAGE}?done=fare_added")
    assert await fees(house) == [left]
    async with house.desk.look() as session:
        assert (await session.get_one(Order, left)).fare == 25_000


@pytest.mark.parametrize(
    ("fare", "status", "said"),
    [
        ("", 422, "금액은 0보다 큰"),
        ("0", 422, "요금은 0보다 큰"),
        ("-5", 422, "금액은"),
        ("9" * 12, 422, "요금은 0보다 큰"),
    ],
)
async def test_what_cannot_be_a_fare_is_refused_in_words_and_still_stands_there(
    house: House, left: int, fare: str, status: int, said: str
) -> None:
    boss = await house.signed_in("boss")
    key = KEY.search(await page(boss))
    assert key
    form = {"key": key[1], "order": f"{left}", "fare": fare}
    refused = await boss.ask("POST", PAGE, data=form, headers={"Accept": "text/html"})
    assert refused.status == status
    assert said in refused.raw.decode()
    assert f'value="{fare}"' in refused.raw.decode()
    assert await fees(house) == []


async def test_programs_read_the_same_list_and_add_a_fare_once(house: House, left: int) -> None:
    boss = await house.signed_in("boss")
    [told] = (await boss.api("GET", "/reports/open-fares")).body["items"]
    assert (told["order_id"], told["destination"], told["driver"]["number"]) == (left, "판교역", "100")
    done = await boss.api("POST", f"/orders/{left}/late-fare", {"fare": 30_000})
    assert (done.status, done.body["fare"]) == (200, 30_000)
    again = await boss.api("POST", f"/orders/{left}/late-fare", {"fare": 40_000})
    assert (again.status, again.body["code"], again.body["details"]["fare"]) == (409, "fare_known", 30_000)
    assert (await boss.api("GET", "/reports/open-fares")).body["items"] == []
    assert (await (await house.signed_in("op")).api("POST", f"/orders/{left}/late-fare", {"fare": 1})).status == 403


async def test_a_trip_ends_with_the_fare_that_is_said_with_it(house: House) -> None:
    order = await house.order(fare=None)
    program = house.program()
    assert (await program.api("POST", f"/orders/{order['id']}/assign", {"driver_number": "100"})).status == 200
    early = await program.api("POST", f"/orders/{order['id']}/step", {"to": "on_the_way", "fare": 25_000})
    assert (early.status, early.body["details"]["field"]) == (422, "fare")
    said = await program.api("POST", f"/orders/{order['id']}/step", {"to": "completed", "fare": 25_000})
    assert (said.status, said.body["state"], said.body["fare"]) == (200, "completed", 25_000)
    again = await program.api("POST", f"/orders/{order['id']}/step", {"to": "completed", "fare": 26_000})
    assert (again.status, again.code) == (409, "fare_known")
