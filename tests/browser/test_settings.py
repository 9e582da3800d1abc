"""How the console is for who sits at it: density, letters that are no keys, messages that stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.browser.conftest import Console, OpenConsole
from tests.browser.scene import Scene

pytestmark = pytest.mark.browser

# The whole card is what is pressed of an opener.
SMALLEST = """() => Math.min(...[...document.querySelectorAll('button, input:not([type=radio]):not([type=checkbox]), select')]
  .filter((part) => part.offsetParent && !part.closest('dialog') && !part.matches('.opener'))
  .map((part) => part.getBoundingClientRect().height))"""

SAID_NOW = """async () => {
  const line = document.querySelector('bottom-line');
  line.requestUpdate();
  await line.updateComplete;
  return line.querySelector('.said').innerText;
}"""

FRIDAY_NIGHT = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
UNDO_LEFT = "Number(document.querySelector('bottom-line .said button')?.innerText.match(/[0-9]+/)?.[0])"


async def choose(console: Console, name: str, value: str) -> None:
    """By keys: open the sheet, choose, close it."""
    await console.press("Control+,")
    await console.page.wait_for_selector("settings-sheet dialog[open]")
    await console.page.focus(f"[name=settings-{name}][value={value}]")
    await console.press("Space", "Escape")
    await console.page.wait_for_selector("settings-sheet dialog", state="hidden")
    # A browser takes the focus from what it no longer shows with its next picture only.
    await console.until("!document.querySelector('settings-sheet').contains(document.activeElement)")


@pytest.mark.parametrize("density", ["compact", "roomy"])
async def test_a_density_is_kept_in_the_browser_and_leaves_everything_large_enough_to_press(
    console: Console, scene: Scene, density: str
) -> None:
    """Seen failing at 19 px."""
    await scene.customer()
    call_id = await scene.ring("+821012345678")
    await console.ringing(call_id, "김철수")
    await console.press("F2")
    await console.opened(call_id)
    await console.page.wait_for_selector("order-form [name=origin]")
    before = await console.page.evaluate("document.querySelector('.field:has([name=origin])').offsetHeight")
    await choose(console, "density", density)
    after = await console.page.evaluate("document.querySelector('.field:has([name=origin])').offsetHeight")
    assert (after > before) is (density == "roomy")
    assert await console.page.evaluate(SMALLEST) >= 24
    await console.open()
    assert await console.page.evaluate("document.documentElement.dataset.density") == density
    await console.press("Control+,")
    assert await console.page.is_checked(f"[name=settings-density][value={density}]")


async def test_letters_that_are_switched_off_do_nothing_and_the_sheet_says_how_else(console: Console) -> None:
    """Seen failing where the keyboard did not ask."""
    await choose(console, "letters", "off")
    await console.press("n", "g", "l", "?", "/", "t")
    assert not await console.page.is_visible("order-form [name=origin]")
    assert await console.page.evaluate("document.documentElement.lang") == "ko"
    assert await console.page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert await console.focused() != "customer"
    assert not await console.page.is_visible("cheat-sheet dialog")
    assert not await console.page.is_visible("caller-card .do kbd.letter")
    await console.press("Control+k")
    await console.page.keyboard.type("하나 더 받는다")
    await console.press("Enter")
    await console.page.wait_for_selector("order-form [name=origin]")
    await console.press("Escape", "Control+k")
    await console.page.keyboard.type("이 표를")
    await console.press("Enter")
    await console.page.wait_for_selector("cheat-sheet dialog[open]")
    sheet = await console.page.inner_text("cheat-sheet .keys")
    assert "(메뉴에서)" in sheet
    keys = await console.page.evaluate("[...document.querySelectorAll('cheat-sheet dt')].map((key) => key.innerText)")
    assert not {"N", "T", "G", "L", "C", "?", "1 2 3"} & set(keys)


async def test_function_keys_and_ctrl_stay_when_letters_are_off(console: Console, scene: Scene) -> None:
    await choose(console, "letters", "off")
    call_id = await scene.ring("+821099998888")
    await console.ringing(call_id)
    await console.press("F2")
    await console.opened(call_id)
    await console.press("Control+/")
    assert await console.focused() == "customer"


async def test_a_message_stays_until_it_is_dismissed_where_somebody_wants_that(console: Console) -> None:
    """Seen failing with a message that knew its 3 s only."""
    page = console.page
    await choose(console, "stay", "until_dismissed")
    await page.clock.install()
    await console.press("F2")
    await console.sees("bottom-line .said", "울리는 전화가 없습니다")
    await page.clock.run_for(600_000)
    assert "울리는 전화가 없습니다" in await page.evaluate(SAID_NOW)
    await console.press("Control+.")
    await console.until("document.querySelector('bottom-line .said').innerText === ''")


@pytest.mark.parametrize(("stay", "seconds"), [("once", 8), ("thrice", 24), ("until_dismissed", 80)])
async def test_what_can_be_taken_back_can_be_for_8_s_at_least(sit_down: OpenConsole, stay: str, seconds: int) -> None:
    """The clock of the page stands still: no machine is too slow for it."""
    console = await sit_down()
    await choose(console, "stay", stay)
    await console.page.clock.install(time=FRIDAY_NIGHT)
    await console.page.clock.pause_at(FRIDAY_NIGHT + timedelta(seconds=1))
    await console.knows_no_places()
    await console.press("n")
    await console.page.fill("order-form [name=origin]", "강남역")
    await console.press("Escape")
    await console.until(f"{UNDO_LEFT} === {seconds}")
    await console.page.clock.run_for(3000)
    await console.page.evaluate(SAID_NOW)
    await console.until(f"{UNDO_LEFT} === {seconds - 3}")
    await console.press("Control+z")
    assert await console.value("origin") == "강남역"
