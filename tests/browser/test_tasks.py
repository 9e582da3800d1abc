"""What is to be done for customers, by the keyboard: the console counts what is due, the list is worked off row by row."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page
from sqlalchemy import select

from desk.customer import tasks
from desk.customer.tasks import TaskForm
from models import Task, TaskTry
from tests.browser.test_money import CROOKED, PALE
from tests.web.conftest import PASSWORD, House


async def picture(page: Page, name: str) -> None:
    """For the eye, where CALLBOARD_PICTURES says whither."""
    if folder := os.environ.get("CALLBOARD_PICTURES"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_what_is_due_is_worked_off_without_a_mouse(chromium: Browser, house: House, theme: str) -> None:
    """J opens the list, the arrows go from row to row, T takes, D writes what came of it; a number tells what is due.

    Seen failing with keys that stay those of the first row, and with a count that is not told again.
    """
    first = (await house.order(number="010-5555-0001", customer_name="김철수"))["customer"]["id"]
    second = (await house.order(number="010-5555-0002", customer_name="박영희"))["customer"]["id"]
    async with house.desk.work() as work:
        for customer, body, whom in (
            (first, "분실물 찾았는지 전화", None),
            (second, "요금 문의에 답", house.site.colleague_id),
            (second, "내년 계약", None),
        ):
            task = await tasks.make(work, house.site.operator_id, TaskForm(body, work.now, customer, None, whom))
            task.due_at = work.now - timedelta(minutes=3 - task.id) if task.id < 3 else work.now + timedelta(days=9)
    context = await chromium.new_context(
        viewport={"width": 1280, "height": 900}, locale="ko-KR", color_scheme="light" if theme == "light" else "dark"
    )
    page = await context.new_page()
    page.set_default_timeout(40_000)
    odd: list[str] = []
    page.on("pageerror", lambda error: odd.append(str(error)))
    page.on("console", lambda told: odd.append(told.text) if told.type == "error" else None)
    await page.goto(house.base + "/login")
    await page.fill("[name=user]", "boss")
    await page.fill("[name=password]", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("bottom-line .link.up")
    await page.wait_for_selector(".tasks-due b:text-is('2')")
    async with house.desk.work() as work:
        await tasks.make(work, house.site.operator_id, TaskForm("이제 막", work.now, first))
    await page.wait_for_selector(".tasks-due b:text-is('3')")
    await picture(page, f"console-{theme}")
    async with page.expect_navigation():
        await page.keyboard.press("j")
    assert await page.evaluate("document.activeElement.matches('tr.here')")
    assert "분실물" in await page.inner_text("tr.here")
    assert "기한 지남" in await page.inner_text("tr.here")
    assert await page.evaluate(PALE) == []
    assert await page.evaluate(CROOKED) == []
    await page.keyboard.press("ArrowDown")
    assert "요금 문의" in await page.inner_text("tr.here")
    async with page.expect_navigation():
        await page.keyboard.press("t")
    assert await page.locator("tr", has_text="요금 문의").locator("td", has_text="처리 중").count() == 1
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("d")
    assert await page.evaluate("document.activeElement.name") == "note"
    await page.keyboard.insert_text("안 받음")
    await page.keyboard.press("Tab")
    await page.keyboard.insert_text("+60")
    await picture(page, f"tasks-{theme}")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    async with page.expect_navigation():
        await page.keyboard.press("m")
    assert await page.locator("tr[data-task]").count() == 1
    await page.keyboard.press("d")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    assert odd == []
    async with house.desk.look() as session:
        bodies = (await session.execute(select(Task.body, TaskTry.outcome).join(TaskTry).order_by(TaskTry.id))).all()
    assert [tuple(each) for each in bodies] == [("요금 문의에 답", "again"), ("요금 문의에 답", "reached")]
    await context.close()
