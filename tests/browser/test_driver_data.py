"""A driver is given what is kept about him, and erased when he leaves, without a mouse; what is still open is read first."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import Browser
from sqlalchemy import select

from desk.books import cashier
from desk.driver import driver_records
from desk.driver.payees import Payee, change
from models import Customer, Driver, Message
from tests.browser.test_customer import shown
from tests.browser.test_money import PALE
from tests.web.conftest import PASSWORD, House

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("locale", "theme"), [("ko", "light"), ("en", "dark")])
async def test_a_driver_is_given_his_data_and_erased_without_a_mouse(
    chromium: Browser, house: House, tmp_path: Path, locale: str, theme: str
) -> None:
    pictures = Path(os.environ.get("CALLBOARD_PICTURES", tmp_path))
    by, driver_id = house.site.operator_id, house.site.drivers[0]
    async with house.desk.work() as work:
        await change(work, by, driver_id, Payee("004", "110-234-567890", "기사0"))
        await driver_records.grade(work, by, driver_id, "A", "늘 제시간")
        paid = await cashier.take_in(work, by, driver_id, 5_000, "영수증 1")
        note = "기사0 기사님이 길을 잘 압니다. 늘 이 분으로"
        work.session.add(Customer(office_id=house.site.office_id, name="김철수", note=note, created_at=work.now))
    context = await chromium.new_context(viewport={"width": 1280, "height": 900}, locale="ko-KR", color_scheme=theme)
    page = await context.new_page()
    page.set_default_timeout(60_000)
    odd: list[str] = []
    page.on("pageerror", lambda error: odd.append(str(error)))
    await page.goto(house.base + "/login")
    await page.fill("[name=user]", "boss")
    await page.fill("[name=password]", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(house.base + "/")
    await page.goto(f"{house.base}/drivers/{driver_id}?lang={locale}")
    await page.wait_for_load_state("load")

    await page.keyboard.press("p")
    await page.keyboard.press("l")
    await page.wait_for_selector("#part-1")
    assert await page.evaluate(PALE) == []
    await page.screenshot(path=pictures / f"driver-data-{locale}.png", full_page=True)
    await page.keyboard.press("b")
    await page.wait_for_url(lambda url: "/data" not in url)
    await page.wait_for_load_state("load")

    async def erase() -> None:
        await page.keyboard.press("p")
        await page.focus("form[action*='/forget'] [name=reason]")
        await page.keyboard.type("quit, asked for it")
        await page.keyboard.press("Enter")

    await erase()
    await page.wait_for_selector("ul.notice.refused")
    assert await page.locator("ul.notice.refused li").count() == 2  # on duty, and money
    await page.wait_for_function("() => document.activeElement.matches('p.notice.refused')")
    assert await page.evaluate(PALE) == []
    await page.screenshot(path=pictures / f"driver-unsettled-{locale}.png", full_page=True)
    async with house.desk.work() as work:
        await cashier.undo(work, by, paid.id, "잘못 적음")
        for message in await work.session.scalars(select(Message)):
            message.state = "delivered"
    await page.goto(f"{house.base}/drivers/{driver_id}?lang={locale}")
    await page.wait_for_load_state("load")
    await page.keyboard.press("o")
    await shown(page, "off_duty")
    await erase()
    await page.wait_for_function("() => document.activeElement.id === 'named'")
    assert await page.locator("section[aria-labelledby=named] tbody tr").count() == 1
    assert await page.evaluate(PALE) == []
    await page.screenshot(path=pictures / f"driver-named-{locale}.png", full_page=True)
    await page.keyboard.press("y")
    await shown(page, "erased")
    assert await page.evaluate(PALE) == []
    await page.screenshot(path=pictures / f"driver-erased-{locale}.png", full_page=True)
    async with house.desk.look() as session:
        assert (await session.get_one(Driver, driver_id)).erased_at is not None
    assert odd == []
    await context.close()
