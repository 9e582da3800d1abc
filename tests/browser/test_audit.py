"""Who did what, read without a mouse: found by day, person and deed, page by page, and looked through to its end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import Browser

from desk.office import people
from tests.browser.test_batches import press, signed_in
from tests.browser.test_money import CROOKED, PALE
from tests.web.conftest import House
from web.pages import audit as audit_page

pytestmark = pytest.mark.browser
EVIL = "<img src=x onerror=\"document.title='owned'\">"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("CALLBOARD_PICTURES", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


async def some_rows(house: House) -> None:
    by, driver = house.site.operator_id, str(house.site.drivers[0])
    told = {"number": "+82 10-****-5432", "line": "15880001"}
    async with house.desk.work() as work:
        for n in range(6):
            people.audit(work, by, "customer.opened", f"customer {n + 1}")
        people.audit(work, by, "call.dialled", "order 17 customer", told)
        before = {"name": "한빛상사", "limit": 500_000, "cost_centre": False, "closed": False}
        after = {**before, "limit": 900_000, "cost_centre": True}
        people.audit(work, house.site.colleague_id, "credit.changed", "credit 1", {"before": before, "after": after})
        people.audit(work, house.site.colleague_id, "driver.graded", driver, {"before": "B", "after": "A"})
        people.audit(work, None, "sign_in.refused", EVIL, {"address": "192.0.2.7"})


@pytest.mark.parametrize(("locale", "theme"), [("ko", "dark"), ("en", "light")])
async def test_the_record_is_read_and_looked_through_by_keys_alone(
    chromium: Browser, house: House, pictures: Path, monkeypatch: pytest.MonkeyPatch, locale: str, theme: str
) -> None:
    """Seen failing without the key of the next page, and with a page that is not read again while it is looked through."""
    monkeypatch.setattr(audit_page, "SHOWN", 4)
    await some_rows(house)
    boss = await signed_in(chromium, house, "boss", theme)
    await boss.goto(f"{house.base}/audit?lang={locale}")
    assert await boss.locator("tr[data-row]").count() == 4
    assert await boss.evaluate(PALE) == []
    assert await boss.evaluate(CROOKED) == []
    await boss.screenshot(path=pictures / f"audit-{locale}.png", full_page=True)
    await boss.keyboard.press("f")
    assert await boss.evaluate("document.activeElement.name") == "from"
    await boss.keyboard.press("Escape")
    await boss.keyboard.press("d")
    assert await boss.evaluate("document.activeElement.name") == "what"
    await boss.select_option("[name=what]", "customer.opened")
    await boss.keyboard.press("Escape")
    await press(boss, "s", "what=customer.opened")
    assert [await boss.locator(f"tr[data-row] {cell}").count() for cell in ("th", "a")] == [4, 4]
    await press(boss, "n", "after=")
    assert await boss.locator("tr[data-row]").count() == 2
    assert await boss.input_value("[name=what]") == "customer.opened"
    await press(boss, "r", f"/audit?lang={locale}")
    await press(boss, "c", f"/audit?lang={locale}#whole")
    await boss.wait_for_selector(".whole code")
    assert len(await boss.inner_text(".whole code")) == 64
    await boss.screenshot(path=pictures / f"audit-whole-{locale}.png", full_page=True)
    assert await boss.title() != "owned"
    await boss.keyboard.press("Escape")
    await boss.wait_for_url(house.base + "/")


async def test_the_menu_of_the_console_opens_it_for_who_may(chromium: Browser, house: House) -> None:
    boss = await signed_in(chromium, house, "boss", "light")
    await boss.wait_for_selector("bottom-line .link.up")
    await boss.keyboard.press("Control+k")
    await boss.keyboard.insert_text("누가 무엇")
    async with boss.expect_navigation(url="**/audit*"):
        await boss.keyboard.press("Enter")
    assert await boss.locator("tr[data-row]").count() > 0
