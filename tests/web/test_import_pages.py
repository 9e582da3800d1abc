"""The import pages: a file comes in, is looked through, taken in and taken back; what goes out comes in again unchanged."""

from __future__ import annotations

import asyncio
import csv
import html
import io
import re
from collections.abc import AsyncIterator
from datetime import date, time

import aiohttp
import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select, update

from callboard.imports import Imports
from desk.driver import driver_records
from desk.driver.driver_records import Record
from models import AuditEntry, Customer, CustomerPhone, Driver, Import, Operator, Place
from tests.web.conftest import Answer, House, Visitor
from tests.web.test_offices import Other, other  # noqa: F401 -- a fixture

KEY = re.compile(r'name="key" value="([^"]+)"')
FILE = '이름,휴대폰,메모,주소\n김철수,1012345678,=HYPERLINK("x"),강남역; 우리집\n<b>이영희</b>,1.01E+10,,\n'


@pytest.fixture
async def boss(house: House) -> AsyncIterator[Visitor]:
    """The owner; what is to be done for imports is done."""
    imports = asyncio.create_task(Imports(house.desk, house.desk.bus).run())
    yield await house.signed_in("boss")
    imports.cancel()
    await asyncio.gather(imports, return_exceptions=True)


async def look(who: Visitor, path: str, **more: str) -> str:
    answer = await who.ask("GET", path, headers={"Accept": "text/html"}, **more)
    assert answer.status == 200, answer.raw
    return answer.raw.decode()


async def bring(who: Visitor, raw: bytes, name: str = "고객.csv", kind: str = "customers", key: str = "") -> Answer:
    """The upload's form, as a browser sends it."""
    form = aiohttp.FormData(quote_fields=False)  # as browsers do
    form.add_field("key", key or _key(await look(who, "/import")))
    form.add_field("kind", kind)
    form.add_field("file", raw, filename=name, content_type="text/csv")
    return await who.ask("POST", "/import", data=form, headers={"Accept": "text/html"})


async def send(who: Visitor, path: str, do: str, key: str = "", **fields: str) -> Answer:
    key = key or _key(await look(who, path))
    return await who.ask("POST", path, data={"key": key, "do": do, **fields}, headers={"Accept": "text/html"})


async def until(house: House, import_id: int, state: str) -> Import:
    """Wait until the import is so far."""
    async with asyncio.timeout(20):
        while True:
            async with house.desk.look() as session:
                one = await session.get_one(Import, import_id)
            if one.state == state:
                return one
            await asyncio.sleep(0.02)


def _key(page: str) -> str:
    found = KEY.search(page)
    assert found
    return found[1]


def _id(answer: Answer) -> int:
    assert answer.status == 303, answer.raw.decode()
    found = re.search(r"/import/files/(\d+)", answer.headers["Location"])
    assert found
    return int(found[1])


async def test_a_file_is_looked_through_taken_in_and_taken_back(house: House, boss: Visitor) -> None:
    import_id = _id(await bring(boss, FILE.encode("cp949")))
    await until(house, import_id, "checked")
    path = f"/import/files/{import_id}"
    for locale, words in (("ko", ("1행 가져오기", "3행 «휴대폰»")), ("en", ("Take in 1 line", "Line 3, “휴대폰”"))):
        text = html.unescape(await look(boss, f"{path}?lang={locale}"))
        assert f'<html lang="{locale}"' in text
        assert all(word in text for word in words)
        assert not re.findall(
            r"\b(?:title|field|count|form|finding|refused|state)\.[a-z_]+", re.sub(r"<[^>]+>", " ", text)
        )
    assert "<b>이영희" not in await look(boss, path)
    async with house.desk.look() as session:
        assert await session.scalar(select(func.count()).select_from(Customer)) == 0, "looked through, and nothing else"
    assert (await send(boss, path, "start")).status == 303
    one = await until(house, import_id, "applied")
    assert (one.created, one.refused) == (1, 1)
    async with house.desk.look() as session:
        [customer] = (await session.scalars(select(Customer))).all()
        numbers = (await session.scalars(select(CustomerPhone.number))).all()
    assert (customer.name, customer.note, numbers) == ("김철수", '=HYPERLINK("x")', ["+821012345678"])
    assert (await send(boss, path, "undo")).status == 303
    assert (await until(house, import_id, "undone")).undone == 1
    async with house.desk.look() as session:
        assert await session.scalar(select(func.count()).select_from(Customer)) == 0
    text = await look(boss, "/import")
    assert "고객.csv" in text


async def test_columns_are_named_on_the_page_and_the_same_form_twice_is_one(house: House, boss: Visitor) -> None:
    raw = "누구,어디로\n김철수,010-1234-5678\n".encode()
    key = _key(await look(boss, "/import"))
    first, second = await bring(boss, raw, key=key), await bring(boss, raw, key=key)
    import_id = _id(first)
    assert _id(second) == import_id
    path = f"/import/files/{import_id}"
    await until(house, import_id, "staged")
    answer = await send(boss, path, "map", column0="name", column1="")
    assert answer.status == 422
    assert "열을 이렇게 맞출 수 없습니다" in answer.raw.decode()
    assert (await send(boss, path, "map", column0="name", column1="number", overwrite="yes")).status == 303
    assert (await until(house, import_id, "checked")).overwrite
    assert (await send(boss, path, "start")).status == 303
    await until(house, import_id, "applied")
    assert (await send(boss, path, "start", key="again")).status == 409
    again = _id(await bring(boss, raw))
    assert f"이미 가져왔습니다 (가져오기 {import_id}번)" in await look(boss, f"/import/files/{again}")
    assert (await send(boss, f"/import/files/{again}", "discard")).headers["Location"].startswith("/import?")


NO_TABLES = (
    (b"", "파일이 비어 있습니다"),
    (b"PK\x03\x04" + b"x" * 100, "손상되었거나"),
    (b"\xd0\xcf\x11\xe0" + b"x" * 600, "손상되었거나"),
    (b"\x80\x81\xff\xfe\x00", "글자를 읽을 수 없습니다"),
    (b'name,phone\n"a,b', "따옴표가 맞지 않습니다"),
    (b"name,phone\n", "제목 줄만"),
    (b"x\0y", "표가 아닌 파일"),
)


async def test_what_is_no_table_is_refused_in_words(house: House, boss: Visitor) -> None:
    for raw, told in NO_TABLES:
        answer = await bring(boss, raw)
        assert (answer.status, told in answer.raw.decode()) == (422, True), raw
    async with house.desk.look() as session:
        assert await session.scalar(select(func.count()).select_from(Import)) == 0


async def test_a_file_that_is_too_long_is_refused_before_it_is_kept(
    boss: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.import_forms.MOST_BYTES", 100_000)
    answer = await bring(boss, b"x" * 300_000)
    assert answer.status == 422
    assert "파일이 너무 큽니다" in answer.raw.decode()


async def test_the_refused_lines_go_out_without_formulas_to_be_put_right(house: House, boss: Visitor) -> None:
    import_id = _id(await bring(boss, "이름,전화\n=1+1,123\n".encode()))
    await until(house, import_id, "checked")
    answer = await boss.ask("GET", f"/import/files/{import_id}/errors?lang=en")
    assert 'filename="import-' in answer.headers["Content-Disposition"]
    async with house.desk.look() as session:
        taken = select(AuditEntry.subject, AuditEntry.detail).where(AuditEntry.what == "export")
        assert [tuple(row) for row in await session.execute(taken)] == [
            (f"import-{import_id}-refused.csv", {"of": f"import {import_id}"})
        ]
    heads, line = csv.reader(io.StringIO(answer.raw.decode("utf-8-sig"), newline=""))
    assert heads == ["Line", "Lines that are refused", "이름", "전화"]
    assert line[0] == "2"
    assert line[2:] == ["'=1+1", "123"]


@pytest.mark.parametrize("locale", ["ko", "en"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_what_goes_out_comes_in_again_and_changes_nothing(
    house: House, boss: Visitor, form: str, locale: str
) -> None:
    """Seen failing with the apostrophe of the CSV kept, and with a heading that the import does not know."""
    async with house.desk.work() as work:
        customer = Customer(
            office_id=house.site.office_id, name="=김철수", note="+메모", grade="'VIP", created_at=work.now
        )
        work.session.add(customer)
        await work.session.flush()
        for number in ("+821012345678", "+8215881234", "+12125550100"):
            phone = CustomerPhone(office_id=house.site.office_id, customer_id=customer.id, number=number)
            work.session.add(phone)
        for text in ("강남역 10번 출구", "-집"):
            place = Place(customer_id=customer.id, text=text, source="operator", last_used_at=work.now)
            work.session.add(place)
        await work.session.execute(update(Driver).where(Driver.number == "101").values(number="0101"))
        whole = Record(
            "100", "기사0", "010-2000-0000", ("010-9999-0001",), "ko", "=11-12", date(2027, 3, 1), "B-77", date(2027, 5, 2),
            "강남", "167", time(22), time(6), "-조용함", ("large", "manual"), ("야간", "=강남팀"),
        )  # fmt: skip
        await driver_records.change(work, house.site.colleague_id, house.site.drivers[0], whole)
    for of in ("customers", "drivers"):
        answer = await boss.ask("GET", f"/import/export?of={of}&form={form}&lang={locale}")
        assert answer.status == 200
        if form == "xlsx":
            [_, *rows] = CalamineWorkbook.from_filelike(io.BytesIO(answer.raw)).get_sheet_by_index(0).to_python()
            assert all(isinstance(cell, str) for row in rows for cell in row)
        import_id = _id(await bring(boss, answer.raw, f"{of}.{form}", of))
        one = await until(house, import_id, "checked")
        assert (one.created, one.updated, one.refused, one.unchanged) == (0, 0, 0, one.lines), of
        assert one.lines > 0


async def test_another_office_s_files_and_lists_are_not_there(house: House, boss: Visitor, other: Other) -> None:  # noqa: F811
    """Seen failing with the office not looked at in `told.one_of`."""
    import_id = _id(await bring(boss, FILE.encode()))
    await until(house, import_id, "checked")
    async with house.desk.work() as work:
        named = update(Driver).where(Driver.id == house.site.drivers[0]).values(name="우리기사")
        await work.session.execute(named)
        await work.session.execute(
            update(Operator).where(Operator.id == house.site.colleague_id).values(office_id=other.site.office_id)
        )
    path = f"/import/files/{import_id}"
    assert (await boss.ask("GET", path)).status == 404
    assert (await boss.ask("GET", path + "/errors")).status == 404
    assert (await boss.ask("POST", path, data={"key": "k", "do": "start"})).status == 404
    assert "고객.csv" not in await look(boss, "/import")
    exported = await boss.ask("GET", "/import/export?of=drivers&form=csv")
    assert "우리기사" not in exported.raw.decode()
    assert "기사1" in exported.raw.decode()
    async with house.desk.look() as session:
        assert (await session.get_one(Import, import_id)).state == "checked"


async def test_a_form_without_a_file_is_refused_in_words(boss: Visitor) -> None:
    answer = await boss.ask("POST", "/import", data={"key": "k"}, headers={"Accept": "text/html"})
    assert answer.status == 422
    assert "파일을 골라 주세요" in answer.raw.decode()
    for raw in (
        b"",
        b"--x",
        b"--x\r\n\r\n",
        b"--x\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\nabc",
    ):
        sent = await boss.ask("POST", "/import", data=raw, headers={"Content-Type": "multipart/form-data; boundary=x"})
        assert sent.status in (400, 422), sent.raw
    sent = await boss.ask("POST", "/import", data=b"x", headers={"Content-Type": "multipart/form-data"})
    assert sent.status in (400, 422)
