"""A text to many is written, looked at and sent without a mouse; what came in is done with by a key."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser
from sqlalchemy import func, select

from desk.customer import segments
from desk.customer.segments import SegmentForm
from desk.texts import consents
from models import Message
from tests.browser.test_money import CROOKED, PALE
from tests.web.conftest import PASSWORD, House
from tests.web.test_texts import came

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("locale", "theme"), [("ko", "light")])
async def test_a_text_to_many_is_sent_without_a_mouse(
    chromium: Browser, house: House, tmp_path: Path, locale: str, theme: str
) -> None:
    pictures = Path(os.environ.get("CALLBOARD_PICTURES", tmp_path))
    await came(house, "내일 아침 7시에 두 대 될까요? <b>답 주세요</b>")
    context = await chromium.new_context(viewport={"width": 1280, "height": 900}, locale="ko-KR", color_scheme=theme)
    page = await context.new_page()
    page.set_default_timeout(40_000)
    odd: list[str] = []
    page.on("pageerror", lambda error: odd.append(str(error)))
    page.on("console", lambda message: odd.append(message.text) if message.type == "error" else None)

    async def picture(name: str) -> None:
        assert await page.evaluate(CROOKED) == []
        assert await page.evaluate(PALE) == []
        await page.screenshot(path=pictures / f"texts-{name}-{locale}.png", full_page=True)

    await page.goto(house.base + "/login")
    await page.fill("[name=user]", "boss")
    await page.fill("[name=password]", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("status-bar .texts")
    await page.goto(f"{house.base}/texts/inbox?lang={locale}")
    await picture("inbox")
    async with page.expect_navigation():
        await page.keyboard.press("d")
    assert await page.locator("tr.waits").count() == 0
    async with page.expect_navigation():
        await page.keyboard.press("w")
    await page.check("[name=state][value=free]")
    await page.focus("#text")
    await page.keyboard.insert_text("가" * 45 + "ㅋ 😀 {name}")
    await page.locator("#size", has_text="😀").wait_for()
    told = await page.inner_text("#size")
    assert "LMS" in told
    assert await page.evaluate("document.activeElement.id") == "text"
    await picture("compose")
    await page.keyboard.press("Escape")
    async with page.expect_navigation():
        await page.keyboard.press("p")
    await page.wait_for_selector("[data-key=s]")
    await picture("preview")
    async with page.expect_navigation(url=lambda url: "/texts/sent/" in url):
        await page.keyboard.press("s")
    await page.wait_for_selector("progress")
    await picture("campaign")
    async with house.desk.look() as session:
        assert await session.scalar(select(func.count()).select_from(Message)) == len(house.site.drivers)
    assert odd == []
    await context.close()


async def test_a_standing_send_is_made_looked_at_and_switched_on_without_a_mouse(
    chromium: Browser, house: House
) -> None:
    """N opens the form, P says who would get it, S saves it switched off, O switches it on, O again stops it."""
    guest = (await house.order(number="010-5555-0001", customer_name="김철수"))["customer"]["id"]
    async with house.desk.work() as work:
        segment = await segments.make(work, house.site.colleague_id, SegmentForm("단골", {}, kind="list"))
        await segments.add_members(work, house.site.colleague_id, segment.id, [guest])
    context = await chromium.new_context(viewport={"width": 1280, "height": 900}, locale="ko-KR")
    page = await context.new_page()
    page.set_default_timeout(40_000)
    await page.goto(house.base + "/login")
    await page.fill("[name=user]", "boss")
    await page.fill("[name=password]", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("bottom-line .link.up")
    await page.goto(f"{house.base}/texts/inbox?lang=ko")
    async with page.expect_navigation():
        await page.keyboard.press("g")
    await page.keyboard.press("n")
    assert await page.evaluate("document.activeElement.name") == "name"
    await page.keyboard.insert_text("안부")
    await page.select_option("[name=segment]", label="단골")
    await page.check("[name=kind][value=notice]")
    await page.focus("#text")
    await page.keyboard.insert_text("{name}님, 안녕하세요")
    await page.keyboard.press("Escape")
    async with page.expect_navigation():
        await page.keyboard.press("p")
    assert await page.inner_text("#look") == "지금이라면 1명에게 나갑니다"
    assert await page.evaluate("document.activeElement.id") == "look"
    assert "김철수님, 안녕하세요" in await page.inner_text("main")
    async with page.expect_navigation():
        await page.keyboard.press("s")
    assert "꺼짐" in await page.inner_text(".heading")
    await page.keyboard.press("o")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    assert "켜짐" in await page.inner_text(".heading")
    async with page.expect_navigation():
        await page.keyboard.press("o")
    assert "꺼짐" in await page.inner_text(".heading")
    async with house.desk.look() as session:
        assert await session.scalar(select(func.count()).select_from(Message)) == 0
    await context.close()


@pytest.mark.parametrize("locale", ["ko", "en"])
async def test_all_whose_consent_is_due_are_told_without_a_mouse(
    chromium: Browser, house: House, tmp_path: Path, locale: str
) -> None:
    """Y opens the page, P says what each is told, S tells them; then nobody is left, and Enter in a field sends nothing."""
    pictures = Path(os.environ.get("CALLBOARD_PICTURES", tmp_path))
    guest = (await house.order(number="010-5555-0001", customer_name="김철수"))["customer"]["id"]
    context = await chromium.new_context(viewport={"width": 1280, "height": 900}, locale=f"{locale}-KR")
    page = await context.new_page()
    page.set_default_timeout(40_000)
    odd: list[str] = []
    page.on("pageerror", lambda error: odd.append(str(error)))

    async def picture(name: str) -> None:
        assert await page.evaluate(CROOKED) == []
        assert await page.evaluate(PALE) == []
        await page.screenshot(path=pictures / f"consents-{name}-{locale}.png", full_page=True)

    await page.goto(house.base + "/login")
    await page.fill("[name=user]", "boss")
    await page.fill("[name=password]", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("bottom-line .link.up")
    await page.goto(f"{house.base}/texts/inbox?lang={locale}")
    async with page.expect_navigation():
        await page.keyboard.press("y")
    await picture("none")
    assert await page.locator("textarea").count() == 0
    async with house.desk.work() as work:
        for number, days in (("010-5555-0001", 735), ("010-2000-0000", 720)):
            at = work.now - timedelta(days=days)
            await consents.note(work, house.site.office_id, house.site.colleague_id, number, "agreed", "전화", at)
    await page.goto(f"{house.base}/customers/{guest}?lang={locale}")
    assert await page.locator(".ads.refused").count() == 1
    assert await page.evaluate(PALE) == []
    await page.screenshot(path=pictures / f"consents-customer-{locale}.png")
    await page.goto(f"{house.base}/texts/consents?lang={locale}")
    assert await page.locator("tr.refused").count() == 1
    await picture("due")
    async with page.expect_navigation():
        await page.keyboard.press("p")
    assert await page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    await picture("refused")
    await page.focus("[name=refusal]")
    await page.keyboard.insert_text("080-123-4567")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "preview"
    await picture("preview")
    async with page.expect_navigation(url=lambda url: "/texts/sent/" in url):
        await page.keyboard.press("s")
    await page.goto(f"{house.base}/texts/consents?lang={locale}")
    assert await page.locator("textarea").count() == 0
    await picture("told")
    async with house.desk.look() as session:
        assert await session.scalar(select(func.count()).select_from(Message)) == 2
    assert odd == []
    await context.close()
