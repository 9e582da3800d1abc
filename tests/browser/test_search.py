"""A customer is looked up with the keyboard alone, in Hangul as it is composed, and an order is begun for him."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Route

from desk.place import place_book
from tests.browser.conftest import Console
from tests.browser.scene import Scene
from tests.browser.test_hangul import typist

pytestmark = pytest.mark.browser

FIRST_FOUND = "#found-customer-0"


async def test_a_customer_is_found_and_served_without_a_mouse(console: Console, scene: Scene) -> None:
    await scene.customer("+821098765432", "김철진", trips=())
    await scene.customer()
    await console.press("n")
    await console.page.keyboard.type("0101")
    await console.press("Control+/")
    assert await console.focused() == "customer"
    hands = await typist(console)
    await hands.grow("김", "김ㅊ")  # found while the syllable is in hand
    await console.sees(FIRST_FOUND, "김철수")
    await console.sees("#found-customer-1", "김철진")
    await hands.grow("김처")
    await console.sees("#found-customer-1", "010-9876-5432")
    await hands.commit("김철")
    await console.press("ArrowDown", "ArrowDown", "ArrowUp")
    await console.until("document.activeElement.getAttribute('aria-activedescendant') === 'found-customer-1'")
    await console.press("Enter")
    await console.sees("caller-card h1", "김철진")
    assert await console.value("number") == "010-9876-5432"

    await console.press("Control+/")
    await console.page.keyboard.type("1234")
    await console.press("Enter")  # before the answer is there
    await console.sees("caller-card h1", "김철수")
    await console.sees("caller-card .trips", "판교역")
    await console.until("document.activeElement.name === 'destination'")
    await console.press("Enter", "Control+Enter")
    await console.sees("order-board .order-row.taken", "판교역")
    order = (await console.house.program().api("GET", "/orders?state=taken")).body["items"][0]
    assert (order["customer"]["name"], order["call_id"]) == ("김철수", None)

    await console.press("Escape", "Escape", "Escape", "/")
    assert await console.focused() == "customer"
    await console.page.keyboard.type("%_%")
    await console.sees("customer-search .quiet", "찾는 고객이 없습니다")
    await console.press("Escape")
    assert await console.page.input_value("[name=customer]") == ""
    assert await console.page.is_hidden("customer-search .choices")
    await console.press("n")
    assert await console.value("number") == "0101"  # what was typed before is still there


async def test_an_answer_that_comes_too_late_is_dropped(console: Console, scene: Scene) -> None:
    await scene.customer()
    await scene.customer("+821098765432", "이영희", trips=())
    asked, late = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        asked.set()
        await late.wait()
        await route.continue_()

    await console.page.route("**/customers?*q=1234*", hold)
    await console.press("/")
    await console.page.keyboard.type("1234")
    await asyncio.wait_for(asked.wait(), 10)
    await console.page.fill("[name=customer]", "5432")
    await console.sees(FIRST_FOUND, "이영희")
    async with console.page.expect_response(lambda answer: "q=1234" in answer.url):
        late.set()
    await console.sees(FIRST_FOUND, "이영희")
    await console.press("Enter")
    await console.sees("caller-card h1", "이영희")


TYPED = """() => {
  const field = document.querySelector("customer-search input");
  for (const text of ["1", "12", "123", "1234"]) {
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}"""


async def test_the_first_stroke_is_asked_at_once_and_of_those_behind_it_the_newest(
    console: Console, scene: Scene
) -> None:
    """Seen failing with a pause that is waited for, and with every stroke asked."""
    await scene.customer()
    asked = []

    async def note(route: Route) -> None:
        asked.append(parse_qs(urlsplit(route.request.url).query)["q"][0])
        await route.continue_()

    await console.page.route("**/customers?*", note)
    await console.press("/")
    await console.page.evaluate(TYPED)
    await console.sees(FIRST_FOUND, "김철수")
    assert asked == ["1", "1234"]


async def test_a_place_of_the_book_is_chosen_with_keys(console: Console, scene: Scene) -> None:
    book = "name,district,lat,lon,accuracy_m,source\n신촌역,서대문구,37.5552,126.9369,100,own\n신촌역,진주시,,,,own\n"
    async with console.house.desk.work() as work:
        await place_book.take(work, console.house.site.office_id, place_book.read(book.encode()))
    call_id = await scene.ring("01055501234")
    await console.ringing(call_id)
    await console.press("F2")
    await console.opened(call_id)
    hands = await typist(console)
    await hands.grow("ㅅ", "시", "신")
    await hands.commit("신")
    await hands.grow("ㅊ")
    await console.sees("#choice-origin-0", "서대문구")
    await console.sees("#choice-origin-1", "진주시")
    await console.sees("#choice-origin-1", "좌표 없음")
    await hands.commit("촌")
    await console.press("ArrowDown", "Enter")
    assert await console.value("origin") == "신촌역 (서대문구)"
    await console.sees("#about-origin", "장소록 ±100 m")
    await console.press("Control+Enter")
    await console.sees(".outcome", "신촌역")
    order = (await console.house.program().api("GET", "/orders?state=taken")).body["items"][0]
    assert (order["origin"]["source"], order["origin"]["lat"]) == ("book", 37.5552)
