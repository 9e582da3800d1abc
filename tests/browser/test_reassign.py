"""An order taken back from its driver, or given to another one, by keys alone; a refusal leaves it where it is."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from models import Assignment, Driver, OrderStep
from tests.browser.conftest import Console

pytestmark = pytest.mark.browser


async def held(console: Console, number: str = "100") -> dict[str, Any]:
    """An order that the driver with this number has, marked on the board."""
    order = await console.house.order(destination={"text": "판교역"})
    await console.house.program().api("POST", f"/orders/{order['id']}/assign", {"driver_number": number})
    await console.page.wait_for_selector(f'[data-order="{order["id"]}"].assigned')
    await console.press("F8")
    await console.until(f"document.activeElement.dataset.order === '{order['id']}'")
    return order


async def assignments(console: Console) -> list[tuple[str, str, str | None]]:
    async with console.house.desk.look() as session:
        query = (
            select(Driver.number, Assignment.state, Assignment.reason)
            .join(Assignment, Assignment.driver_id == Driver.id)
            .order_by(Assignment.id)
        )
        return [(number, state, reason) for number, state, reason in await session.execute(query)]


async def test_the_marked_order_is_taken_back_with_a_reason_and_can_be_had_back(console: Console) -> None:
    """Seen failing with only ticked orders heeded, and without the 8 s."""
    order = await held(console)
    row = f'[data-order="{order["id"]}"]'
    for key in ("Control+z", "Shift+Delete"):
        await console.press("Shift+Delete")
        await console.until("document.activeElement.name === 'why'")
        await console.press("Enter")
        await console.page.wait_for_selector(f"{row}.leaving")
        await console.press(key)
        await console.page.wait_for_selector(f"{row}:not(.leaving)")
    await console.press("Shift+Delete")
    await console.until("document.activeElement.name === 'why'")
    await console.page.keyboard.type("타이어 펑크")
    await console.press("Enter")
    await console.page.wait_for_selector(f"{row}.leaving")
    assert await assignments(console) == [("100", "active", None)]
    await console.page.wait_for_selector(f"{row}.taken:not(.leaving)", timeout=40_000)
    assert await assignments(console) == [("100", "released", "타이어 펑크")]
    async with console.house.desk.look() as session:
        steps = list(await session.scalars(select(OrderStep.after).order_by(OrderStep.id)))
    assert steps == ["taken", "assigned", "taken"]
    await console.press("Shift+Delete")
    await console.sees("bottom-line .said", "기사가 없거나")


async def test_a_number_and_enter_give_the_order_to_another_driver_or_leave_it_where_it_is(console: Console) -> None:
    """Seen failing with the number's field only where nobody has the order."""
    order = await held(console)
    row = f'[data-order="{order["id"]}"]'
    await console.page.keyboard.type("100")
    await console.press("Enter")
    await console.sees("bottom-line .said", "이미 100번 기사의 주문")
    await console.page.keyboard.type("101")
    await console.press("Enter")
    await console.until("document.activeElement.name === 'why'")
    await console.sees("candidate-list .why label", "100번 대신 101번")
    await console.press("Enter")
    await console.sees(f"{row}.assigned", "#101")
    await console.sees("bottom-line .said.good", "100번 기사에게 가지 않아도 된다고")
    assert await assignments(console) == [("100", "released", "기사가 갈 수 없음"), ("101", "active", None)]

    other = await console.house.order(origin={"text": "신촌"})
    await console.house.program().api("POST", f"/orders/{other['id']}/assign", {"driver_number": "102"})
    await console.page.wait_for_selector(f'[data-order="{other["id"]}"].assigned')
    await console.press("F8")
    await console.page.keyboard.type("102")
    await console.press("Enter")
    await console.until("document.activeElement.name === 'why'")
    await console.press("Enter")
    await console.sees("bottom-line .said.bad", "102번 기사")
    await console.until("document.activeElement.name === 'driver'")
    assert await console.page.input_value("[name=driver]") == "102"
    assert [state for number, state, _ in await assignments(console) if number == "101"] == ["active"]
