"""Consents that are to be confirmed, over the panel: looked at, sent once, in both languages, and never markup."""

from __future__ import annotations

import html
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from sqlalchemy import select, update

from desk.office import people
from desk.texts import consents
from locales.catalog import Catalog
from models import AdConsent, AuditEntry, Campaign, ConsentNotice, Customer, DriverPhone, Message
from tests.web.conftest import House, Visitor
from tests.web.test_texts import KEY, SEEN, Fields, _found, count, look, send

PATH = "/texts/consents"
HOSTILE = "<script>alert(1)</script>"
FIELDS: Fields = [
    ("days", "30"), ("text_ko", "[{office}] {name}님 {agreed} {content} 거부 {refusal}"),
    ("text_en", "[{office}] {agreed} {content} stop {refusal}"), ("refusal", "080-123-4567"),
]  # fmt: skip


@pytest.fixture
async def boss(house: House) -> Visitor:
    return await house.signed_in("boss")


async def agreed(house: House, number: str = "010-5555-0001", name: str = HOSTILE, years: int = 2) -> int:
    """A customer who agreed so many years ago; his id."""
    made: int = (await house.order(number=number, customer_name="김철수"))["customer"]["id"]
    async with house.desk.work() as work:
        await work.session.execute(update(Customer).where(Customer.id == made).values(name=name))
        at = work.now.replace(year=work.now.year - years, day=1)
        await consents.note(work, house.site.office_id, house.site.colleague_id, number, "agreed", "전화", at)
    return made


async def test_all_are_told_once_what_was_looked_at(house: House, boss: Visitor) -> None:
    """Seen failing without the template's escaping, without the digest, and without `once`."""
    await agreed(house)
    listed = await look(boss, f"{PATH}?lang=ko")
    assert html.escape(HOSTILE) in listed
    assert HOSTILE not in listed
    looked = await send(boss, f"{PATH}?lang=ko", [*FIELDS, ("do", "preview")])
    page = looked.raw.decode()
    assert looked.status == 200
    assert "1명 모두에게 알리기" in page
    assert HOSTILE not in page
    assert "080-123-4567" in page
    assert await count(house, Message) == 0
    sending = [*FIELDS, ("do", "send"), ("seen", _found(SEEN, page))]
    key = _found(KEY, page)
    other = [("days", "30"), ("text_ko", "다른 글"), *sending[2:]]
    changed = await send(boss, PATH, other)
    assert (changed.status, await count(house, Message)) == (422, 0)
    other = [("days", "30"), ("text_ko", "{office} {agreed} {refusal} 다른 글"), *sending[2:]]
    assert ((await send(boss, PATH, other)).status, await count(house, Message)) == (409, 0)
    first = await send(boss, PATH, sending, key)
    again = await send(boss, PATH, sending, key)
    assert first.status == again.status == 303
    assert first.headers["Location"] == again.headers["Location"]
    assert first.headers["Location"].startswith("/texts/sent/1?")
    assert (await count(house, Campaign), await count(house, ConsentNotice)) == (1, 1)
    later = await send(boss, f"{PATH}?lang=ko", sending, "another key")
    assert later.status == 422
    assert Catalog.load("ko").text("texts.refused.consents_nobody") in later.raw.decode()
    assert "080-123-4567" in later.raw.decode()
    async with house.desk.look() as session:
        entry = (await session.scalars(select(AuditEntry).where(AuditEntry.what == "consents.told"))).one()
    assert entry.operator_id is not None


async def test_each_refusal_is_a_sentence_and_keeps_what_was_typed(house: House, boss: Visitor) -> None:
    """Seen failing with each key left out of the table."""
    await agreed(house)
    for locale in ("ko", "en"):
        words = Catalog.load(locale)
        for name, typed, refused in (
            ("refusal", "없음", "consents_refusal_number"),
            ("text_ko", "{office} {agreed} {refusal} {fare}", "consents_unknown_place"),
            ("text_ko", "{agreed} {refusal}", "consents_no_office"),
            ("text_ko", "{office} {refusal}", "consents_no_agreed"),
            ("text_ko", "{office} {agreed}", "consents_no_refusal"),
            ("text_ko", "(광고){office} {agreed} {refusal}", "marked_notice"),
            ("days", "366", "consents_days"),
            ("days", "soon", "consents_days"),
        ):
            fields = [(field, typed if field == name else value) for field, value in FIELDS]
            answer = await send(boss, f"{PATH}?lang={locale}", [*fields, ("do", "preview")], f"{locale}{typed}")
            page = html.unescape(answer.raw.decode())
            assert answer.status == 422, (typed, page)
            assert words.text(f"texts.refused.{refused}") in page, refused
            assert name == "days" or typed in page
    assert await count(house, Message) == 0


async def test_pages_follow_one_another_and_what_is_no_place_is_the_first_one(house: House, boss: Visitor) -> None:
    await agreed(house)
    for after in ("x", "2024-11-01", "2024-11-01_x", "0001-01-01T00:00:00+23:59_1", "2024-11-01T00:00:00_7" * 9):
        assert html.escape(HOSTILE) in await look(boss, f"{PATH}?after={after.replace('+', '%2B')}")
    assert html.escape(HOSTILE) not in await look(boss, f"{PATH}?after=2025-11-22T00:00:00Z_1")
    answer = await boss.ask("GET", f"{PATH}?days=x&lang=en", headers={"Accept": "text/html"})
    assert answer.status == 422
    assert Catalog.load("en").text("texts.refused.consents_days") in html.unescape(answer.raw.decode())


async def test_who_may_only_read_sees_who_is_due_and_no_form(house: House, boss: Visitor) -> None:
    """Numbers are masked for whoever may not see them. Seen failing with the form for everybody."""
    empty = await look(boss, f"{PATH}?lang=ko")
    assert Catalog.load("ko").text("texts.consents.none") in empty
    assert 'name="text_ko"' not in empty
    await agreed(house, name="김철수")
    for role, sends in (("auditor", False), ("operator", False), ("dispatcher", True)):
        async with house.desk.work() as work:
            await people.add_operator(work, house.site.office_id, role, role=role, token=role * 9)
        who = house.visitor(Authorization=f"Bearer {role * 9}")
        page = await look(who, f"{PATH}?lang=ko")
        assert ('name="text_ko"' in page) is sends
        assert "김철수" in page
        assert ("010-5555-0001" in page) is (role != "auditor")
        answer = await send(who, PATH, [*FIELDS, ("do", "preview")], "x")
        assert answer.status == (200 if sends else 403)


async def test_a_customers_page_says_until_when_he_is_to_be_told(house: House, boss: Visitor) -> None:
    """Seen failing with a consent that is over said as one that holds, and with days of UTC."""
    guest = await agreed(house, name="김철수", years=1)
    year = house.desk.clock().year
    page = html.unescape(await look(boss, f"/customers/{guest}?lang=ko"))
    assert f"010-5555-0001 광고 수신 동의 {year - 1}-" in page
    assert "까지 다시 알려야 합니다" in page
    async with house.desk.work() as work:
        row = (await work.session.scalars(select(AdConsent))).one()
        row.agreed_at = datetime(2020, 5, 5, 15, 30, tzinfo=UTC)  # the sixth in Seoul
    page = html.unescape(await look(boss, f"/customers/{guest}?lang=en"))
    assert "agreed to advertising on 2020-05-06 · was not told of it again by 2022-05-05" in page
    async with house.desk.work() as work:
        await consents.note(
            work, house.site.office_id, house.site.colleague_id, "010-5555-0001", "refused", "전화",
            datetime(2021, 5, 5, 3, 0, tzinfo=UTC),
        )  # fmt: skip
    page = html.unescape(await look(boss, f"/customers/{guest}?lang=en"))
    assert "refused advertising on 2021-05-05" in page


async def test_a_drivers_page_says_since_when_he_agreed_and_until_when_he_is_to_be_told(
    house: House, boss: Visitor
) -> None:
    """Of each number of his. Seen failing with his first number alone."""
    home, by = f"/drivers/{house.site.drivers[0]}", house.site.colleague_id
    page = html.unescape(await look(boss, f"{home}?lang=en"))
    assert "advertising" not in page
    async with house.desk.work() as work:
        work.session.add(DriverPhone(driver_id=house.site.drivers[0], number="+821055550009"))
        for number, said in (("010-2000-0000", "agreed"), ("010-5555-0009", "refused")):
            at = datetime(2026, 5, 5, 15, 30, tzinfo=UTC)  # the sixth in Seoul
            await consents.note(work, house.site.office_id, by, number, said, "전화", at)
    page = html.unescape(await look(boss, f"{home}?lang=en"))
    assert "010-2000-0000 agreed to advertising on 2026-05-06 · to be told of it again by 2028-05-05" in page
    assert "010-5555-0009 refused advertising on 2026-05-06" in page


ROUND = {
    "days": 30, "texts": {"ko": "[{office}] {name}님 {agreed} {content} 거부 {refusal}"}, "refusal": "080-123-4567",
}  # fmt: skip


async def test_programs_list_look_and_tell_as_the_page_does(house: House, boss: Visitor) -> None:
    """Seen failing with what was not looked at sent, and with a repeat that sends again."""
    guests = [await agreed(house, f"010-5555-000{n}", f"손님{n}") for n in range(3)]
    listed = (await boss.api("GET", "/consents/due?limit=2")).body
    rest = (await boss.api("GET", f"/consents/due?limit=2&cursor={quote(listed['next'])}")).body
    wrong = await boss.api("GET", "/consents/due?cursor=tomorrow_7")
    assert (wrong.status, wrong.body["details"]) == (422, {"field": "cursor"})
    assert [one["id"] for one in (*listed["items"], *rest["items"])] == guests
    assert (listed["due"], listed["over"], rest["next"]) == (3, 3, None)
    assert listed["items"][0]["is_over"]
    words = (await boss.api("GET", "/consents/words")).body
    assert "{agreed}" in words["texts"]["ko"]
    looked = (await boss.api("POST", "/consents/look", ROUND)).body
    assert (looked["texts"], looked["faults"], looked["beyond"]) == (3, [], 0)
    assert "손님0님" in looked["first"][0]["text"]
    assert await count(house, Message) == 0
    seen = {**ROUND, "seen": looked["seen"]}
    other = await boss.api("POST", "/consents/tell", {**seen, "refusal": "080-123-4568"})
    assert (other.status, other.code) == (409, "not_seen")
    told = [await boss.api("POST", "/consents/tell", seen, headers={"Idempotency-Key": "a"}) for _ in range(2)]
    assert [answer.status for answer in told] == [201, 201]
    assert told[0].body == told[1].body
    assert await count(house, Message) == await count(house, ConsentNotice) == 3
    assert (await boss.api("GET", "/consents/due")).body["on_its_way"] == 3
    wrong = await boss.api("POST", "/consents/look", {**ROUND, "texts": {"ko": "{agreed} {refusal} {office} {x}"}})
    assert wrong.body["faults"] == ["no_text", "consents_unknown_place", "consents_nobody"]
