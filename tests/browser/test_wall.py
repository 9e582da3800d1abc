"""The screen on the wall in a browser: it counts by itself, comes back by itself, and shows nothing to whoever has no address."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from desk.office import wall_screens
from models import Call
from tests.browser.scene import Scene
from tests.web.conftest import House

pytestmark = pytest.mark.browser

WHOLE = """() => [...document.querySelectorAll('dt, dd, h1, h2')].every((one) => {
  const box = one.getBoundingClientRect();
  const inside = box.top >= 0 && box.bottom <= innerHeight && box.right <= innerWidth;
  return inside && one.scrollWidth <= one.clientWidth + 1;
})"""


@pytest.fixture
async def wall(chromium: Browser) -> AsyncIterator[Page]:
    """A television."""
    context = await chromium.new_context(viewport={"width": 1920, "height": 1080}, reduced_motion="reduce")
    page = await context.new_page()
    page.set_default_timeout(40_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []
    await context.close()


async def hang(house: House, page: Page, language: str = "ko") -> int:
    async with house.desk.work() as work:
        screen, token = await wall_screens.add(work, house.site.office_id, "상담실 벽")
    await page.goto(f"{house.base}/wall?lang={language}#{token}")
    return screen.id


async def shows(page: Page, tile: str, figure: str) -> None:
    await page.wait_for_function(
        "([tile, figure]) => document.querySelector(`#${tile} b`).textContent === figure", arg=[tile, figure]
    )


async def test_it_counts_by_itself_and_nothing_has_to_be_pressed(
    house: House, scene: Scene, wall: Page, tmp_path: Path
) -> None:
    await house.order()
    await hang(house, wall)
    await shows(wall, "waiting", "0")
    await shows(wall, "free", "3")
    call_id = await scene.ring()
    await shows(wall, "waiting", "1")
    assert await wall.get_attribute("#waiting", "data-kind") == "rings"
    assert "배차 전" in await wall.inner_text("#orders") or await wall.locator("#orders dt").count() == 1
    await wall.screenshot(path=Path(os.environ.get("CALLBOARD_PICTURES", tmp_path)) / "wall-ko.png")
    await scene.hang_up(call_id)
    await shows(wall, "waiting", "0")
    await shows(wall, "missed", "1")


async def test_nothing_is_pushed_out_of_a_television_and_it_reads_english(
    house: House, scene: Scene, wall: Page, tmp_path: Path
) -> None:
    """At 1080 and at 720 lines. Seen failing (on a picture) with a sign as large as the figure."""
    await house.order()
    call_id = await scene.ring()
    async with house.desk.work() as work:
        (await work.session.get_one(Call, call_id)).arrived_at = work.now - timedelta(minutes=72)
    await hang(house, wall, "en")
    await wall.wait_for_selector("#longest[data-kind=late]")
    assert "⚠" in await wall.inner_text("#longest dt")
    assert "Calls waiting" in await wall.inner_text("#waiting")
    for width, height in ((1920, 1080), (1280, 720)):
        await wall.set_viewport_size({"width": width, "height": height})
        assert await wall.evaluate(WHOLE)
        await wall.screenshot(path=Path(os.environ.get("CALLBOARD_PICTURES", tmp_path)) / f"wall-en-{height}.png")


async def test_it_comes_back_from_a_restart_with_the_newest_page(house: House, wall: Page) -> None:
    await hang(house, wall)
    await shows(wall, "waiting", "0")
    await wall.evaluate("() => { window.old = true; }")
    await house.stop()
    await wall.wait_for_function("() => document.getElementById('said').textContent.includes('연결이 끊겼습니다')")
    assert await wall.inner_text("#free b") == "3"  # the last figures stay, and are called that
    await house.restart()
    await wall.wait_for_function("() => window.old === undefined && document.getElementById('said').textContent === ''")
    await shows(wall, "waiting", "0")


async def test_a_revoked_address_says_so_and_shows_no_figure(house: House, wall: Page) -> None:
    screen_id = await hang(house, wall)
    await shows(wall, "free", "3")
    async with house.desk.work() as work:
        await wall_screens.revoke(work, screen_id)
    await wall.wait_for_function("() => document.getElementById('said').textContent.includes('새 주소')")
    assert await wall.inner_text("#free b") == "–"
    await wall.goto(f"{house.base}/wall?lang=en#nothing")
    await wall.wait_for_function("() => document.getElementById('said').textContent.includes('new one')")
    assert await wall.inner_text("#waiting b") == "–"


async def test_it_is_moved_by_some_pixels_each_minute_and_stays_awake(house: House, wall: Page) -> None:
    await wall.add_init_script(
        "navigator.wakeLock.request = (kind) => { window.awake = kind; return Promise.resolve(null); };"
    )
    await wall.clock.install()
    await hang(house, wall)
    await shows(wall, "waiting", "0")
    places = set()
    for _ in range(3):
        places.add(await wall.evaluate("() => document.querySelector('main').style.translate"))
        await wall.clock.run_for(60_000)
    assert len(places) == 3
    assert await wall.evaluate("() => window.awake") == "screen"
