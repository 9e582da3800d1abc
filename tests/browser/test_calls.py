"""Calls at the console: the pop, the card, the keys that take it."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Console
from tests.browser.scene import Scene

pytestmark = pytest.mark.browser


async def test_a_pop_appears_with_its_number_and_takes_no_focus(console: Console, scene: Scene) -> None:
    await scene.customer()
    await console.press("n")
    assert await console.focused() == "number"
    await console.page.keyboard.type("0101111")
    call_id = await scene.ring()
    await console.ringing(call_id)
    await console.sees(f'[data-call="{call_id}"]', "김철수")
    await console.sees(f'[data-call="{call_id}"]', "010-1234-5678")
    assert await console.focused() == "number"
    assert await console.value("number") == "0101111"


async def test_a_known_callers_same_trip_is_saved_with_three_keys(console: Console, scene: Scene) -> None:
    await scene.customer()
    call_id = await scene.ring()
    await console.ringing(call_id)
    await console.sees(f'[data-call="{call_id}"]', "김철수")
    await console.press("F2")
    await console.opened(call_id)
    assert await console.focused() == "destination"
    await console.press("Enter", "Control+Enter")
    await console.sees("order-board .order-row.taken", "강남역 10번 출구 → 판교역")
    await console.sees(".outcome", "25,000")
