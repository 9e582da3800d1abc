"""Calling somebody from the console: by key, by a number's link, and what is said where it cannot be."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models import Call, Driver, Operator
from tests.browser.conftest import Console, OpenConsole
from tests.browser.scene import Scene

pytestmark = pytest.mark.browser

OUT = "call-list .card.out"
CUSTOMER, DRIVER = "Control+Shift+F2", "Control+Shift+F7"


async def marked(console: Console) -> int:
    """An order with a driver, marked on the board."""
    order = await console.house.order(number="01012345678")
    assigned = await console.house.program().api(
        "POST", f"/orders/{order['id']}/assign", {"driver_id": console.house.site.drivers[0]}
    )
    assert assigned.status == 200
    await console.page.click(f"order-board [data-order='{order['id']}']")
    await console.page.wait_for_selector("candidate-list .reach")
    return int(order["id"])


async def test_the_marked_orders_customer_is_called_by_a_key_and_the_call_is_mine_and_nobodys_ring(
    console: Console, scene: Scene
) -> None:
    """Seen failing with the call among those who wait: it had a second card there."""
    await scene.customer()
    await marked(console)
    await console.press(CUSTOMER)
    await console.page.wait_for_selector(f"{OUT}.mine")
    await console.sees(OUT, "김철수")
    await console.sees(OUT, "상대 전화 울림")
    await console.sees("bottom-line", "내 전화기가 울립니다")
    assert await console.page.query_selector("call-list .card.rings") is None
    assert await console.page.locator("call-list .card").count() == 1
    assert await console.page.evaluate("() => announcer.children.length") == 0
    async with console.house.desk.look() as session:
        call = (await session.scalars(select(Call).where(Call.direction == "out"))).one()
    await scene.pick_up(call.id, "1001")
    await console.sees(OUT, "통화 중 (건 전화)")
    await console.press("Shift+F2")
    await console.page.wait_for_selector(f'.past [data-call="{call.id}"]')
    assert await console.page.query_selector(".missed li") is None


async def test_its_driver_is_called_by_another_key_and_named_by_his_number(console: Console) -> None:
    await marked(console)
    await console.press(DRIVER)
    await console.sees(OUT, "#100 기사0")
    assert await console.page.inner_text("candidate-list .reach button:last-child kbd") == "Ctrl Shift F7"


async def test_a_missed_call_is_called_back_by_key_and_by_its_number_which_is_a_link(
    console: Console, scene: Scene
) -> None:
    call_id = await scene.ring("01055501234", extension=None)
    await console.page.wait_for_selector(f'[data-call="{call_id}"]')
    await scene.hang_up(call_id)
    await console.page.click(f'.missed [data-call="{call_id}"] button')
    link = console.page.locator("caller-card a.tel")
    assert await link.get_attribute("href") == "tel:+821055501234"
    await link.click()
    await console.sees(OUT, "010-5550-1234")
    await console.press("Escape")
    assert await console.page.locator(OUT).count() == 1
    await console.page.click(f'.missed [data-call="{call_id}"] button')
    await console.page.click("caller-card h1")
    await console.press("b")
    await console.page.wait_for_function("() => document.querySelectorAll('call-list .card.out').length === 2")


async def test_why_nobody_is_called_is_said(console: Console) -> None:
    await console.press(CUSTOMER)
    await console.sees("bottom-line", "주문")
    order = await console.house.order(number="01055501234")
    await console.page.click(f"order-board [data-order='{order['id']}']")
    await console.press(DRIVER)
    await console.sees("bottom-line", "맡은 기사가 없습니다")


async def test_who_has_no_phone_is_told_so_and_a_link_is_left_to_his_computer(
    sit_down: OpenConsole, scene: Scene
) -> None:
    async with scene.desk.work() as work:
        for one in await work.session.scalars(select(Operator)):
            one.extension = None
    console = await sit_down()
    await marked(console)
    await console.press(CUSTOMER)
    await console.sees("bottom-line", "내선 번호가 없어")
    prevented = """() => new Promise((told) => {
      addEventListener("click", (event) => { told(event.defaultPrevented); event.preventDefault(); }, { once: true });
      document.querySelector("candidate-list a.tel").click();
    })"""
    assert await console.page.evaluate(prevented) is False


async def test_numbers_on_the_other_pages_are_links_that_call(console: Console) -> None:
    driver_id = console.house.site.drivers[0]
    await console.page.goto(f"{console.house.base}/drivers/{driver_id}")
    link = console.page.locator("a.tel").first
    async with console.house.desk.look() as session:
        assert await link.get_attribute("href") == f"tel:{(await session.get_one(Driver, driver_id)).phone}"
    await link.click()
    await console.sees("#tel-said", "내 전화기가 울립니다")
    async with console.house.desk.look() as session:
        call = (await session.scalars(select(Call).where(Call.direction == "out"))).one()
    assert call.caller_name == "#100 기사0"
