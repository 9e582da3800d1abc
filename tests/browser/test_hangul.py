"""Hangul is composed in the field itself: pushes must not disturb it, and a key must not come before its syllable."""

from __future__ import annotations

import pytest
from playwright.async_api import CDPSession

from tests.browser.conftest import Console
from tests.browser.scene import Scene

pytestmark = pytest.mark.browser

PUSHES = 200


class Typist:
    """Types Hangul the way an input method does: each syllable grows until it is committed."""

    def __init__(self, link: CDPSession) -> None:
        self.link = link

    async def grow(self, *steps: str) -> None:
        for text in steps:
            await self.link.send(
                "Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)}
            )

    async def commit(self, text: str) -> None:
        await self.link.send("Input.insertText", {"text": text})


async def typist(console: Console) -> Typist:
    return Typist(await console.page.context.new_cdp_session(console.page))


async def test_syllables_survive_a_storm_of_pushes(console: Console, scene: Scene) -> None:
    await scene.customer()
    call_id = await scene.ring()
    await console.ringing(call_id, "김철수")
    await console.press("F2")
    await console.opened(call_id)
    await console.page.evaluate("window.field = document.querySelector('[name=destination]')")
    hands = await typist(console)
    rings = []
    for steps, syllable in ((("ㄱ", "가", "강"), "강"), (("ㄴ", "나", "남"), "남"), (("ㅇ", "여", "역"), "역")):
        for step in steps:
            await hands.grow(step)
            for _ in range(PUSHES // 9 // 2 + 1):
                rings.append(
                    await scene.ring(f"0105552{len(rings):04}")
                )  # arrived, identified and ringing: three pushes
        await hands.commit(syllable)
    await console.ringing(rings[-1])
    assert await console.value("destination") == "강남역"
    assert await console.focused() == "destination"
    assert await console.page.evaluate("field === document.activeElement && field.isConnected")


# Some systems send the same Enter again when the syllable is complete. From within the page: a slow machine is no typist.
ENTER_AGAIN = """() => document.addEventListener("compositionend", () => setTimeout(() => {
  document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true, cancelable: true}));
  window.enteredAgain = true;
}, 30), { once: true })"""


async def test_enter_in_the_middle_of_a_syllable_acts_once_and_after_it(console: Console, scene: Scene) -> None:
    call_id = await scene.ring("01055501234")
    await console.ringing(call_id)
    await console.press("F2")
    await console.opened(call_id)
    hands = await typist(console)
    await hands.grow("시", "시청", "시청여")
    await console.page.evaluate(
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown',"
        " {key: 'Enter', keyCode: 229, isComposing: true, bubbles: true, cancelable: true}))"
    )
    assert await console.focused() == "origin"
    await console.page.evaluate(ENTER_AGAIN)
    await hands.commit("시청역")
    await console.until("window.enteredAgain")
    await console.until("document.activeElement.name === 'destination'")
    assert await console.value("origin") == "시청역"


async def test_saving_in_the_middle_of_a_syllable_saves_the_whole_syllable(console: Console, scene: Scene) -> None:
    call_id = await scene.ring("01055501234")
    await console.ringing(call_id)
    await console.press("F2")
    await console.opened(call_id)
    hands = await typist(console)
    await hands.grow("신", "신촌")
    await console.page.evaluate(
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown',"
        " {key: 'Enter', ctrlKey: true, keyCode: 229, isComposing: true, bubbles: true, cancelable: true}))"
    )
    await hands.commit("신촌역")
    await console.sees(".outcome", "신촌역")


async def test_taking_the_next_call_keeps_the_syllable_in_its_own_order(console: Console, scene: Scene) -> None:
    first = await scene.ring("01055501234")
    await console.ringing(first)
    await console.press("F2")
    await console.opened(first)
    await (await typist(console)).grow("시", "시청")
    second = await scene.ring("01055505678")
    await console.ringing(second)
    await console.press("F2")
    await console.opened(second)
    assert await console.value("origin") == ""
    await console.page.click(f'[data-call="{first}"] .opener')
    await console.opened(first)
    assert await console.value("origin") == "시청"
