"""First ring to first text message, on real parts: SIP call, Asterisk, browser, order, driver, two texts at an SMSC."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from tests.browser.conftest import CHROMIUM_OPTIONS, chromium_path
from tests.path.conftest import Start
from tests.path.running import RunningSite, until
from tests.sms.smsc import Smsc

pytestmark = [pytest.mark.pbx, pytest.mark.browser]

CALLER = "01055501234"


@pytest.fixture
async def smsc() -> AsyncIterator[Smsc]:
    """A simulated network behind real SMPP."""
    network = Smsc()
    await network.start()
    yield network
    await network.stop()


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    """A browser window."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_OPTIONS)
        page = await browser.new_page(viewport={"width": 1280, "height": 720}, locale="ko-KR")
        page.set_default_timeout(30_000)
        yield page
        await browser.close()


async def sign_in(page: Page, site: RunningSite, number: int = 0) -> None:
    """As one of the operators, the first one if nothing is said."""
    operator = site.logins["operators"][number]
    await page.goto(site.base + "/login")
    await page.fill("[name=user]", operator["user"])
    await page.fill("[name=password]", operator["password"])
    await page.keyboard.press("Enter")
    await page.wait_for_selector("bottom-line .link.up")


async def test_a_call_becomes_a_card_an_order_an_assignment_and_two_texts(
    start_site: Start, smsc: Smsc, page: Page
) -> None:
    site = await start_site(
        "--no-calls",
        config=f"""
        [sms]
        provider = "smpp"
        [sms.providers.smpp]
        host = "127.0.0.1"
        port = {smsc.port}
        system_id = "callbrd"
        password = "secret"
        """,
    )
    await sign_in(page, site)

    # "0" in the voice menu: straight to an operator, whose stand-in phone then rings.
    site.dial([(CALLER, "첫 손님")], dtmf="0", hold_ms=60_000)
    await page.wait_for_selector("call-list .card.rings")
    assert "010-5550-1234" in await page.inner_text("call-list .card.rings")

    await page.keyboard.press("F2")
    await page.wait_for_selector("call-list .card.open")
    await page.fill("order-form [name=origin]", "시청역")
    await page.fill("order-form [name=destination]", "잠실역")
    await page.fill("order-form [name=fare]", "20000")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector("order-board .order-row")

    (call,) = await site.calls("+82 10-5550-1234")
    assert call["number"] == "+821055501234"
    assert call["source"] == "pbx"

    async def answered() -> bool:
        (now,) = await site.calls(CALLER)
        return now["state"] == "answered" and now["operator"]["extension"] == "1001"

    await until(answered, what="the answer at the operator's stand-in phone")

    _, orders = await site.call("GET", "/api/v1/orders")
    (order,) = [order for order in orders["items"] if order["number"] == "+821055501234"]
    assert (order["origin"]["text"], order["destination"]["text"], order["fare"]) == ("시청역", "잠실역", 20_000)
    _, candidates = await site.call("GET", f"/api/v1/orders/{order['id']}/candidates")
    driver = candidates["items"][0]
    status, _ = await site.call(
        "POST", f"/api/v1/orders/{order['id']}/assign", {"driver_id": driver["driver_id"]}, **{"Idempotency-Key": "one"}
    )
    assert status == 200

    async def both_sent() -> bool:
        return len({submit.destination for submit in smsc.submits}) == 2

    await until(both_sent, what="two texts at the SMSC")
    assert "821055501234" in {submit.destination for submit in smsc.submits}

    for submit in list(smsc.submits):
        await smsc.deliver(submit.message_id)

    async def both_delivered() -> bool:
        _, messages = await site.call("GET", f"/api/v1/messages?order_id={order['id']}")
        states = {message["audience"]: message["state"] for message in messages["items"]}
        return states == {"customer": "delivered", "driver": "delivered"}

    await until(both_delivered, what="both receipts")
    await page.wait_for_function("() => document.querySelector('bottom-line').innerText.includes('전달')")


async def test_a_known_caller_presses_one_and_the_place_stands_on_the_card_before_anybody_answers(
    site: RunningSite, page: Page
) -> None:
    await sign_in(page, site)
    _, customers = await site.call("GET", "/api/v1/customers?q=김")
    known = next(customer for customer in customers["items"] if customer["places"] and customer["numbers"])
    number = known["numbers"][0].replace("+82", "0")
    site.dial([(number, "x")], dtmf="1", dtmf_after_ms=2500, hold_ms=60_000)

    async def chosen() -> dict[str, object] | None:
        found = [call for call in await site.calls(number) if call["choice"] is not None]
        return found[0] if found else None

    call = await until(chosen, what="the choice")
    assert call["choice"]["kind"] == "place"
    assert call["state"] != "answered"
    assert call["customer"]["id"] == known["id"]
    await page.wait_for_selector("call-list .card")
    assert call["choice"]["text"] in await page.inner_text("call-list")


async def test_many_calls_at_once_are_one_row_each(site: RunningSite) -> None:
    numbers = [f"0105550{n:04}" for n in range(2000, 2030)]
    callers = site.dial([(number, f"손님 {number}") for number in numbers], hold_ms=2500, rate=10)
    assert await callers.finished() == 0

    async def all_ended() -> bool:
        rows = [await site.calls(number) for number in numbers]
        return all(len(row) == 1 and row[0]["state"] == "ended" for row in rows)

    await until(all_ended, what="one ended row for each call")


async def test_a_test_call_rings_and_is_answered_at_the_stand_in_phone_of_the_operator_who_asks(
    site: RunningSite, page: Page
) -> None:
    await sign_in(page, site)
    status, _ = await site.call("POST", "/api/v1/calls/test")
    assert status == 202
    await page.wait_for_selector("call-list .card.rings")
    await page.wait_for_function("() => document.querySelector('call-list .card.rings')?.dataset.call")

    async def rings() -> dict[str, object] | None:
        _, calls = await site.call("GET", "/api/v1/calls?state=ringing")
        return calls["items"][0] if calls["items"] else None

    call = await until(rings, what="a ringing phone")
    await page.keyboard.press("F2")

    async def answered() -> bool:
        _, now = await site.call("GET", f"/api/v1/calls/{call['id']}")
        return now["state"] == "answered" and now["operator"]["extension"] == "1001"

    await until(answered, what="the answer")
