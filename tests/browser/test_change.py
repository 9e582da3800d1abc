"""An order changed from the board by keyboard, and what happens when two people change one."""

from __future__ import annotations

from typing import Any

import pytest

from desk.ordering import orders
from tests.browser.conftest import Console, OpenConsole
from tests.browser.test_hangul import typist
from tests.web.conftest import House

pytestmark = pytest.mark.browser

CLASH = "order-clash .clash"


async def an_order(house: House) -> dict[str, Any]:
    return await house.order(destination={"text": "판교역"}, note="현금")


async def open_for_change(console: Console, order: dict[str, Any]) -> None:
    """F8 marks it, F4 opens it."""
    await console.page.wait_for_selector(f'[data-order="{order["id"]}"]')
    await console.press("F8", "F4")
    await console.until("document.activeElement.name === 'origin'")


async def retype(console: Console, field: str, text: str) -> None:
    await console.page.focus(f"order-form [name={field}]")
    await console.press("Control+a")
    await console.page.keyboard.type(text)


async def now(house: House, order: dict[str, Any]) -> dict[str, Any]:
    return dict((await house.program().api("GET", f"/orders/{order['id']}")).body)


async def test_an_order_is_changed_by_keyboard_and_only_where_it_was_changed(console: Console) -> None:
    order = await an_order(console.house)
    await open_for_change(console, order)
    assert [await console.value(name) for name in ("number", "origin", "destination", "fare", "note")] == [
        "010-5550-1234", "강남역", "판교역", "20,000", "현금",
    ]  # fmt: skip
    await retype(console, "fare", "25000")
    await retype(console, "note", "")
    await console.press("Backspace", "Control+Enter")
    await console.sees("bottom-line .said.good", "고쳐서 저장했습니다")
    there = await now(console.house, order)
    assert (there["fare"], there["note"], there["origin"], there["version"]) == (
        25_000, None, order["origin"], order["version"] + 1,
    )  # fmt: skip


async def test_a_fare_that_says_no_amount_is_asked_for_again_and_never_half_read(console: Console) -> None:
    """Seen failing with whatever is no digit left out of it: the order was saved with 5,000."""
    order = await an_order(console.house)
    await open_for_change(console, order)
    for slip in ("-5000", "25.000.0", "3만쯤"):
        await retype(console, "fare", slip)
        await console.press("Tab", "Control+Enter")
        await console.sees("order-form .field.fare .about", "요금을 읽을 수 없습니다")
        assert (await console.value("fare"), await console.focused()) == (slip, "fare")
    assert (await now(console.house, order))["version"] == order["version"]
    for typed, shown in (
        ("₩27,000", "27,000"),
        ("2만5천원", "25,000"),
        ("만 오", "만 오"),
        ("1.5만", "15,000"),
        ("3만", "30,000"),
    ):
        await retype(console, "fare", typed)
        await console.press("Tab")
        assert await console.value("fare") == shown
    await console.press("Control+Enter")
    await console.sees("bottom-line .said.good", "고쳐서 저장했습니다")
    assert (await now(console.house, order))["fare"] == 30_000


async def test_escape_leaves_the_order_as_it_was_and_what_was_typed_can_be_had_back(console: Console) -> None:
    order = await an_order(console.house)
    await open_for_change(console, order)
    await retype(console, "fare", "99000")
    await console.press("Escape")
    await console.until("document.querySelector('order-form form').hidden")
    assert (await now(console.house, order))["version"] == order["version"]
    await console.press("Control+z")
    await console.until("document.querySelector('[name=fare]').value.startsWith('99')")


async def test_the_driver_who_has_the_earlier_text_is_not_forgotten(console: Console) -> None:
    order = await an_order(console.house)
    await console.house.program().api("POST", f"/orders/{order['id']}/assign", {"driver_number": "101"})
    await console.page.wait_for_selector(".order-row.assigned")
    await open_for_change(console, order)
    await retype(console, "destination", "정자역")
    await console.press("Control+Enter")
    await console.sees("bottom-line .said.good", "101번 기사")


async def test_who_saves_second_sees_both_and_decides_field_by_field(sit_down: OpenConsole) -> None:
    console, colleague = await sit_down(), await sit_down(user="boss", locale="en")
    order = await an_order(console.house)
    for each in (console, colleague):
        await open_for_change(each, order)
    await retype(colleague, "fare", "25000")
    await retype(colleague, "destination", "정자역")
    await colleague.press("Control+Enter")
    await colleague.sees("bottom-line .said.good", "Changed")
    await console.sees("order-form .offline-hint", "다른 상담원이 이 주문을 바꾸었습니다")
    await retype(console, "fare", "30000")
    await retype(console, "note", "카드")
    await console.press("Control+Enter")
    await console.page.wait_for_selector(CLASH)
    words = await console.page.inner_text(CLASH)
    assert all(text in words for text in ("30,000원", "25,000원", "판교역", "정자역", "이상담"))
    assert "카드" not in words  # nobody else has touched the note
    assert await console.value("destination") == "정자역"  # he had not touched it
    assert await console.page.evaluate("document.activeElement.dataset.field") == "fare"
    await console.press("Control+Enter")  # not before he has decided
    await console.sees("bottom-line .said.bad", "고르지 않은 칸")
    assert (await now(console.house, order))["fare"] == 25_000
    await console.press("ArrowRight")
    assert await console.value("fare") == "25,000"
    await console.press("ArrowLeft")
    assert await console.value("fare") == "30,000"
    await console.press("Control+Enter")  # the colleague's fare is in writing already
    await console.sees("order-form .field.fare_reason .about", "바꾸는 사유")
    await console.page.keyboard.type("고객과 통화")
    await console.press("Control+Enter")
    await console.sees("bottom-line .said.good", "고쳐서 저장했습니다")
    there = await now(console.house, order)
    assert (there["fare"], there["destination"]["text"], there["note"]) == (30_000, "정자역", "카드")
    for each in (console, colleague):
        each.unharmed()


async def test_a_change_on_top_of_a_cancelled_order_says_so(console: Console) -> None:
    order = await an_order(console.house)
    await open_for_change(console, order)
    await retype(console, "fare", "30000")
    async with console.house.desk.work() as work:
        await orders.cancel(work, console.house.site.colleague_id, order["id"], "손님 취소")
    await console.press("Control+Enter")
    await console.sees(CLASH, "배차 대기 → 취소")
    await console.press("Control+Enter")
    await console.sees("bottom-line .said.bad", "지금 상태에서는 할 수 없습니다")
    assert await console.value("fare") == "30,000"


async def test_a_half_made_change_and_its_clash_survive_a_reload(console: Console) -> None:
    order = await an_order(console.house)
    await open_for_change(console, order)
    await retype(console, "fare", "30000")
    body = {"version": order["version"], "fare": 25_000}
    await console.house.program().api("PATCH", f"/orders/{order['id']}", body)
    await console.press("Control+Enter")
    await console.page.wait_for_selector(CLASH)
    await console.page.reload()
    await console.page.wait_for_selector("bottom-line .link.up")
    await open_for_change(console, order)
    await console.sees(CLASH, "25,000원")
    assert await console.value("fare") in ("30000", "30,000")


async def test_a_colleagues_change_never_disturbs_the_syllable_in_hand(console: Console) -> None:
    order = await an_order(console.house)
    await open_for_change(console, order)
    await console.press("Control+a")
    await console.page.evaluate("window.field = document.querySelector('[name=origin]')")
    hands = await typist(console)
    version = order["version"]
    for step in ("ㅅ", "시", "십", "시처", "시청"):
        await hands.grow(step)
        answer = await console.house.program().api(
            "PATCH",
            f"/orders/{order['id']}",
            {"version": version, "fare": 20_000 + version * 1000, "fare_reason": "흥정"},
        )
        version = answer.body["version"]
        await console.page.wait_for_selector("order-form .offline-hint")
    await hands.commit("시청")
    await hands.grow("ㅇ", "여", "역")
    await console.page.evaluate(  # saving in the middle of a syllable waits for it
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown',"
        " {key: 'Enter', ctrlKey: true, keyCode: 229, isComposing: true, bubbles: true, cancelable: true}))"
    )
    await hands.commit("역")
    await console.page.wait_for_selector(CLASH)
    assert await console.value("origin") == "시청역"
    assert await console.page.evaluate("field.isConnected && field === document.querySelector('[name=origin]')")


async def test_every_button_of_a_change_shows_its_key_in_both_languages(console: Console) -> None:
    order = await an_order(console.house)
    await console.page.wait_for_selector(f'[data-order="{order["id"]}"]')
    for locale, words in (("ko", "고쳐 저장"), ("en", "Save change")):
        await console.page.click(f"status-bar [lang={locale}]")
        await console.press("F8")
        await console.sees("candidate-list .order-actions:not([hidden])", "F4")
        await console.press("F4")
        await console.sees("order-form .actions", words)
        await console.sees("order-form .actions", "Ctrl ↵")
        await console.press("Escape")
