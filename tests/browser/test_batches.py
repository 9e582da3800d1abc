"""All drivers settled at once, in a real Chromium and without a mouse: proposed by one, ticked and approved by another."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from desk.books import batches, cashier, settlement
from desk.clock import days
from desk.office import people
from desk.rules.settling import SettlingRule
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


async def test_what_is_ticked_is_counted_and_summed_and_told_while_it_is_ticked(
    chromium: Browser, house: House, pictures: Path
) -> None:
    """Seen failing with the sum left as the server wrote it, and with keys dead while a tick has the focus."""
    async with house.desk.work() as work:
        await cashier.take_in(work, house.site.operator_id, house.site.drivers[0], 80_500, "영수증 1")
        await cashier.take_in(work, house.site.operator_id, house.site.drivers[1], 1_045_000, "영수증 2")
        await people.add_operator(work, house.site.office_id, "clerk", role="accountant", password=PASSWORD)
    async with house.desk.work() as work:
        today = days.today("Asia/Seoul", work.now)
        rule = SettlingRule(keep=30_000, needed=5_000)
        batch = await batches.propose(work, house.site.operator_id, days.span("Asia/Seoul", today, today), rule)
    clerk = await signed_in(chromium, house, "clerk", "light")
    await clerk.goto(f"{house.base}/money/batches/{batch.id}?lang=en")
    told = clerk.get_by_role("status")
    ticks = clerk.locator("[data-kind]")
    assert await told.inner_text() == "Ticked 3 · Pay-out 1,065,500 · Bill 5,000 won"
    await ticks.first.focus()
    await clerk.keyboard.press("Space")
    assert await told.inner_text() == "Ticked 2 · Pay-out 1,015,000 · Bill 5,000 won · not saved yet"
    await clerk.keyboard.press("ArrowDown")
    await clerk.keyboard.press("Space")
    assert await told.inner_text() == "Ticked 1 · Pay-out 0 · Bill 5,000 won · not saved yet"
    await clerk.keyboard.press("n")
    assert await told.inner_text() == "Ticked 0 · Pay-out 0 · Bill 0 won · not saved yet"
    await clerk.keyboard.press("i")
    assert await told.inner_text() == "Ticked 3 · Pay-out 1,065,500 · Bill 5,000 won"
    await clerk.screenshot(path=pictures / "batch-ticks.png")
    await clerk.keyboard.press("n")
    await press(clerk, "t", "done=batch_ticked")
    assert await ticks.evaluate_all("all => all.filter((one) => one.checked).length") == 0
    assert "Ticked 0 · Pay-out 0" in await clerk.locator("[data-ticked]").inner_text()
