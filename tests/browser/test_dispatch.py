"""From a saved order to a driver and two messages, by keyboard; and what the board shows of other people's work."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Route

from desk.message import messages
from desk.texts import receipts
from tests.browser.conftest import Console, OpenConsole
from tests.site import GANGNAM

pytestmark = pytest.mark.browser


async def test_a_drivers_number_and_enter_assigns_and_the_messages_are_followed(console: Console) -> None:
    order = await console.house.order(destination={"text": "판교역"})
    await console.page.wait_for_selector(f'[data-order="{order["id"]}"].taken')
    await console.press("F8")
    await console.page.wait_for_selector(".candidate")
    await console.page.keyboard.type("101")
    assert await console.page.input_value("[name=driver]") == "101"
    await console.press("Enter")
    await console.page.wait_for_selector(f'[data-order="{order["id"]}"].assigned')
    await console.until("document.querySelectorAll('candidate-list .message').length === 2")
    await console.sees("candidate-list", "보내기 전")
    async with console.house.desk.work() as work:
        first, second = await messages.claim_due(work, 10)
    await console.sees("candidate-list", "보내는 중")
    async with console.house.desk.work() as work:
        await receipts.submitted(work, first.id, "console", ["a1"])
        await messages.refused(work, second.id, "no such number", permanent=True)
    async with console.house.desk.work() as work:
        await receipts.receipt(work, "console", "a1", "delivered")
    await console.page.wait_for_selector("candidate-list .message.delivered")
    await console.page.wait_for_selector("candidate-list .message.failed")
    await console.sees("bottom-line", "전달됨")


async def test_after_saving_the_next_keys_are_the_drivers_number(console: Console) -> None:
    await console.press("n")
    for text in ("01055501234", "손님", "시청역"):
        await console.page.keyboard.type(text)
        await console.press("Enter")
    await console.press("Control+Enter")
    await console.until("document.activeElement.name === 'driver'")
    await console.page.keyboard.type("100")
    await console.press("Enter")
    await console.sees("order-board .order-row.assigned", "#100")
    # Nobody knows where that is on the map: it goes out with one act, and not in silence.
    await console.sees("bottom-line", "불확실하다고 기사에게 문자로")


async def test_a_driver_who_is_not_free_is_refused_in_words_and_his_number_can_be_overtyped(
    sit_down: OpenConsole,
) -> None:
    console = await sit_down(locale="en")
    first = await console.house.order()
    await console.house.program().api("POST", f"/orders/{first['id']}/assign", {"driver_number": "100"})
    second = await console.house.order()
    await console.page.wait_for_selector(f'[data-order="{second["id"]}"].taken')
    await console.press("F8")
    await console.page.wait_for_selector(".candidate")
    await console.page.keyboard.type("100")
    await console.press("Enter")
    await console.sees("bottom-line .said.bad", "another order already")
    await console.page.keyboard.type("102")
    assert await console.page.input_value("[name=driver]") == "102"
    await console.press("Enter")
    await console.sees("order-board .order-row.assigned", "#102")
    console.unharmed()


async def test_what_became_of_a_text_is_not_taken_back_by_an_answer_that_was_on_its_way(console: Console) -> None:
    """Seen failing with the newest answer believed: a text that was delivered stood there as one that is being sent."""
    order = await console.house.order(destination={"text": "판교역"})
    await console.page.wait_for_selector(f'[data-order="{order["id"]}"].taken')
    read, late = asyncio.Event(), asyncio.Event()

    async def on_its_way(route: Route) -> None:
        answer = await route.fetch()
        read.set()
        await late.wait()
        await route.fulfill(response=answer)

    await console.page.route("**/api/v1/messages?order_id=*", on_its_way)
    await console.press("F8")
    await console.page.wait_for_selector(".candidate")
    await console.page.keyboard.type("101")
    await console.press("Enter")
    await read.wait()
    async with console.house.desk.work() as work:
        first, _ = await messages.claim_due(work, 10)
    async with console.house.desk.work() as work:
        await receipts.submitted(work, first.id, "console", ["a1"])
    async with console.house.desk.work() as work:
        await receipts.receipt(work, "console", "a1", "delivered")
    await console.sees("bottom-line", "전달됨")
    async with console.page.expect_response("**/api/v1/messages?order_id=*") as told:
        late.set()
    await (await told.value).finished()
    await console.page.evaluate("() => new Promise((done) => setTimeout(done, 200))")
    await console.sees("bottom-line", "전달됨")
    assert "보내는 중" in await console.page.inner_text("bottom-line")


async def test_arrows_put_the_candidates_number_where_enter_takes_it(console: Console) -> None:
    await console.house.order()
    await console.page.wait_for_selector(".order-row.taken")
    await console.press("F8")
    await console.page.wait_for_selector(".candidate")
    await console.press("1")
    await console.until("document.activeElement.name === 'driver' && document.activeElement.value === '1'")
    await console.press("Backspace")
    await console.press("ArrowDown", "ArrowDown")
    number = await console.page.inner_text(".candidate.meant .number")
    assert await console.page.input_value("[name=driver]") == number.removeprefix("#")


async def test_a_colleagues_order_appears_and_changes_on_my_board(console: Console) -> None:
    order = await console.house.order(origin={"text": "신촌"})
    await console.sees(f'[data-order="{order["id"]}"]', "신촌")
    await console.house.program().api("POST", f"/orders/{order['id']}/cancel", {"reason": "손님 취소"})
    await console.sees(f'[data-order="{order["id"]}"]', "취소")


async def test_a_candidate_is_shown_with_his_reason_and_who_still_drives_with_when_he_is_done(console: Console) -> None:
    """Seen failing with those who are not free told like the others."""
    place = {"lat": GANGNAM[0], "lon": GANGNAM[1], "accuracy_m": 20, "source": "map"}
    driven = await console.house.order(origin={"text": "역삼", **place}, destination={"text": "강남역", **place})
    api = console.house.program().api
    await api("POST", f"/orders/{driven['id']}/assign", {"driver_number": "100"})
    await api("POST", f"/orders/{driven['id']}/step", {"to": "driving"})
    order = await console.house.order(origin={"text": "강남역", **place})
    await console.page.wait_for_selector(f'[data-order="{order["id"]}"].taken')
    await console.page.focus(f'[data-order="{order["id"]}"]')
    await console.sees("candidate-list .candidate .not-free", "운행 중, 1분 뒤 끝남")
    assert await console.page.locator(".candidate .not-free").count() == 1
    await console.page.keyboard.type("100")
    await console.sees("candidate-list .candidate.meant", "#100")
    await console.sees("candidate-list .candidate.meant .reason", "운행 종료")
    await console.page.fill("[name=driver]", "101")
    await console.sees("candidate-list .candidate.meant .reason", "직선거리")
