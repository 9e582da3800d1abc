"""The owner brings a list of customers without a mouse: it is looked through, its columns are named, it is taken in."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from callboard.imports import Imports
from tests.browser.test_money import CROOKED, PALE
from tests.web.conftest import PASSWORD, House

pytestmark = pytest.mark.browser

LIST = """고객명,휴대폰,집전화,회원등급,특이사항,주소
김철수,010-1234-5678,02-555-1234,VIP,트렁크에 자전거,강남역 10번 출구; 우리집
이영희,1098765432,,,현금 결제,판교역
박민수,1.01E+10,,,,서초역
,010-5555-6666,,,,
최지우,010-7777-888,,VIP,수동 변속기,
정하늘,010-1234-5678,,,,
"""


async def shows_key(page: Page, key: str) -> None:
    """A page shows its buttons before its script has come that listens to their keys."""
    await page.wait_for_selector(f"[data-key={key}]")
    await page.wait_for_load_state("load")


@pytest.mark.parametrize(("locale", "theme"), [("ko", "light"), ("en", "dark")])
async def test_a_list_of_customers_is_taken_in_without_a_mouse(
    chromium: Browser, house: House, tmp_path: Path, locale: str, theme: str
) -> None:
    pictures = Path(os.environ.get("CALLBOARD_PICTURES", tmp_path))
    imports = asyncio.create_task(Imports(house.desk, house.desk.bus).run())
    context = await chromium.new_context(viewport={"width": 1280, "height": 900}, locale="ko-KR", color_scheme=theme)
    page = await context.new_page()
    page.set_default_timeout(60_000)
    odd: list[str] = []
    page.on("pageerror", lambda error: odd.append(str(error)))
    page.on("console", lambda message: odd.append(message.text) if message.type == "error" else None)
    await page.goto(house.base + "/login")
    await page.fill("[name=user]", "boss")
    await page.fill("[name=password]", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(house.base + "/")
    await page.wait_for_selector("status-bar .menu")
    await page.goto(f"{house.base}/import?lang={locale}")
    file = {"name": "고객 명단.csv", "mimeType": "text/csv", "buffer": LIST.encode("cp949")}
    await page.set_input_files("[name=file]", file)
    async with page.expect_navigation(url=lambda url: "/import/files/" in url):
        await page.keyboard.press("u")
    await shows_key(page, "s")
    assert await page.evaluate(CROOKED) == []
    assert await page.evaluate(PALE) == []
    await page.screenshot(path=pictures / f"import-{locale}.png")
    async with page.expect_navigation():
        await page.keyboard.press("s")
    await shows_key(page, "z")
    await page.keyboard.press("z")
    await page.wait_for_function("() => document.activeElement.matches('details[open] form button')")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    await page.wait_for_selector("progress", state="detached")
    assert await page.locator("[data-key=z]").count() == 0, "nothing is left to undo"
    assert odd == []
    imports.cancel()
    await asyncio.gather(imports, return_exceptions=True)
    await context.close()
