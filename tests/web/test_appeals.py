"""The page on which appeals are decided: the driver's words beside the money; accepted or declined once, in words."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from desk.books import cashier, settlement
from desk.driver import driver_records
from desk.driver_page import appeals
from desk.office import people
from models import Appeal, Driver, Entry, Message
from tests.web.conftest import House, Visitor

EVIL = "<script>alert(1)</script>{{ 7*7 }}"
KEY = re.compile(r'name="key" value="([^"]+)"')
PAGE = "/money/appeals"


@pytest.fixture
async def appealed(house: House) -> int:
    """A driver's word against a penalty of 3,000."""
    async with house.desk.work() as work:
        entry = await cashier.penalise(work, house.site.operator_id, house.site.drivers[0], 3_000, "늦음", "벌금 1")
        return (await appeals.appeal(work, house.site.drivers[0], EVIL, entry_id=entry.id)).id


async def page(who: Visitor, query: str = "") -> str:
    answer = await who.ask("GET", PAGE + query, headers={"Accept": "text/html"})
    assert answer.status == 200, answer.raw
    return answer.raw.decode()


async def balance(house: House) -> int:
    async with house.desk.look() as session:
        return await settlement.balance(session, await session.get_one(Driver, house.site.drivers[0]))


@pytest.mark.parametrize(("locale", "said"), [("ko", "벌금"), ("en", "Penalty")])
async def test_the_drivers_words_stand_beside_what_they_are_against(
    house: House, appealed: int, locale: str, said: str
) -> None:
    text = await page(await house.signed_in("boss"), f"?lang={locale}")
    assert EVIL not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in text
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))
    assert said in words
    assert "−3,000" in words
    assert "늦음" in words
    assert not re.findall(r"\b(?:head|title|kind|appeal|refused|done)\.[a-z_]+", words)


async def test_a_form_that_is_sent_twice_gives_the_money_back_once(house: House, appealed: int) -> None:
    boss = await house.signed_in("boss")
    key = KEY.search(await page(boss))
    assert key
    for _ in range(2):
        form = {"key": key[1], "do": "accept", "answer": "돌려드립니다"}
        answer = await boss.ask("POST", f"{PAGE}/{appealed}", data=form)
        assert (answer.status, answer.headers["Location"]) == (303, f"{PAGE}?done=accepted")
    assert await balance(house) == 0
    async with house.desk.look() as session:
        assert len((await session.scalars(select(Entry).where(Entry.kind == "reversal"))).all()) == 1
        assert len((await session.scalars(select(Message))).all()) == 1
    text = await page(boss, "?done=accepted")
    assert "받아들였습니다" in text
    driver = await house.driver()
    entries = (await driver.api("GET", "/driver/entries")).body["items"]
    assert [(one["undone"], one["appeal"]["answer"]) for one in entries if one["appeal"]] == [(True, "돌려드립니다")]


async def test_what_is_refused_is_told_and_what_was_typed_stays(house: House, appealed: int) -> None:
    boss = await house.signed_in("boss")
    key = KEY.search(await page(boss))
    assert key
    empty = await boss.ask("POST", f"{PAGE}/{appealed}", data={"key": key[1], "do": "decline", "answer": " "})
    assert (empty.status, "기사에게 하는 답을 적으세요" in empty.raw.decode()) == (422, True)
    keyless = await boss.ask("POST", f"{PAGE}/{appealed}", data={"key": "", "do": "decline", "answer": "쓰던 답"})
    assert (keyless.status, "쓰던 답" in keyless.raw.decode()) == (422, True)
    async with house.desk.work() as work:
        await appeals.answer(work, house.site.colleague_id, appealed, "아닙니다")
    late = await boss.ask("POST", f"{PAGE}/{appealed}", data={"key": "k2", "do": "accept", "answer": "네"})
    assert (late.status, "이미 답한 이의" in late.raw.decode()) == (409, True)
    assert await balance(house) == -3_000


async def test_money_is_given_back_by_administrators_only(house: House, appealed: int) -> None:
    refused = await (await house.signed_in("op")).api("POST", f"/appeals/{appealed}/accept", {"answer": "네"})
    assert (refused.status, refused.code) == (403, "not_allowed")
    form = {"key": "k", "do": "accept", "answer": "네"}
    assert (await (await house.signed_in("op")).ask("POST", f"{PAGE}/{appealed}", data=form)).status == 403
    assert await balance(house) == -3_000
    done = await (await house.signed_in("boss")).api("POST", f"/appeals/{appealed}/accept", {"answer": "네"})
    assert (done.status, done.body["state"], done.body["entry"]["undone"]) == (200, "answered", True)
    async with house.desk.look() as session:
        assert (await session.get_one(Appeal, appealed)).answer == "네"


async def test_until_when_and_by_whom_it_is_to_be_answered_stands_with_it_and_overdue_ones_say_so(
    house: House, appealed: int
) -> None:
    """Seen failing with an overdue one shown like the others."""
    boss = await house.signed_in("boss")
    text = await page(boss, "?lang=en")
    assert "accountant, administrator" in text
    assert "To be answered by" in text
    assert "Overdue since" not in text
    async with house.desk.look() as session:
        due = (await session.get_one(Appeal, appealed)).due_at
    house.desk.clock = lambda: due + timedelta(minutes=1)
    boss = await house.signed_in("boss")
    assert "Overdue since" in await page(boss, "?lang=en")


async def test_a_grade_is_given_back_on_the_page_by_who_manages_drivers(house: House) -> None:
    async with house.desk.work() as work:
        for grade in ("A", "C"):
            row = await driver_records.grade(work, house.site.colleague_id, house.site.drivers[0], grade, "까닭")
        made = await appeals.appeal(work, house.site.drivers[0], EVIL, grade_id=row.id)
        await people.add_operator(work, house.site.office_id, "clerk", role="accountant", token="c" * 40)
    clerk = house.visitor(Authorization=f"Bearer {'c' * 40}", Origin=house.base)
    assert 'value="accept"' not in await page(clerk)
    refused = await clerk.ask("POST", f"{PAGE}/{made.id}", data={"key": "k", "do": "accept", "answer": "네"})
    assert (refused.status, "관리자가 바꿉니다" in refused.raw.decode()) == (409, True)
    boss = await house.signed_in("boss")
    key = KEY.search(await page(boss))
    assert key
    done = await boss.ask("POST", f"{PAGE}/{made.id}", data={"key": key[1], "do": "accept", "answer": "착오"})
    assert done.status == 303
    async with house.desk.look() as session:
        assert (await session.get_one(Driver, house.site.drivers[0])).grade == "A"
