"""Every page that the table of routes has, in both languages and looks: axe finds nothing serious in it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page
from sqlalchemy import update

from desk import driver_access
from models import Driver, Operator
from tests.browser.scene import Scene
from tests.web.conftest import PASSWORD, House
from web.routes import ROUTES

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
FILES = {"/import/export", "/import/files/{id}/errors"}
"""What is taken away as a file, not looked at."""
SERIOUS = """async () => (await axe.run(document, {
    resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
  })).violations
  .filter((each) => ['serious', 'critical'].includes(each.impact))
  .flatMap((each) => each.nodes.map((node) => `${each.id}: ${node.html.slice(0, 160)} ${node.failureSummary?.slice(0, 240)}`))"""


def pages() -> list[str]:
    """The path of every page for people; those with an id name rows that `lived_in` has made."""
    found = {
        route.path.replace("{id:[1-9][0-9]{0,17}}", "{id}")
        for route in ROUTES
        if (route.kind, route.method) == ("page", "GET")
    }
    wanted = (path.replace("{id}", "1") for path in found - FILES - {"/", "/login"})
    return sorted(path for path in wanted if "{" not in path)


async def lived_in(house: House, scene: Scene, locale: str) -> str:
    """A customer with a past, a call, orders in several states; a driver's link. Everybody reads `locale`."""
    await scene.customer()
    async with house.desk.work() as work:
        await work.session.execute(update(Operator).values(locale=locale))
        await work.session.execute(update(Driver).values(language=locale))
    await house.order(origin={"text": "신촌"}, destination={"text": "일산"})
    order = await house.order(origin={"text": "잠실", "lat": 37.5, "lon": 127.1, "accuracy_m": 9, "source": "map"})
    await house.program().api("POST", f"/orders/{order['id']}/assign", {"driver_number": "101"})
    await scene.choose(await scene.ring(None, presentation="withheld"), "recording", recording_path="left.wav")
    await scene.ring()
    async with house.desk.work() as work:
        driver = await work.session.get_one(Driver, house.site.drivers[0])
        return await driver_access.new_link(work, driver, None)


async def wrong(page: Page, what: str) -> list[str]:
    """What axe calls serious or critical here. With CALLBOARD_PICTURES also a picture: those in docs/pages are made so."""
    await page.wait_for_function("() => document.readyState === 'complete'")
    if folder := os.environ.get("CALLBOARD_PICTURES"):
        name = "-".join(part for part in re.split("[^a-z]+", what) if part)
        locale = await page.evaluate("document.documentElement.lang")
        await page.screenshot(path=Path(folder) / f"page-{name}-{locale}.png")
    return [f"{what}: {each}" for each in await page.evaluate(SERIOUS)]


async def on_the_console(page: Page) -> list[str]:
    """The console in each of its states, reached by keys."""
    found = []
    for what, keys in {
        "a call": ["F2"],
        "an order": ["Escape", "Escape", "F8"],
        "why": ["F9"],
        "ticked": ["F9", "F8", "Control+a", "Delete"],
        "map": ["Escape", "Control+F8"],
        "palette": ["Control+k"],
        "keys": ["Escape", "Control+F8", "Escape", "Shift+?"],
    }.items():
        for key in keys:
            await page.keyboard.press(key)
        await page.wait_for_timeout(100)
        found += await wrong(page, f"console, {what}")
    return found


@pytest.mark.parametrize(("locale", "theme"), [("ko", "dark"), ("en", "light")])
async def test_no_page_has_a_serious_fault_for_who_sees_badly_or_uses_no_mouse(
    chromium: Browser, house: House, scene: Scene, locale: str, theme: Any
) -> None:
    """Seen failing with a field without a name, and with grey words on grey."""
    token = await lived_in(house, scene, locale)
    context = await chromium.new_context(
        viewport={"width": 1280, "height": 800}, locale="ko-KR", color_scheme=theme, reduced_motion="reduce"
    )
    await context.add_init_script(path=AXE)
    await context.add_init_script(f"localStorage.setItem('callboard.locale', '{locale}')")
    page = await context.new_page()
    page.set_default_timeout(15_000)
    await page.goto(f"{house.base}/login?lang={locale}")
    found = await wrong(page, "log-in")
    await page.fill("[name=user]", "boss")
    await page.fill("[name=password]", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("bottom-line .link.up")
    found += await wrong(page, "console") + await on_the_console(page)
    for path in pages():
        await page.goto(f"{house.base}{path}?lang={locale}")
        found += await wrong(page, path)
    await page.goto(f"{house.base}/nothing-here")
    found += await wrong(page, "error")
    await page.set_viewport_size({"width": 360, "height": 740})
    await page.goto(f"{house.base}/driver#{token}")
    found += await wrong(page, "driver, signed in")
    await context.close()
    assert found == []
