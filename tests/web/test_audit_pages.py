"""Who did what, on its page, in files and in the API: told in words, filtered, of one's own office only, and never markup."""

from __future__ import annotations

import asyncio
import csv
import io
import re
import zipfile
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select, text

from desk import audit_chain
from desk.office import people
from desk.office.record import Asked
from models import AuditEntry
from tests.site import make_site
from tests.web.conftest import Answer, House, Visitor
from tests.web.test_money_pages import open_page, send
from tests.web.test_standing import with_role
from web.live import record_walk
from web.pages import audit as audit_page
from web.routes import ROUTES
from web.views.audit_view import PLACES
from web.views.record_asked import asked

PATH = "/audit"
EVIL = "<script>alert(1)</script>{{7*7}}"
NUMBER = "010-9876-5432"


@pytest.fixture
async def boss(house: House) -> Visitor:
    return await house.signed_in("boss")


async def write(house: House, what: str, subject: str = "x", by: int | None = None, **detail: Any) -> None:
    async with house.desk.work() as work:
        people.audit(work, by or house.site.operator_id, what, subject, detail)


def rows(page: str) -> list[list[str]]:
    """The cells of every row, without markup."""
    found = re.findall(r"<tr data-row=.*?</tr>", page, re.DOTALL)
    cells = (re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL) for row in found)
    return [[" ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split()) for cell in row] for row in cells]


async def told(visitor: Visitor, query: str = "") -> list[list[str]]:
    return rows(await open_page(visitor, PATH + query))


async def test_a_deed_is_told_in_words_with_what_it_changed_in_both_languages(boss: Visitor, house: House) -> None:
    """Seen failing with the raw kind shown, with unchanged parts repeated, and with the moment of UTC."""
    await write(house, "operator.role", "op", **{"from": "operator", "to": "dispatcher"})
    same = {"name": "한빛", "limit": 500_000}
    await write(house, "credit.changed", "credit 3", before=same, after={**same, "limit": 900_000})
    await write(house, "task.made", "task 5", customer=7, due_at="2026-11-23T00:30:00+00:00")
    await write(house, "driver.changed", str(house.site.drivers[0]), name=["박기사", "박 기사"], note="changed")
    ko, en = await told(boss), await told(boss, "?lang=en")
    assert [row[1:] for row in ko[:4]] == [
        ["김상담", "기사 기록을 고침", "기사 100번", "이름 박기사 → 박 기사 메모 changed"],
        ["김상담", "할 일을 만듦", "할 일 5", "고객 7 언제까지 2026-11-23 09:30"],
        ["김상담", "외상 거래처를 고침", "외상 거래처 3", "한도 500,000원 → 900,000원"],
        ["김상담", "역할을 바꿈", "op", "operator → dispatcher"],
    ]
    assert [row[2:4] for row in en[:2]] == [
        ["changed a driver's record", "driver no. 100"],
        ["made a task", "task 5"],
    ]
    page = await open_page(boss, PATH)
    assert f'<a href="/drivers/{house.site.drivers[0]}">' in page
    assert "로그인함" in [row[2] for row in ko]


async def test_a_kind_without_a_phrase_is_shown_by_its_name_and_nothing_in_a_row_is_markup(
    boss: Visitor, house: House
) -> None:
    """Seen failing with a phrase that had to be there, and without the template's escaping."""
    await write(house, "moon.landed", EVIL, **{EVIL: EVIL, "deep": {"a": [1, None, True, {"b": EVIL}]}})
    await write(house, "sign_in.refused", "customer 12", address=EVIL)
    async with house.desk.work() as work:
        work.session.add(AuditEntry(at=work.now, operator_id=None, what="odd", subject="", detail=[EVIL, 1]))
        work.session.add(AuditEntry(at=work.now, operator_id=None, what="odd.none", subject="", detail=None))
    page = await open_page(boss, PATH)
    assert "<script>alert" not in page
    found = rows(page)
    assert [row[2] for row in found[:4]] == ["odd.none", "odd", "로그인이 거절됨", "moon.landed"]
    assert found[2][3] == "customer 12"
    assert "/customers/12" not in page
    assert found[3][3] == EVIL
    assert "49" not in found[3][4]


def test_where_one_reads_on_is_a_page_of_the_table_for_who_may_open_that() -> None:
    """Seen failing with an address that nobody serves, and with another permission."""
    pages = {
        route.path.replace("{id:[1-9][0-9]{0,17}}", "{}"): route.may
        for route in ROUTES
        if (route.kind, route.method) == ("page", "GET")
    }
    assert {place: pages.get(place) for place, _ in PLACES.values()} == dict(PLACES.values())


async def test_what_is_asked_for_stays_from_page_to_page_and_in_the_other_language(
    boss: Visitor, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen failing with a next page that begins with everything again."""
    monkeypatch.setattr(audit_page, "SHOWN", 2)
    for n in range(1, 6):
        await write(house, "customer.opened", f"customer {n}")
        await write(house, "task.made", f"task {n}")
    query = "?from=2020-01-01&what=customer&who=" + str(house.site.operator_id)
    seen, pages = [], 0
    while query:
        page = await open_page(boss, PATH + query)
        seen += [row[3] for row in rows(page)]
        pages += 1
        assert 'value="2020-01-01"' in page
        assert '<option value="customer" selected>' in page
        other = unescape(re.findall(r'href="([^"]+)" lang="en"', page)[0])
        assert "what=customer" in other
        assert "lang=en" in other
        following = re.findall(r'href="(/audit\?[^"]*after=[^"]*)" data-key="n"', page)
        query = unescape(following[0]).removeprefix(PATH) if following else ""
    assert (seen, pages) == ([f"고객 {n}" for n in reversed(range(1, 6))], 3)
    assert [row[3] for row in await told(boss, "?about=customer&which=3")] == ["고객 3"]
    assert "이 조건에 맞는 기록이 없습니다" in await open_page(boss, f"{PATH}?what=moon")


def test_days_are_those_of_the_office() -> None:
    """Seen failing with days of UTC."""
    wanted = asked({"from": "2026-11-23", "to": "2026-11-23", "what": "customer", "who": "7"}, "Asia/Seoul")
    since = datetime(2026, 11, 22, 15, tzinfo=UTC)
    assert wanted == Asked(since, since + timedelta(days=1), 7, "customer")
    assert asked({}, "Asia/Seoul") == Asked()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from=yesterday", "시작하는 날을"),
        ("from=1999-12-31", "시작하는 날을"),
        ("to=2026-13-01", "끝나는 날을"),
        ("from=2026-11-23&to=2026-11-22", "끝나는 날을"),
        ("who=boss", "사람을 목록에서"),
        ("about=moon&which=1", "대상을 목록에서"),
        ("about=order&which=x", "번호를 숫자로"),
        ("about=order", "번호를 숫자로"),
    ],
)
async def test_what_cannot_be_asked_for_is_refused_in_words_and_stays_in_the_form(
    boss: Visitor, query: str, sentence: str
) -> None:
    """On the page and for a file. Seen failing with everything shown in place of the refusal."""
    for form in ("", "&form=csv"):
        answer = await boss.ask("GET", f"{PATH}?{query}{form}", headers={"Accept": "text/html"})
        page = answer.raw.decode()
        assert (answer.status, sentence in page, rows(page)) == (422, True, [])
    name, value = query.split("&")[0].split("=")
    assert re.search(rf'name="{name}"[^>]* value="{value}"', page) or name in ("who", "about")


def table(answer: Answer) -> list[list[str]]:
    assert answer.status == 200, answer.raw
    return list(csv.reader(io.StringIO(answer.raw.decode("utf-8-sig"))))


def workbook(raw: bytes) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(raw)).get_sheet_by_index(0).to_python()


async def test_what_is_asked_for_is_taken_away_as_a_file_without_formulas_and_on_record(
    boss: Visitor, house: House
) -> None:
    """Seen failing with the rows of everybody in the file, and without the row of the record."""
    await write(house, "template.kept", '=HYPERLINK("http://x","y")', kind="ad")
    await write(house, "customer.opened", "customer 1")
    lines = table(await boss.ask("GET", f"{PATH}?form=csv&what=template"))
    assert lines[0] == ["한 일", "template"]
    assert [line[2:6] for line in lines[3:]] == [
        ["문자 틀을 저장함", '\'=HYPERLINK("http://x","y")', "종류: ad", "template.kept"]
    ]
    answer = await boss.ask("GET", f"{PATH}?form=xlsx&what=template&lang=en")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="audit-')
    with zipfile.ZipFile(io.BytesIO(answer.raw)) as book:
        assert "<f>" not in book.read("xl/worksheets/sheet1.xml").decode()
    assert any('=HYPERLINK("http://x","y")' in row for row in workbook(answer.raw))
    async with house.desk.look() as session:
        kept = (await session.scalars(select(AuditEntry).where(AuditEntry.what == "export"))).all()
    assert [(row.subject, row.detail, row.operator_id) for row in kept] == [
        (f"audit.{form}", {"of": "what=template"}, house.site.colleague_id) for form in ("csv", "xlsx")
    ]


async def test_a_file_of_too_many_rows_is_refused_in_words(
    boss: Visitor, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_page, "MOST_ROWS", 1)
    await write(house, "customer.opened", "customer 1")
    answer = await boss.ask("GET", f"{PATH}?form=csv", headers={"Accept": "text/html"})
    assert (answer.status, "나누어 가져가십시오" in answer.raw.decode()) == (422, True)


async def test_who_sees_no_whole_numbers_sees_none_here(boss: Visitor, house: House) -> None:
    """On the page, in both files and in the API. Seen failing without the house's masking (an answer marked as shown)."""
    await write(house, "driver.changed", str(house.site.drivers[0]), phone=["+821098765432", NUMBER])
    auditor = await with_role(house, "auditor")
    for query in ("", "?form=csv", "?form=xlsx"):
        for visitor, whole in ((auditor, False), (boss, True)):
            raw = (await visitor.ask("GET", PATH + query, headers={"Accept": "text/html"})).raw
            if query == "?form=xlsx":
                raw = repr(workbook(raw)).encode()
            assert (NUMBER.encode() in raw, b"98765432" in raw.replace(b"-", b"")) == (whole, whole), query
    body = (await auditor.api("GET", "/audit")).raw
    assert b"9876" not in body


async def test_auditors_read_it_and_who_may_not_does_not(house: House) -> None:
    auditor, operator = await with_role(house, "auditor"), await house.signed_in("op")
    assert "누가 무엇을 했는지" in await open_page(auditor, PATH)
    assert (await operator.ask("GET", PATH)).status == 403
    assert (await send(operator, PATH, "a-key")).status == 403


async def test_nothing_of_another_office_is_on_the_page_in_a_file_or_in_the_api(boss: Visitor, house: House) -> None:
    """Seen failing without the office in the query, and with people of all offices to choose from."""
    theirs = await make_site(house.desk, name="다른 사무실", did="15889999")
    await write(house, "template.kept", "their-secret", theirs.operator_id)
    await write(house, "template.kept", "our-own")
    for query in ("", "?form=csv", f"?who={theirs.operator_id}", "?what=template", "?about=login&which=15889999-0"):
        raw = (await boss.ask("GET", PATH + query)).raw.decode()
        assert ("their-secret" in raw, "15889999" in raw.replace("which=15889999-0", "").replace('"15889999-0"', "")) == (
            False, False,
        ), query  # fmt: skip
    items = (await boss.api("GET", "/audit?what=template")).body["items"]
    assert [item["subject"] for item in items] == ["our-own"]
    assert (await boss.api("GET", f"/audit?who={theirs.operator_id}")).body == {"items": [], "next": None}


async def test_the_api_filters_and_goes_on_by_its_cursor(boss: Visitor, house: House) -> None:
    """Seen failing with a cursor that is the row's own."""
    for n in range(3):
        await write(house, "customer.opened", f"customer {n}")
        await write(house, "task.made", f"task {n}")
    who = house.site.operator_id
    query, found = f"/audit?limit=2&what=customer.opened&who={who}&from=2020-01-01&to=2999-12-31", []
    cursor: int | None = None
    while True:
        body = (await boss.api("GET", query + (f"&cursor={cursor}" if cursor else ""))).body
        found += [item["subject"] for item in body["items"]]
        if (cursor := body["next"]) is None:
            break
    assert found == ["customer 2", "customer 1", "customer 0"]
    assert [one["subject"] for one in (await boss.api("GET", "/audit?about=customer&which=1")).body["items"]] == [
        "customer 1"
    ]
    for unknown in ("from=x", "to=2026-1", "who=me", "about=moon"):
        assert (await boss.api("GET", f"/audit?{unknown}")).status == 400, unknown
    for refused in ("about=order", "about=call&which=x", "from=2026-11-23&to=2026-11-22", "from=1999-12-31"):
        assert (await boss.api("GET", f"/audit?{refused}")).status == 422, refused


async def looked_through(boss: Visitor, **fields: str) -> str:
    """The button is pressed; the page after the walk."""
    answer = await send(boss, PATH, **fields)
    assert (answer.status, answer.headers["Location"]) == (303, f"{PATH}#whole")
    while "data-refresh" in (page := await open_page(boss, PATH)):
        await asyncio.sleep(0.01)
    return page


async def test_the_page_says_whether_the_record_is_whole_and_gives_a_digest_to_keep(
    boss: Visitor, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By steps of a few rows. Seen failing with a walk that ends after its first step, and with a broken row not told."""
    monkeypatch.setattr(record_walk, "AT_A_TIME", 2)
    for n in range(5):
        await write(house, "customer.opened", f"customer {n}")
    assert "아직 확인하지 않았습니다" in await open_page(boss, PATH)
    page = await looked_through(boss, known="")
    async with house.desk.look() as session:
        count = len((await session.scalars(select(AuditEntry.id))).all())
        whole = await audit_chain.verify(session)
    digest = re.findall(r"<code>([0-9a-f]{64})</code>", page)
    assert (f"{count}줄 모두 쓰인 그대로입니다" in page, digest) == (True, [whole.digest])
    assert "쓰인 그대로입니다" in await looked_through(boss, known=digest[0].upper())
    page = await looked_through(boss, known="f" * 64)
    assert ("그 안에 없습니다" in page, f"<code>{'f' * 64}</code>" in page) == (True, True)
    answer = await send(boss, PATH, known="x")
    assert (answer.status, "64자입니다" in answer.raw.decode()) == (422, True)
    deeds = [row[2] for row in await told(boss, "?what=record")]
    assert deeds == ["기록이 온전한지 확인함"] * 3
    async with house.desk.engine.begin() as connection:
        await connection.execute(text("drop trigger audit_entry_keeps_update"))
        await connection.execute(text("update audit_entry set subject = 'customer 9' where subject = 'customer 3'"))
    async with house.desk.look() as session:
        broken = (await audit_chain.verify(session)).broken
    assert broken
    page = await looked_through(boss)
    assert (f"{broken.id}번 줄이 쓰인 그대로가 아니거나" in page, "<code>" in page) == (True, False)


async def test_while_it_is_walked_along_everybody_else_is_served_and_a_second_press_begins_no_other(
    boss: Visitor, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen failing with a walk within the request, with one more walk for each press, and with a digest that nobody compares."""
    go, steps = asyncio.Event(), []
    walk_on = audit_chain.walk_on

    async def slowly(*args: Any) -> Any:
        steps.append(args)
        await go.wait()
        return await walk_on(*args)

    monkeypatch.setattr(audit_chain, "walk_on", slowly)
    for _ in range(2):
        assert (await send(boss, PATH)).status == 303
    page = await open_page(boss, PATH)
    assert ("확인하는 중: 0줄까지" in page, "data-refresh" in page, len(steps)) == (True, True, 1)
    other = await send(boss, PATH, known="f" * 64)
    assert (other.status, "끝난 뒤에" in other.raw.decode()) == (409, True)
    assert len(await told(boss, "?what=record.verified")) == 2
    go.set()
    while "data-refresh" in await open_page(boss, PATH):
        await asyncio.sleep(0.01)
    monkeypatch.setattr(audit_chain, "walk_on", None)
    assert "잠시 뒤 다시 확인하십시오" in await looked_through(boss)


async def test_a_walk_ends_with_the_server(boss: Visitor, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def for_ever(*_: Any) -> Any:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    monkeypatch.setattr(audit_chain, "walk_on", for_ever)
    await send(boss, PATH)
    await begun.wait()
    await house.stop()
    assert ended.is_set()
