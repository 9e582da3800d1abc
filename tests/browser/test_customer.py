"""A customer is put right without a mouse: a number of his, a place with its pin, one that is taken away and brought back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from desk.place import place_book
from models import Customer
from tests.browser.test_money import PALE
from tests.web.conftest import PASSWORD, House

pytestmark = pytest.mark.browser

EVIL = "<img src=x onerror=alert(1)>강남"


async def shown(page: Page, done: str) -> None:
    await page.wait_for_url(lambda url: f"done={done}" in url)
    await page.wait_for_load_state("load")


@pytest.mark.parametrize(("locale", "theme"), [("ko", "light"), ("en", "dark")])
async def test_a_number_and_places_are_put_right_without_a_mouse(
    chromium: Browser, house: House, tmp_path: Path, locale: str, theme: str
) -> None:
    pictures = Path(os.environ.get("CALLBOARD_PICTURES", tmp_path))
    order = await house.order(customer_name="김철수", origin={"text": "강남역 19번", "lat": 35.1, "lon": 129.0})
    customer_id = order["customer"]["id"]
    async with house.desk.work() as work:
        book = f"name,lat,lon,accuracy_m,source\n강남역 10번 출구,37.498,127.028,15,사무실\n{EVIL},,,,x\n"
        await place_book.take(work, house.site.office_id, place_book.read(book.encode()))
    context = await chromium.new_context(viewport={"width": 1280, "height": 900}, locale="ko-KR", color_scheme=theme)
    page = await context.new_page()
    page.set_default_timeout(60_000)
    odd: list[str] = []
    page.on("pageerror", lambda error: odd.append(str(error)))
    page.on("console", lambda message: odd.append(message.text) if message.type == "error" else None)
    await page.goto(house.base + "/login")
    await page.fill("[name=user]", "op")
    await page.fill("[name=password]", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(house.base + "/")
    await page.wait_for_selector("status-bar .menu")
    await page.goto(f"{house.base}/customers/{customer_id}?lang={locale}")
    await page.wait_for_load_state("load")

    await page.keyboard.press("1")  # no box is open: a digit means nothing
    await page.keyboard.press("Delete")
    await page.keyboard.press("t")
    await page.keyboard.type("010-7777-8888")
    await page.keyboard.press("Enter")
    await shown(page, "number_added")
    await page.keyboard.press("1")  # only taken into view: Enter takes it away
    assert await page.evaluate("document.activeElement.matches('button[data-enter]')")
    await page.keyboard.press("Enter")
    await shown(page, "number_detached")

    await page.keyboard.press("l")
    await page.keyboard.press("Escape")
    await page.keyboard.press("1")
    await page.wait_for_function("() => document.activeElement.value === '강남역 19번'")
    await page.keyboard.press("Control+a")
    await page.keyboard.type("강남")
    await page.wait_for_selector("ul.choices:not([hidden]) li")
    assert await page.locator("ul.choices img").count() == 0
    await page.screenshot(path=pictures / f"customer-places-{locale}.png")
    names = await page.locator("ul.choices:not([hidden]) li").all_inner_texts()
    at = next(n for n, name in enumerate(names) if "10번 출구" in name)
    for _ in range(at + 1):
        await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.value") == "강남역 10번 출구"
    assert await page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "false"
    await page.keyboard.press("Enter")
    await shown(page, "place_changed")
    card = (await house.program().api("GET", f"/customers/{customer_id}")).body
    assert {(place["text"], place["lat"], place["source"]) for place in card["places"]} >= {
        ("강남역 10번 출구", 37.498, "book")}  # fmt: skip
    assert card["numbers"] == ["+821077778888"]

    await page.keyboard.press("1")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Delete")
    await shown(page, "place_removed")
    assert await page.evaluate(PALE) == []
    await page.screenshot(path=pictures / f"customer-{locale}.png", full_page=True)
    await page.keyboard.press("z")
    await shown(page, "place_back")

    await page.keyboard.press("c")
    await page.wait_for_url(lambda url: "/customers/new" in url)
    await page.wait_for_load_state("load")
    await page.keyboard.type("010-6666-5555")
    await page.keyboard.press("Tab")
    await page.keyboard.type("Park")
    await page.screenshot(path=pictures / f"customer-new-{locale}.png")
    await page.keyboard.press("Enter")
    await shown(page, "registered")
    async with house.desk.look() as session:
        made = await session.get_one(Customer, int(page.url.split("/customers/")[1].split("?")[0]))
    assert made.name == "Park"
    assert odd == []
    await context.close()
