"""Articles at the console: F1 finds one, Enter opens it beside the order, Escape is back exactly where one was."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from desk.customer import segments
from desk.customer.segments import SegmentForm
from desk.knowledge import articles
from desk.knowledge.articles import ArticleForm
from models import ArticleOpening
from tests.browser.conftest import Console, OpenConsole
from tests.browser.scene import Scene
from tests.browser.test_hangul import typist

pytestmark = pytest.mark.browser
SHEET, DIALOG, READING = "knowledge-sheet", "knowledge-sheet dialog[open]", "knowledge-sheet aside .read"
TEXT = "영수증은 다음 날 문자로 갑니다.\n오늘은 말로 알립니다.\n\n- 번호를 묻는다\n- <b>금액</b>을 읽는다"


async def write(scene: Scene, title: str, text: str = TEXT, keywords: tuple[str, ...] = (), **names: Any) -> int:
    async with scene.desk.work() as work:
        form = ArticleForm(title, text, keywords, **names)
        return (await articles.make(work, scene.site.colleague_id, form)).id


async def three(scene: Scene) -> int:
    """One for everybody, one for the line, one for the regulars; the id of the first."""
    first = await write(scene, "현금 영수증 발급", keywords=("세금", "국세청"))
    await write(scene, "대표 번호 인사말", line_id=scene.site.line_id)
    async with scene.desk.work() as work:
        regulars = await segments.make(work, scene.site.colleague_id, SegmentForm("단골", {}, kind="list"))
    await write(scene, "단골 요금", segment_id=regulars.id)
    return first


async def in_a_call(console: Console, scene: Scene) -> int:
    """A call in hand, with the cursor in the order's origin."""
    call_id = await scene.ring("+821012345678")
    await console.ringing(call_id)
    await console.press("F2")
    await console.opened(call_id)
    await console.until("document.activeElement.name === 'origin'")
    return call_id


async def open_sheet(console: Console) -> None:
    await console.press("F1")
    await console.page.wait_for_selector(DIALOG)
    await console.page.wait_for_selector(f"{DIALOG} [role=option]")


async def picture(console: Console, name: str) -> None:
    if folder := os.environ.get("CALLBOARD_PICTURES"):
        await console.picture(name, Path(folder))


async def test_what_fits_the_call_stands_first_and_says_why(console: Console, scene: Scene) -> None:
    await three(scene)
    await in_a_call(console, scene)
    await open_sheet(console)
    first = await console.page.inner_text(f"{SHEET} [role=group]:first-child")
    assert "이 통화에 맞는 글" in first
    assert "대표 번호 인사말" in first
    assert "추천: 회선 15880001 main" in first
    rest = await console.page.inner_text(f"{SHEET} [role=group]:last-child")
    assert "현금 영수증 발급" in rest
    assert "추천" not in rest
    await picture(console, "knowledge-sheet-ko")


async def test_an_article_is_found_by_first_consonants_read_beside_the_order_and_left(
    console: Console, scene: Scene
) -> None:
    """Seen failing with the focus left to the browser, with `Escape` let through to the form, and with the call not told."""
    article_id = await three(scene)
    call_id = await in_a_call(console, scene)
    page = console.page
    await page.keyboard.type("강남역 10번")
    await console.press("ArrowLeft", "ArrowLeft", "ArrowLeft")
    await open_sheet(console)
    await page.keyboard.type("ㅎㄱㅇㅅㅈ")
    await console.press("Enter")
    await page.wait_for_selector(READING)
    await console.until(f"document.activeElement.matches('{READING}')")
    assert await page.locator(f"{READING} li").all_inner_texts() == ["번호를 묻는다", "<b>금액</b>을 읽는다"]
    assert await page.is_visible("order-form [name=origin]")
    await picture(console, "knowledge-beside-ko")
    await console.press("Escape")
    await console.until("document.activeElement.name === 'origin'")
    assert not await page.is_visible(f"{SHEET} aside")
    await page.keyboard.type("!")
    assert await console.value("origin") == "강남역 !10번"
    async with scene.desk.look() as session:
        row = (await session.scalars(select(ArticleOpening))).one()
    assert (row.article_id, row.call_id, row.operator_id) == (article_id, call_id, scene.site.operator_id)


async def test_the_article_stays_beside_the_order_while_one_types_on(console: Console, scene: Scene) -> None:
    await three(scene)
    await in_a_call(console, scene)
    await console.page.keyboard.type("신촌")
    await open_sheet(console)
    await console.press("ArrowDown", "Enter")
    await console.until(f"document.activeElement?.matches('{READING}')")
    await console.press("Enter")
    await console.until("document.activeElement.name === 'origin'")
    await console.page.keyboard.type("역")
    assert await console.value("origin") == "신촌역"
    assert await console.page.is_visible(READING)
    await console.press("F1")
    await console.until(f"document.activeElement?.matches('{READING}')")
    await console.press("F1")
    await console.page.wait_for_selector(DIALOG)
    await console.press("Escape")
    await console.until("document.activeElement.name === 'origin'")
    assert not await console.page.is_visible(READING)
    assert await console.value("origin") == "신촌역"


async def test_escape_in_the_search_is_back_in_the_field_and_the_form_is_as_it_was(
    console: Console, scene: Scene
) -> None:
    await three(scene)
    await in_a_call(console, scene)
    await console.page.keyboard.type("여의도")
    await open_sheet(console)
    await console.page.keyboard.type("없는 말")
    await console.sees(f"{SHEET} [role=status]", "그런 글이 없습니다")
    await console.press("Escape")
    await console.until("document.activeElement.name === 'origin'")
    assert await console.value("origin") == "여의도"


async def test_a_syllable_in_hand_is_complete_and_gone_back_to(console: Console, scene: Scene) -> None:
    """Seen failing without what compose.js remembers: the focus is then nowhere."""
    await three(scene)
    await in_a_call(console, scene)
    hands = await typist(console)
    await hands.grow("ㅅ", "시", "신")
    await open_sheet(console)
    await console.press("Escape")
    await console.until("document.activeElement.name === 'origin'")
    assert await console.value("origin") == "신"
    await hands.grow("ㅊ", "초", "촌")
    await hands.commit("촌")
    assert await console.value("origin") == "신촌"


async def test_enter_in_the_middle_of_a_syllable_opens_what_the_whole_syllable_finds(
    console: Console, scene: Scene
) -> None:
    await three(scene)
    await in_a_call(console, scene)
    await open_sheet(console)
    hands = await typist(console)
    await hands.grow("ㄷ", "다", "단")
    await console.page.evaluate(
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown',"
        " {key: 'Enter', keyCode: 229, isComposing: true, bubbles: true, cancelable: true}))"
    )
    assert not await console.page.is_visible(READING)
    await hands.commit("단골")
    await console.page.wait_for_selector(READING)
    assert await console.page.inner_text(f"{SHEET} aside h2") == "단골 요금"


async def test_what_was_archived_meanwhile_says_so_and_nothing_opens(console: Console, scene: Scene) -> None:
    article_id = await write(scene, "요금")
    await open_sheet(console)
    async with scene.desk.work() as work:
        await articles.archive(work, scene.site.colleague_id, article_id)
    await console.press("Enter")
    await console.sees(f"{SHEET} [role=status]", "그 사이에 보관된 글입니다")
    assert await console.page.is_visible(DIALOG)


async def test_without_an_article_the_sheet_says_who_writes_them(console: Console) -> None:
    await console.press("F1")
    await console.sees(f"{SHEET} [role=status]", "아직 글이 없습니다")


async def test_a_screen_reader_hears_what_the_sheet_is_and_what_is_marked(sit_down: OpenConsole, scene: Scene) -> None:
    await three(scene)
    console = await sit_down(locale="en", theme="light")
    page = console.page
    await in_a_call(console, scene)
    await open_sheet(console)
    assert await page.get_by_role("dialog", name="Knowledge").is_visible()
    assert await page.get_by_role("group", name="For this call").is_visible()
    field = page.get_by_role("combobox", name="Knowledge")
    marked = await field.get_attribute("aria-activedescendant")
    option = page.get_by_role("dialog").get_by_role("option", selected=True)
    assert await option.get_attribute("id") == marked
    assert "because: line 15880001 main" in await option.inner_text()
    await picture(console, "knowledge-sheet-en")
    await console.press("Enter")
    reading = page.get_by_role("document", name="대표 번호 인사말")
    await reading.wait_for()
    await picture(console, "knowledge-beside-en")
    await console.press("Escape")
    console.unharmed()


async def test_the_key_is_on_the_sheet_of_keys_and_in_the_menu(console: Console) -> None:
    await console.press("Shift+?")
    await console.sees("cheat-sheet .keys", "F1")
    await console.press("Escape", "Control+k")
    await console.page.keyboard.type("상담 지식")
    await console.sees("command-palette [role=listbox]", "F1")


async def test_an_administrator_writes_one_by_keys_and_it_is_there_at_once(sit_down: OpenConsole, scene: Scene) -> None:
    boss = await sit_down(user="boss")
    page = boss.page
    await page.goto(f"{boss.house.base}/articles")
    await picture(boss, "articles-empty-ko")
    await boss.press("n")
    await page.fill("[name=title]", "심야 할증")
    await page.fill("[name=text]", "자정부터 20 % 더 받습니다.\n\n- <img src=x onerror=alert(1)>\n- 먼저 말한다")
    await page.fill("[name=keywords]", "야간, 밤")
    await page.select_option("[name=line_id]", index=1)
    await boss.press("Escape", "s")
    await page.wait_for_selector(".read")
    await page.wait_for_load_state()  # from then on it hears keys
    assert await page.locator(".read li").all_inner_texts() == ["<img src=x onerror=alert(1)>", "먼저 말한다"]
    await picture(boss, "articles-one-ko")
    async with scene.desk.work() as work:
        await articles.change(work, scene.site.operator_id, 1, ArticleForm("심야 할증", "30 % 더 받습니다."), 1)
    await boss.press("w")
    await page.fill("[name=keywords]", "야간")
    await boss.press("Escape", "s")
    await page.wait_for_selector(".stands")
    assert await page.input_value("[name=keywords]") == "야간"
    await picture(boss, "articles-clash-ko")
    console = await sit_down()
    await in_a_call(console, scene)
    await open_sheet(console)
    assert "심야 할증" in await console.page.inner_text(f"{SHEET} [role=option]")
    boss.unharmed()
    console.unharmed()
