"""The console of another trade: its form asks what that trade asks, and the board and the history say it in its words."""

from __future__ import annotations

import pytest

from models import Office
from tests.browser.conftest import OpenConsole
from tests.browser.scene import Scene

pytestmark = pytest.mark.browser


async def test_a_courier_order_is_taken_and_changed_by_keyboard_in_the_fields_of_its_trade(
    sit_down: OpenConsole, scene: Scene
) -> None:
    async with scene.desk.work() as work:
        (await work.session.get_one(Office, scene.site.office_id)).trade = "courier"
    console = await sit_down()
    call_id = await scene.ring("01055501234")
    await console.ringing(call_id)
    await console.press("F2")
    await console.opened(call_id)
    labels = await console.page.eval_on_selector_all(
        "order-form .field:not([hidden]) label", "labels => labels.map((label) => label.innerText.split('\\n')[0])"
    )
    assert labels == [
        "전화번호",
        "고객 이름",
        "보내는 곳",
        "받는 곳",
        "받는 분",
        "물품",
        "요금",
        "메모",
        "경유",
        "시간",
        "결제",
    ]
    for text in ("을지로 3가", "판교역"):
        await console.page.keyboard.type(text)
        await console.press("Enter")
    assert await console.focused() == "recipient"
    await console.press("Control+Enter")
    await console.sees("order-form .field.recipient .about", "‘받는 분’ 칸을 채워야")
    await console.page.keyboard.type("3층 김 대리")
    await console.press("Enter")
    await console.page.keyboard.type("서류봉투")
    await console.press("Control+Enter")
    await console.sees(".outcome", "서류봉투")
    (order,) = (await console.house.program().api("GET", "/orders?state=taken")).body["items"]
    assert order["details"] == {"recipient": "3층 김 대리", "parcel": "서류봉투"}
    await console.press("F8", "F4")
    await console.until("document.activeElement.name === 'origin'")
    assert await console.value("parcel") == "서류봉투"
    await console.page.focus("order-form [name=parcel]")
    await console.press("Control+a")
    await console.page.keyboard.type("큰 상자")
    await console.press("Control+Enter")
    await console.sees("bottom-line .said.good", "고쳐서 저장했습니다")
    there = (await console.house.program().api("GET", f"/orders/{order['id']}")).body
    assert there["details"] == {"recipient": "3층 김 대리", "parcel": "큰 상자"}
    console.unharmed()
