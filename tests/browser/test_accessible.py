"""Every page that the table of routes has, in both languages and looks: axe finds nothing serious in it.

An administrator sees almost everything; what other roles see otherwise is looked at where its parts have not been looked at.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page
from sqlalchemy import select, update

from callboard.segment_rules import SegmentRules
from desk.books import batches, credit_accounts, fee_rules
from desk.books.credit_accounts import Terms
from desk.books.fee_rules import FeeForm
from desk.call import wrap_ups
from desk.call.wrap_ups import OfficeCodes
from desk.clock import days
from desk.customer import segment_rules, segments, task_rules, task_runs, tasks
from desk.customer.segments import SegmentForm
from desk.customer.task_rules import TaskRuleForm
from desk.customer.tasks import TaskForm
from desk.driver import driver_access
from desk.importing import staging, steps
from desk.importing.staging import File
from desk.importing.table import Cell, table_of
from desk.knowledge import articles
from desk.knowledge.articles import ArticleForm
from desk.message import campaigns, standing_runs, standing_sends
from desk.message.audiences import Pick
from desk.message.campaigns import Letter
from desk.message.standing_sends import StandingForm
from desk.office import offices, wall_screens
from desk.ordering import tariff_versions
from desk.rules.fees import FeeRule
from desk.rules.settling import SettlingRule
from desk.texts import consents
from models import Customer, Driver, Operator, Order
from tests.browser.scene import Scene
from tests.web.conftest import PASSWORD, House
from tests.web.test_texts import came
from web.routes import ROUTES

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
BROWSERS = {"ko": "ko-KR", "en": "en-US"}
ROLES = {"ko": ("auditor", "operator"), "en": ("accountant", "dispatcher")}
"""Who looks besides, in which language; auditor and dispatcher at the console, too."""
TAG = re.compile(r"<([a-z][a-z0-9-]*)([^>]*)>")
LOOKS = re.compile(r'\b(?:class|role|type|scope|aria-[a-z]+)="[^"]*"|\b(?:disabled|readonly)\b')
FILES = {
    "/import/export",
    "/tasks/export",
    "/import/files/{id}/errors",
    "/drivers/documents/{id}",
    "/texts/sent/{id}/results",
    "/money/batches/{id}/bank",
}
"""What is taken away as a file, not looked at."""
STILL = "document.addEventListener('readystatechange', () => document.querySelector('[data-refresh]')?.remove())"
"""A page that reads itself again every few seconds does so in the middle of the look at it, or of the way to the next one."""
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
    """A customer with a past, a call, orders in several states, a firm on account, a segment, an article; a driver's link.

    Everybody reads `locale`.
    """
    await scene.customer()
    async with house.desk.work() as work:
        await work.session.execute(update(Operator).values(locale=locale))
        await work.session.execute(update(Driver).values(language=locale))
        await credit_accounts.add(work, house.site.colleague_id, Terms("한빛상사", 500_000))
        await segments.make(work, house.site.colleague_id, SegmentForm("단골", {}, kind="list"))
        await articles.make(work, house.site.colleague_id, ArticleForm("현금 영수증", "- 번호를 묻는다", ("세금",)))
    await house.order(origin={"text": "신촌"}, destination={"text": "일산"})
    order = await house.order(origin={"text": "잠실", "lat": 37.5, "lon": 127.1, "accuracy_m": 9, "source": "map"})
    await house.program().api("POST", f"/orders/{order['id']}/assign", {"driver_number": "101"})
    await scene.choose(await scene.ring(None, presentation="withheld"), "recording", recording_path="left.wav")
    await coded(house, scene)
    await scene.ring()
    await paper_work(house)
    async with house.desk.work() as work:
        over = select(Order.id).where(Order.state == "completed").order_by(Order.id).limit(1).scalar_subquery()
        await work.session.execute(update(Order).where(Order.id == over).values(fare=None))
        driver = await work.session.get_one(Driver, house.site.drivers[0])
        return await driver_access.new_link(work, driver, None)


async def coded(house: House, scene: Scene) -> None:
    """A call that was about something, by a code that was taken out of the office's own since."""
    call_id = await scene.ring("01055509876")
    await scene.pick_up(call_id)
    await scene.hang_up(call_id)
    who = house.site.colleague_id
    for codes in (("콜백", "order", "price"), ("order", "예약 확인", "price")):
        async with house.desk.work() as work:
            await wrap_ups.set_codes(work, house.site.office_id, who, OfficeCodes(codes, required=False))
            await wrap_ups.say(work, who, call_id, "콜백")


async def paper_work(house: House) -> None:
    """A fee rule, a batch and a tariff that wait, a file of customers with a refused line, a text to many, one that came in."""
    desk, office, who = house.desk, house.site.office_id, house.site.colleague_id
    async with desk.work() as work:
        await fee_rules.put(work, who, FeeForm("grade", "A", FeeRule(basis_points=1_500, unit=100)))
        today = days.today("Asia/Seoul", work.now)
        await batches.propose(work, who, days.span("Asia/Seoul", today, today), SettlingRule())
        zones = [{"from": "강남구", "to": "분당구", "fare": 25_000}, {"from": "강남구", "to": "수원시", "fare": 40_000}]
        await tariff_versions.stage(work, who, "zones", "겨울 요금.csv", zones)
        await campaigns.send(work, who, Letter(Pick(drivers=house.site.drivers), "{name} 기사님, 오늘 비가 옵니다."))
        guest = await work.session.scalar(select(Customer.id).order_by(Customer.id).limit(1))
        task = await tasks.make(work, who, TaskForm("분실한 우산을 찾았는지 전화", work.now, guest))
        await tasks.finish(work, who, task.id, "again", "통화 중", work.now)
        for number, days_ago in (("010-2345-6789", 735), ("010-5555-4444", 725)):
            at = work.now - timedelta(days=days_ago)
            await consents.note(work, office, who, number, "agreed", "전화 14:00", at)
    await a_rule(house)
    await a_task_rule(house)
    cells = ["이름", "휴대폰", "메모"], ["이영희", "010-2345-6789", "단골"], ["박민수", "전화 없음", ""]
    table = table_of(([Cell(cell) for cell in line] for line in cells), known=frozenset(cells[0]))
    await steps.finish(desk, await staging.stage(desk, office, who, "customers", File.of("고객 명단.csv", b"1"), table))
    await came(house, "내일 아침 7시에 두 대 될까요?")


async def a_rule(house: House) -> None:
    """A standing send that has run once: one text, somebody who had it, a day that was missed."""
    desk, who = house.desk, house.site.colleague_id
    async with desk.work() as work:
        segment = (await segments.listed(work.session, house.site.office_id))[0]
        customer = await work.session.scalar(select(Customer.id).order_by(Customer.id).limit(1))
        await segments.add_members(work, who, segment.id, [customer or 0])
        today = work.now.date()
        text = "{name}님, 요즘 뜸하셨습니다. 오늘 밤에도 모시겠습니다. {office} {phone}"
        form = StandingForm("뜸한 단골", segment.id, text, "notice", today - timedelta(days=2), to_minute=1440)
        rule = await standing_sends.make(work, who, form)
        await standing_sends.switch(work, who, rule.id, on=True)
        rule.due_at = segment_rules.hours_of(rule, await offices.by_id(work.session, rule.office_id)).opens(
            today - timedelta(days=2)
        )
        rule_id = rule.id
    more = True
    while more:
        async with desk.look() as session:
            plan = await standing_runs.look(session, rule_id, desk.clock())
        more = await desk.do(partial(standing_runs.advance, rule_id=rule_id, plan=plan))


async def a_task_rule(house: House) -> None:
    """A rule that makes tasks, which has run once and has missed a day."""
    async with house.desk.work() as work:
        segment = (await segments.listed(work.session, house.site.office_id))[0]
        today = work.now.date()
        asked = TaskRuleForm(
            "뜸한 단골 안부", segment.id, "요즘 불편한 점이 없으신지 묻기", "care", today - timedelta(days=3)
        )
        rule = await task_rules.make(work, house.site.colleague_id, replace(asked, from_minute=0, to_minute=1440))
        await task_rules.switch(work, house.site.colleague_id, rule.id, on=True)
        office = await offices.by_id(work.session, rule.office_id)
        rule.due_at = segment_rules.hours_of(rule, office).opens(today - timedelta(days=2))
    await SegmentRules(house.desk, task_runs).do_what_is_due()


async def wrong(page: Page, what: str) -> list[str]:
    """What axe calls serious or critical here. With CALLBOARD_PICTURES also a picture: those in docs/pages are made so."""
    await page.wait_for_function("() => document.readyState === 'complete'")
    if folder := os.environ.get("CALLBOARD_PICTURES"):
        name = "-".join(part for part in re.split("[^a-z]+", what.replace("/1", "/one")) if part)
        locale = await page.evaluate("document.documentElement.lang")
        await page.wait_for_timeout(700)  # charts are drawn
        await page.screenshot(path=Path(folder) / f"page-{name}-{locale}.png")
    return [f"{what}: {each}" for each in await page.evaluate(SERIOUS)]


async def on_the_console(page: Page) -> list[str]:
    """The console in each of its states, reached by keys."""
    found = []
    for what, keys in {
        "a call": ["F2"],
        "an order": ["Escape", "Escape", "F8"],
        "why": ["F9"],
        "car": ["F9", "F8", "c"],
        "ticked": ["c", "F8", "Control+a", "Delete"],
        "map": ["Escape", "Control+F8"],
        "palette": ["Control+k"],
        "keys": ["Escape", "Control+F8", "Escape", "Shift+?"],
        "settings": ["Escape", "Control+,"],
        "knowledge": ["Escape", "F1"],
        "an article": ["Enter"],
    }.items():
        for key in keys:
            await page.keyboard.press(key)
        await page.wait_for_timeout(100)
        found += await wrong(page, f"console, {what}")
    return found


def parts(html: str) -> set[str]:
    """What axe could judge of a page, each once: its tags with what they look like and are called."""
    return {f"{tag} {sorted(LOOKS.findall(rest))}" for tag, rest in TAG.findall(html)}


async def as_others(context: BrowserContext, page: Page, house: House, locale: str, seen: set[str]) -> list[str]:
    """The pages of other roles that have parts which nobody has been shown yet in this look."""
    found = []
    for role in ROLES[locale]:
        async with house.desk.work() as work:
            who = Operator.id == house.site.colleague_id
            await work.session.execute(update(Operator).where(who).values(role=role))
        for path in pages():
            answer = await context.request.get(f"{house.base}{path}?lang={locale}", max_redirects=0)
            new = parts(await answer.text()) - seen if answer.status == 200 else set()
            if new:
                seen |= new
                await page.goto(f"{house.base}{path}?lang={locale}")
                found += [f"{role} {each}" for each in await page.evaluate(SERIOUS)]
        if role in ("auditor", "dispatcher"):
            await page.goto(house.base)
            await page.wait_for_selector("bottom-line .link.up")
            await page.keyboard.press("F8")
            await page.keyboard.press("c")
            found += [f"{role} {each}" for each in await page.evaluate(SERIOUS)]
    return found


@pytest.mark.parametrize(("locale", "theme"), [("ko", "dark"), ("en", "light")])
async def test_no_page_has_a_serious_fault_for_who_sees_badly_or_uses_no_mouse(
    chromium: Browser, house: House, scene: Scene, locale: str, theme: Any
) -> None:
    """Seen failing with a field without a name, grey words on grey, and a picture without words that no admin is shown."""
    token = await lived_in(house, scene, locale)
    context = await chromium.new_context(
        viewport={"width": 1280, "height": 800}, locale=BROWSERS[locale], color_scheme=theme, reduced_motion="reduce"
    )
    await context.add_init_script(path=AXE)
    await context.add_init_script(f"localStorage.setItem('callboard.locale', '{locale}')")
    await context.add_init_script(STILL)
    page = await context.new_page()
    page.set_default_timeout(40_000)
    await page.goto(f"{house.base}/login?lang={locale}")
    found = await wrong(page, "log-in")
    await page.fill("[name=user]", "boss")
    await page.fill("[name=password]", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("bottom-line .link.up")
    found += await wrong(page, "console") + await on_the_console(page)
    seen: set[str] = set()
    for path in pages():
        answer = await page.goto(f"{house.base}{path}?lang={locale}")
        assert answer, path
        assert answer.status == 200, path
        found += await wrong(page, path)
        seen |= parts(await page.content())
    found += await as_others(context, page, house, locale, seen)
    await page.goto(f"{house.base}/nothing-here?lang={locale}")
    found += await wrong(page, "error")
    async with house.desk.work() as work:
        _, screen = await wall_screens.add(work, house.site.office_id, "상담실 벽")
    await page.goto(f"{house.base}/wall?lang={locale}#{screen}")
    await page.wait_for_selector("#orders dt")
    found += await wrong(page, "a screen on the wall")
    await page.set_viewport_size({"width": 360, "height": 740})
    await page.goto(f"{house.base}/driver?lang={locale}#{token}")
    await page.click("body[data-screen=enter] .big")
    await page.wait_for_selector("body:not([data-screen=enter]):not([data-screen=waiting])")
    found += await wrong(page, "driver, signed in")
    await context.close()
    assert found == []
