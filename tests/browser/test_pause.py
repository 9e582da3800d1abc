"""Ready or not, at the console: the key, why, the timer, and what is said where the queues are out of reach."""

from __future__ import annotations

import pytest

from desk.events import PartChanged
from desk.office import pauses
from tests.browser.conftest import Console
from tests.browser.scene import Scene
from tests.browser.test_alerts import heard, settles, sounds  # noqa: F401 -- a fixture

pytestmark = pytest.mark.browser
GAUGE = "status-bar .me"


async def test_a_key_a_reason_and_the_same_key_again(console: Console) -> None:
    page = console.page
    await console.press("Control+Shift+F6")
    await page.wait_for_selector("pause-sheet dialog[open]")
    assert "휴식" in await page.inner_text("pause-sheet")
    await console.press("2")
    await page.wait_for_selector(f"{GAUGE}.paused")
    await console.sees(GAUGE, "후처리")
    await console.sees(GAUGE, "0:0")
    await console.open()  # the server keeps it
    await console.sees(GAUGE, "후처리")
    await console.press("Control+Shift+F6")
    await page.wait_for_selector(f"{GAUGE}.ready")
    await console.sees("bottom-line .said", "다시 전화를 받습니다")


async def test_arrows_choose_and_esc_changes_nothing(console: Console) -> None:
    await console.press("Control+Shift+F6", "ArrowDown", "ArrowDown", "Escape")
    assert await console.page.is_visible(f"{GAUGE}.ready")
    await console.press("Control+Shift+F6", "ArrowUp", "Enter")
    await console.sees(GAUGE, "기타 업무")


async def test_a_pause_waits_for_asterisk_in_words(console: Console, scene: Scene) -> None:
    """Seen failing where the page said that all is well."""
    scene.desk.bus.tell(PartChanged(scene.desk.clock(), "ami-actor", ok=False, reason="away"))
    await console.page.wait_for_selector("status-bar .trouble")
    await console.press("Control+Shift+F6", "1")
    await console.sees("bottom-line .said", "Asterisk에 닿지 않아")
    await console.sees(GAUGE, "휴식")


async def test_a_pause_that_a_supervisor_sets_is_shown_and_colleagues_are_counted(
    console: Console, scene: Scene
) -> None:
    async with scene.desk.work() as work:
        await pauses.heard(work, "1001", paused=True)
        await pauses.begin(work, scene.site.colleague_id, "break")
    await console.sees(GAUGE, "기타 업무")
    await console.sees("status-bar .away", "1")


async def test_nothing_rings_at_somebody_who_takes_no_calls(heard: Console, scene: Scene) -> None:  # noqa: F811
    """Seen failing without a look at the pause."""
    await heard.press("Control+Shift+F6", "1")
    await heard.page.wait_for_selector(f"{GAUGE}.paused")
    await settles(heard, await scene.ring("+821011112222"))
    assert not await sounds(heard)
    await heard.press("Control+Shift+F6")
    await heard.until("globalThis.heard.length > 0")
