"""What an operator says for a driver whose phone is dead: by one key, from assigned to completed, with the fee booked."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from models import Driver, Entry, Order, OrderStep
from tests.browser.conftest import Console

pytestmark = pytest.mark.browser


async def given(console: Console, **words: object) -> dict[str, Any]:
    """An order that driver 100 has, marked on the board."""
    order = await console.house.order(destination={"text": "판교역"}, **words)
    await console.house.program().api("POST", f"/orders/{order['id']}/assign", {"driver_number": "100"})
    await console.page.wait_for_selector(f'[data-order="{order["id"]}"].assigned')
    await console.press("F8")
    await console.sees("candidate-list .order-actions:not(.waited)", "다음: 가는 중")
    return order


async def steps(console: Console) -> list[str]:
    async with console.house.desk.look() as session:
        return list(await session.scalars(select(OrderStep.after).order_by(OrderStep.id)))


async def test_an_order_goes_from_assigned_to_completed_by_keys_alone_and_the_fee_is_booked(console: Console) -> None:
    """Seen failing with the trip done at once, unasked, and with a pressed key that begins again at the first state."""
    order = await given(console, fare=25_000)
    row = f'[data-order="{order["id"]}"]'
    await console.press("F3")
    await console.sees("bottom-line .said", "8초 뒤에 가는 중")
    assert await steps(console) == ["taken", "assigned"]
    await console.page.wait_for_selector(f"{row}.on_the_way", timeout=40_000)
    await console.press("F3")
    await console.sees(f"{row} .order-state", "→ 도착")
    await console.press("F3")  # he is farther than that
    await console.sees(f"{row} .order-state", "→ 운행")
    await console.press("F3")
    await console.until("document.activeElement.name === 'done'")
    await console.sees("candidate-list .done", "100번 기사의 운행이 끝났습니까? 요금 25,000원")
    await console.press("Escape")
    await console.until(f"document.activeElement.dataset.order === '{order['id']}'")
    await console.press("F3")
    await console.until("document.activeElement.name === 'done'")
    await console.press("Enter")
    await console.page.wait_for_selector(f"{row}.completed")
    assert (await steps(console))[-1] == "completed"
    async with console.house.desk.look() as session:
        kinds = set(await session.scalars(select(Entry.kind).where(Entry.order_id == order["id"])))
        driver = await session.get_one(Driver, console.house.site.drivers[0])
    assert {"call_fee", "payment"} <= kinds
    assert driver.state == "free"


async def test_a_state_is_had_back_within_eight_seconds(console: Console) -> None:
    await given(console)
    await console.press("F3")
    await console.page.wait_for_selector("bottom-line .said button")
    await console.press("Control+z")
    await console.until("!document.querySelector('.order-row .order-state').innerText.includes('→')")
    await console.page.wait_for_timeout(8500)  # longer than the time to think
    assert await steps(console) == ["taken", "assigned"]


async def test_what_cannot_be_said_is_refused_in_words(console: Console) -> None:
    order = await given(console)
    await console.press("F3")
    await console.sees("bottom-line .said", "8초 뒤에")
    for state in ("arrived", "driving"):  # the driver's phone lives after all
        await console.house.program().api("POST", f"/orders/{order['id']}/step", {"to": state})
    await console.page.wait_for_function(
        "() => document.querySelector('bottom-line .said.bad')?.innerText.includes('지금 상태에서는')", timeout=40_000
    )
    await console.house.order(origin={"text": "신촌"})
    await console.page.wait_for_selector(".order-row.taken")
    await console.page.focus(".order-row.taken")
    await console.press("F3")
    await console.sees("bottom-line .said", "기사가 없거나")


async def test_a_trip_without_a_fare_asks_for_it_and_is_done_with_what_was_typed(console: Console) -> None:
    """Seen failing with the button focused, and with the fare left out of what is sent."""
    order = await given(console, fare=None)
    for state in ("on_the_way", "arrived", "driving"):
        await console.house.program().api("POST", f"/orders/{order['id']}/step", {"to": state})
    row = f'[data-order="{order["id"]}"]'
    await console.page.wait_for_selector(f"{row}.driving")
    await console.press("F3")
    await console.until("document.activeElement.name === 'done_fare'")
    await console.sees("candidate-list .done", "요금이 없습니다")
    await console.page.keyboard.type("ㅁ")
    await console.press("Enter")
    await console.sees("bottom-line .said.bad", "요금이 아닙니다")
    await console.until("document.activeElement.name === 'done_fare'")
    await console.page.keyboard.type("25,000")
    await console.press("F3")  # pressed again, it asks the same and keeps what is typed
    await console.until("document.activeElement.value === '25,000'")
    await console.press("Enter")
    await console.page.wait_for_selector(f"{row}.completed")
    async with console.house.desk.look() as session:
        assert (await session.get_one(Order, order["id"])).fare == 25_000
        kinds = set(await session.scalars(select(Entry.kind).where(Entry.order_id == order["id"])))
    assert {"call_fee", "payment"} <= kinds


async def test_a_trip_without_a_fare_is_done_by_the_same_keys_as_ever_and_it_says_where_it_is_listed(
    console: Console,
) -> None:
    """Seen failing with the usual words, and with the focus left on what is gone."""
    order = await given(console, fare=None)
    for state in ("on_the_way", "arrived", "driving"):
        await console.house.program().api("POST", f"/orders/{order['id']}/step", {"to": state})
    row = f'[data-order="{order["id"]}"]'
    await console.page.wait_for_selector(f"{row}.driving")
    await console.press("F3")
    await console.until("document.activeElement.name === 'done_fare'")
    await console.press("Escape")
    await console.until(f"document.activeElement.dataset.order === '{order['id']}'")
    await console.press("F3")
    await console.until("document.activeElement.name === 'done_fare'")
    await console.press("Enter")
    await console.page.wait_for_selector(f"{row}.completed")
    await console.sees("bottom-line .said", "요금 없는 운행")
    await console.until(f"document.activeElement.dataset.order === '{order['id']}'")
    async with console.house.desk.look() as session:
        assert (await session.get_one(Order, order["id"])).fare is None
