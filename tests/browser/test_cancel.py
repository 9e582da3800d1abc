"""An order cancelled from the board: with a reason, by keyboard, and for 8 s it can be had back."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from models import OrderStep
from tests.browser.conftest import Console

pytestmark = pytest.mark.browser


async def marked(console: Console) -> dict[str, Any]:
    order = await console.house.order(destination={"text": "판교역"})
    await console.page.wait_for_selector(f'[data-order="{order["id"]}"]')
    await console.press("F8")
    return order


async def state(console: Console, order: dict[str, Any]) -> str:
    return str((await console.house.program().api("GET", f"/orders/{order['id']}")).body["state"])


async def test_an_order_is_cancelled_after_eight_seconds_with_its_reason(console: Console) -> None:
    order = await marked(console)
    await console.press("Delete")
    await console.until("document.activeElement.name === 'why'")
    await console.page.keyboard.type("전화 안 받음")
    await console.press("Enter")
    await console.page.wait_for_selector(".order-row.leaving")
    assert await state(console, order) == "taken"
    await console.page.wait_for_selector(f'[data-order="{order["id"]}"].cancelled', timeout=40_000)
    async with console.house.desk.look() as session:
        reasons = list(await session.scalars(select(OrderStep.reason).where(OrderStep.after == "cancelled")))
    assert reasons == ["전화 안 받음"]


@pytest.mark.parametrize("key", ["Control+z", "Delete"])
async def test_within_those_seconds_it_can_be_had_back(console: Console, key: str) -> None:
    order = await marked(console)
    await console.press("Delete")
    await console.until("document.activeElement.name === 'why'")
    await console.press("Enter")
    await console.page.wait_for_selector(".order-row.leaving")
    await console.press(key)
    await console.page.wait_for_selector(f'[data-order="{order["id"]}"]:not(.leaving)')
    await console.page.wait_for_timeout(8500)  # longer than the time to think
    assert await state(console, order) == "taken"


async def test_an_order_that_a_colleague_gave_to_a_driver_meanwhile_is_not_cancelled(console: Console) -> None:
    order = await marked(console)
    await console.press("Delete")
    await console.until("document.activeElement.name === 'why'")
    await console.press("Enter")
    await console.page.wait_for_selector(".order-row.leaving")
    await console.house.program().api("POST", f"/orders/{order['id']}/assign", {"driver_number": "101"})
    await console.page.wait_for_function(
        "() => document.querySelector('bottom-line .said.bad')?.innerText.includes('다른 사람이 바꾸었습니다')",
        timeout=40_000,
    )
    assert await state(console, order) == "assigned"


async def test_who_leaves_the_page_has_cancelled(console: Console) -> None:
    order = await marked(console)
    await console.press("Delete")
    await console.until("document.activeElement.name === 'why'")
    await console.press("Enter")
    await console.page.wait_for_selector(".order-row.leaving")
    await console.page.reload()
    await console.page.wait_for_selector(f'[data-order="{order["id"]}"].cancelled')
