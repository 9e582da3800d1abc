"""A save that takes longer than a moment says so in words, and typing goes on: nothing that is typed meanwhile is lost."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Route
from sqlalchemy import func, select

from models import Order
from tests.browser.conftest import Console
from tests.browser.test_change import an_order, now, open_for_change, retype
from tests.web.conftest import House

pytestmark = pytest.mark.browser

BUTTON = "order-form .save"
HEARD = "order-form .actions [role=status]"


async def held(console: Console, method: str) -> asyncio.Event:
    """The server's answer to a save waits for the event."""
    answers = asyncio.Event()

    async def hold(route: Route) -> None:
        if route.request.method == method:
            await answers.wait()
        await route.continue_()

    await console.page.route("**/api/v1/orders**", hold)
    return answers


async def typed(console: Console, origin: str = "강남역") -> None:
    await console.press("n")
    await console.until("document.activeElement?.closest('order-form') !== null")
    for field, text in (("number", "010-5550-1234"), ("origin", origin)):
        await console.page.fill(f"order-form [name={field}]", text)


async def orders(house: House) -> int:
    async with house.desk.look() as session:
        return await session.scalar(select(func.count(Order.id))) or 0


async def test_a_slow_save_says_so_in_the_place_of_the_button_and_to_a_screen_reader(console: Console) -> None:
    """Seen failing without the words, and with a button that is disabled and so loses the focus."""
    page, answers = console.page, await held(console, "POST")
    await typed(console)
    assert await page.inner_text(HEARD) == ""
    await page.focus(BUTTON)
    await console.press("Enter")
    await console.sees(BUTTON, "저장 중…")
    await console.sees(HEARD, "저장 중…")
    assert await page.get_attribute(BUTTON, "aria-disabled") == "true"
    assert await page.evaluate("() => document.activeElement.classList.contains('save')")
    await console.press("Control+Enter")  # once more changes nothing
    answers.set()
    await console.sees("bottom-line .said.good", "저장했습니다")
    assert await page.inner_text(HEARD) == ""
    assert await orders(console.house) == 1


async def test_what_is_typed_while_an_order_is_saved_becomes_a_change_of_it(console: Console) -> None:
    """Seen failing: it went away with the form."""
    page, answers = console.page, await held(console, "POST")
    await typed(console)
    await page.focus("order-form [name=note]")
    await console.press("Control+Enter")
    await console.sees(BUTTON, "저장 중…")
    await page.keyboard.type("bicy")
    answers.set()
    await console.sees("bottom-line .said", "아직 저장되지 않았습니다")
    await page.keyboard.type("cle")
    assert await console.value("note") == "bicycle"
    assert await page.evaluate("() => document.activeElement.name") == "note"
    assert await orders(console.house) == 1
    await console.press("Control+Enter")
    await console.sees("bottom-line .said.good", "고쳐서 저장했습니다")
    async with console.house.desk.look() as session:
        order = (await session.scalars(select(Order))).one()
    assert (order.note, order.origin_text) == ("bicycle", "강남역")


async def test_what_is_typed_while_an_order_has_to_wait_for_the_link_is_kept_as_a_change_of_it(
    console: Console,
) -> None:
    """Seen failing: it went away with the form."""
    page, fails = console.page, asyncio.Event()

    async def lose_the_first(route: Route) -> None:
        if route.request.method != "POST" or fails.is_set():
            await route.continue_()
            return
        await fails.wait()
        await route.abort()

    await page.route("**/api/v1/orders", lose_the_first)
    await typed(console)
    await page.focus("order-form [name=note]")
    await console.press("Control+Enter")
    await console.sees(BUTTON, "저장 중…")
    await page.keyboard.type("bicycle")
    fails.set()
    await console.sees("bottom-line .said", "적은 것은 빠졌습니다")
    async with console.house.desk.look() as session:
        order = (await session.scalars(select(Order))).one()
    assert order.note is None
    await console.press("F8", "F4")
    await console.until("document.querySelector('order-form [name=note]')?.value === 'bicycle'")
    await console.press("Control+Enter")
    await console.sees("bottom-line .said.good", "고쳐서 저장했습니다")
    async with console.house.desk.look() as session:
        assert (await session.get_one(Order, order.id)).note == "bicycle"


async def test_a_change_that_is_slow_says_so_too_and_keeps_what_is_typed_on(console: Console) -> None:
    order = await an_order(console.house)
    await open_for_change(console, order)
    answers = await held(console, "PATCH")
    await retype(console, "fare", "25000")
    await console.press("Control+Enter")
    await console.sees(BUTTON, "저장 중…")
    await retype(console, "note", "later")
    answers.set()
    await console.sees("bottom-line .said", "아직 저장되지 않았습니다")
    there = await now(console.house, order)
    assert (there["fare"], there["note"]) == (25_000, "현금")
    await console.press("Control+Enter")
    await console.sees("bottom-line .said.good", "고쳐서 저장했습니다")
    assert (await now(console.house, order))["note"] == "later"


async def test_a_driver_who_is_slow_to_be_given_an_order_is_said_to_be_on_his_way_to_it(console: Console) -> None:
    """In the bottom line, which a screen reader hears; another deed's undo stays. Seen failing without the words."""
    order = await an_order(console.house)
    page, answers = console.page, await held(console, "POST")
    await page.wait_for_selector(f'[data-order="{order["id"]}"]')
    await console.press("F8", "Enter")
    await page.fill("candidate-list [name=driver]", "101")
    await console.press("Enter")
    await console.sees("bottom-line [role=status]", "저장 중…")
    answers.set()
    await page.wait_for_selector(".order-row.assigned")
    await console.sees("bottom-line .said.good", "101")
    assert "저장 중" not in await page.inner_text("bottom-line .said")
