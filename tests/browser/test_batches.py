"""All drivers settled at once, in a real Chromium and without a mouse: proposed by one, ticked and approved by another."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from desk.books import cashier, settlement
from desk.office import people
from models import Driver
from tests.browser.test_money import CROOKED, PALE
from tests.web.conftest import PASSWORD, House

pytestmark = pytest.mark.browser


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("CALLBOARD_PICTURES", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


async def signed_in(chromium: Browser, house: House, user: str, theme: str) -> Page:
    context = await chromium.new_context(viewport={"width": 1280, "height": 800}, locale="ko-KR", color_scheme=theme)
    page = await context.new_page()
    await page.goto(house.base + "/login")
    await page.fill("[name=user]", user)
    await page.fill("[name=password]", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(lambda url: "/login" not in url)
    return page


async def press(page: Page, key: str, path: str) -> None:
    async with page.expect_navigation(url=lambda url: path in url):
        await page.keyboard.press(key)


@pytest.mark.parametrize(("locale", "theme"), [("ko", "light"), ("en", "dark")])
async def test_a_batch_is_proposed_looked_at_and_approved_without_a_mouse(
    chromium: Browser, house: House, pictures: Path, locale: str, theme: str
) -> None:
    """Seen failing with the button to approve shown to who made the batch."""
    async with house.desk.work() as work:
        await cashier.take_in(work, house.site.operator_id, house.site.drivers[0], 80_500, "영수증 1")
        await cashier.penalise(work, house.site.operator_id, house.site.drivers[1], 4_000, "늦음", "민원 1")
        await people.add_operator(work, house.site.office_id, "clerk", role="accountant", password=PASSWORD)
    clerk = await signed_in(chromium, house, "clerk", theme)
    await clerk.goto(f"{house.base}/money?lang={locale}")
    await press(clerk, "l", "/money/batches")
    for name, value in (("keep", "30,000"), ("unit", "1,000"), ("needed", "0")):
        await clerk.fill(f"[name={name}]", value)
    await clerk.keyboard.press("Escape")
    await press(clerk, "y", "done=batch_made")
    assert await clerk.locator("[value=approve]").count() == 0
    boss = await signed_in(chromium, house, "boss", theme)
    await boss.goto(f"{house.base}/money/batches?lang={locale}")
    await boss.screenshot(path=pictures / f"batches-{locale}.png")
    assert await boss.evaluate(CROOKED) == await boss.evaluate(PALE) == []
    await press(boss, "o", "/money/batches/")
    await boss.locator("[type=checkbox]").nth(1).focus()
    await boss.keyboard.press("Space")
    await boss.keyboard.press("Escape")
    await press(boss, "t", "done=batch_ticked")
    assert (await boss.inner_text("tfoot tr")).split()[-2:] == ["50,000", "0"]
    await boss.screenshot(path=pictures / f"batch-{locale}.png")
    assert await boss.evaluate(CROOKED) == await boss.evaluate(PALE) == []
    await press(boss, "y", "done=batch_posted")
    await boss.screenshot(path=pictures / f"batch-{locale}-posted.png")
    assert await boss.evaluate(CROOKED) == await boss.evaluate(PALE) == []
    assert await boss.locator("[type=checkbox]").count() == 0
    async with house.desk.look() as session:
        driver = await session.get_one(Driver, house.site.drivers[0])
        assert await settlement.balance(session, driver) == 30_500
