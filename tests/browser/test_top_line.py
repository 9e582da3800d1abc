"""The top line and the keys that call, in the narrowest window: nothing is cut off, nothing lies over anything else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import update

from desk.events import PartChanged
from desk.message import unheard
from desk.office import pauses
from models import Message
from tests.browser.conftest import OpenConsole
from tests.browser.scene import Scene
from tests.browser.test_call_out import marked
from tests.web.test_texts import came

pytestmark = pytest.mark.browser

CUT_OFF = """() => {
  const line = document.querySelector("status-bar"), box = line.getBoundingClientRect();
  const seen = [...line.querySelectorAll(".gauge, .gauge *, .now, .person, .menu, .tools > *, input")]
    .filter((each) => each.checkVisibility() && !each.closest(".unseen, .choices"));
  const inside = (one, around) => one.left >= around.left - 0.5 && one.right <= around.right + 0.5
    && one.top >= around.top - 0.5 && one.bottom <= around.bottom + 0.5;
  const gauges = line.querySelector(".gauges").getBoundingClientRect();
  const out = seen.filter((each) => {
    const rect = each.getBoundingClientRect();
    const cut = each.matches(".person, .menu") && each.scrollWidth > each.clientWidth + 1;
    return cut || !inside(rect, box) || (each.closest(".gauges") && !inside(rect, gauges));
  });
  const whole = [...line.querySelectorAll(".gauge, .now, .person, .menu, .tools > *, input")]
    .filter((each) => each.checkVisibility());
  const over = whole.filter((one, at) => whole.slice(at + 1).some((other) => {
    const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
    return a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  }));
  return [...out, ...over].map((each) => each.outerHTML.slice(0, 160));
}"""
ROWS = """() => new Set([...document.querySelectorAll("candidate-list .reach > *")].filter((each) => each.checkVisibility())
  .map((each) => Math.round(each.getBoundingClientRect().top + each.getBoundingClientRect().height / 2))).size"""

LINES = """() => {
  const tops = [...document.querySelectorAll("status-bar .gauge")].filter((each) => each.checkVisibility())
    .map((each) => each.getBoundingClientRect().top);
  return 1 + Math.floor((Math.max(...tops) - Math.min(...tops)) / 12);
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["ko", "en"])
async def test_all_that_the_top_line_tells_is_in_sight_at_1280_pixels_and_both_calls_are_in_one_line(
    sit_down: OpenConsole, scene: Scene, locale: str, theme: str
) -> None:
    """Seen failing with the mode and the day's orders cut off, and with the driver's key in a second line."""
    console = await sit_down(locale=locale, theme=theme)
    await marked(console)
    async with console.house.desk.work() as work:
        await work.session.execute(update(Message).values(state="failed"))
        await unheard.watch(work)
        await pauses.begin(work, console.house.site.colleague_id, "break", console.house.site.colleague_id)
    await came(console.house, "지금 어디쯤인가요")
    console.house.desk.bus.tell(PartChanged(console.house.desk.clock(), "sms", ok=False, reason="no link"))
    await scene.ring("01055501234")
    await console.page.wait_for_selector("status-bar .gauge.hot")
    await console.page.wait_for_selector("status-bar .gauge.trouble:not(.unassigned)")
    await console.page.wait_for_selector("status-bar .texts")
    await console.page.wait_for_selector("status-bar .away")
    await console.page.wait_for_selector("status-bar .mode")
    if folder := os.environ.get("CALLBOARD_PICTURES"):
        await console.picture(f"top-line-{locale}-{theme}", Path(folder))
    assert await console.page.evaluate(CUT_OFF) == []
    assert await console.page.evaluate(ROWS) == 1
    assert await console.page.evaluate(LINES) == 1
    console.unharmed()


@pytest.mark.parametrize("locale", ["ko", "en"])
async def test_the_top_line_is_one_row_at_1280_pixels_and_gives_back_what_gave_way(
    sit_down: OpenConsole, scene: Scene, locale: str
) -> None:
    """Seen failing with nothing folded: a call with three parts down took a second row in both languages."""
    console = await sit_down(locale=locale, size=(1280, 720))
    await console.page.wait_for_selector("status-bar .mode")
    assert await console.page.evaluate(LINES) == 1
    assert await console.page.is_visible("status-bar .today")
    assert await console.page.is_visible("status-bar .person.own")
    for part, bus in (
        ("sms", console.house.desk.bus),
        ("ami", console.house.desk.bus),
        ("disk", console.house.desk.bus),
    ):
        bus.tell(PartChanged(console.house.desk.clock(), part, ok=False, reason="no link"))
    await console.page.wait_for_function("() => document.querySelectorAll('status-bar .part').length === 3")
    await came(console.house, "지금 어디쯤인가요")
    call_id = await scene.ring("01055501234")
    await console.ringing(call_id)
    await console.press("F2")
    await console.page.wait_for_selector("status-bar .talking")
    await console.page.wait_for_selector("status-bar .texts")
    if folder := os.environ.get("CALLBOARD_PICTURES"):
        await console.picture(f"top-line-full-{locale}", Path(folder))
    assert await console.page.evaluate(LINES) == 1
    assert await console.page.evaluate(CUT_OFF) == []
    assert await console.page.is_visible("status-bar .part .words")
    await console.page.set_viewport_size({"width": 1920, "height": 1080})
    await console.page.wait_for_function("() => document.querySelector('status-bar .today').checkVisibility()")
    assert await console.page.is_visible("status-bar .menu .word")
    assert await console.page.evaluate(LINES) == 1
    console.unharmed()
