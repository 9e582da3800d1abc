"""Click to dial in a running demo site: the operator presses a key, both stand-ins talk, the card says so, and it ends."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from tests.path.running import RunningSite, until
from tests.path.test_first_ring import page as page
from tests.path.test_first_ring import sign_in

pytestmark = [pytest.mark.pbx, pytest.mark.browser]

CUSTOMER = "01055501234"


async def test_a_key_calls_the_marked_orders_customer_and_the_call_is_nobodys_ring(
    site: RunningSite, page: Page
) -> None:
    await sign_in(page, site)
    body = {"number": CUSTOMER, "origin": {"text": "시청역"}, "fare": 20_000}
    status, order = await site.call("POST", "/api/v1/orders", body, **{"Idempotency-Key": "one"})
    assert status == 201
    await page.click(f"order-board .order-row[data-order='{order['id']}']")
    await page.keyboard.press("Control+Shift+F2")
    await page.wait_for_selector("call-list .card.out.mine")
    assert "010-5550-1234" in await page.inner_text("call-list .card.out")
    assert await page.query_selector("call-list .card.rings") is None

    async def talks() -> bool:
        (now,) = await site.calls(CUSTOMER)
        return (now["direction"], now["state"], now["operator"]["extension"]) == ("out", "answered", "1001")

    await until(talks, what="the customer's stand-in to pick up")
    await page.keyboard.press("Control+Shift+F2")
    await page.wait_for_function("() => document.querySelector('bottom-line').innerText.includes('통화 중입니다')")
    await page.keyboard.press("Shift+F2")

    async def over() -> bool:
        (now,) = await site.calls(CUSTOMER)
        return (now["state"], now["disposition"]) == ("ended", "answered")

    await until(over, what="the end of the call")
    _, told = await site.call("GET", "/api/v1/calls?state=open")
    assert told["items"] == []
