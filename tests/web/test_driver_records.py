"""The pages of drivers' records: an administrator registers and changes, others read, files come and go on record."""

from __future__ import annotations

import html
import re
from datetime import date

import aiohttp
import pytest
from sqlalchemy import select

from models import AuditEntry, Driver, DriverDocument
from tests.desk.driver.test_car_pictures import picture
from tests.web.conftest import Answer, House, Visitor

KEY = re.compile(r'name="key" value="([^"]+)"')
FORM = {
    "do": "change", "number": "700", "name": "<b>김기사</b>", "phone": "010-3333-4444", "phones": "", "skill_manual": "yes",
    "licence_until": "2020-01-01", "day5": "yes", "works_from": "20:00", "works_until": "05:00", "groups": "야간조",
}  # fmt: skip


async def fill_in(visitor: Visitor, path: str, **fields: str) -> Answer:
    page = await visitor.ask("GET", path)
    found = KEY.search(page.raw.decode())
    key = found[1] if found else "k"
    return await visitor.ask("POST", path, data={"key": key, **fields})


async def put(visitor: Visitor, driver_id: int, raw: bytes, name: str = "licence.pdf", key: str = "k1") -> Answer:
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("key", key)
    form.add_field("kind", "licence")
    form.add_field("file", raw, filename=name, content_type="application/pdf")
    return await visitor.ask("POST", f"/drivers/{driver_id}/documents", data=form)


@pytest.mark.parametrize("locale", ["ko", "en"])
async def test_a_driver_is_registered_changed_and_shown_without_anything_of_his_run_as_markup(
    house: House, locale: str
) -> None:
    boss = await house.signed_in("boss")
    made = await fill_in(boss, f"/drivers?lang={locale}", **FORM)
    assert made.status == 303
    path = made.headers["Location"]
    shown = (await boss.ask("GET", path)).raw.decode()
    assert "<b>김기사</b>" not in shown
    assert html.escape("<b>김기사</b>") in shown
    refused = await fill_in(boss, path, **{**FORM, "phone": "12", "name": "새 이름"})
    assert refused.status == 422
    assert 'value="새 이름"' in refused.raw.decode()
    assert (await fill_in(boss, path, **{**FORM, "name": "새 이름"})).status == 303
    async with house.desk.look() as session:
        driver = (await session.scalars(select(Driver).where(Driver.number == "700"))).one()
    assert (driver.name, driver.phone, driver.works_days, driver.state) == ("새 이름", "+821033334444", "5", "off")


async def test_operators_read_records_without_papers_and_change_nothing(house: House) -> None:
    boss, operator = await house.signed_in("boss"), await house.signed_in()
    made = await fill_in(boss, "/drivers", **FORM, licence_number="11-22-333333-44")
    path = made.headers["Location"].partition("?")[0]
    shown = (await operator.ask("GET", path)).raw.decode()
    assert "700" in shown
    assert "11-22-333333-44" not in shown
    assert "<textarea" not in shown
    assert (await operator.ask("POST", path, data=FORM)).status == 403
    assert (await put(operator, house.site.drivers[0], b"%PDF-1.7 %%EOF")).status == 403


async def test_a_file_comes_in_is_read_on_record_and_goes(house: House) -> None:
    boss, driver_id = await house.signed_in("boss"), house.site.drivers[0]
    folder = house.recordings.parent / "files" / "documents"
    pdf = b"%PDF-1.7\n<script>alert(1)</script>\n%%EOF\n"
    assert [(await put(boss, driver_id, pdf, "../../면허.pdf")).status for _ in range(2)] == [303, 303]
    assert (await put(boss, driver_id, picture("PNG"), key="k2")).status == 303
    async with house.desk.look() as session:
        rows = (await session.scalars(select(DriverDocument).order_by(DriverDocument.id))).all()
    assert [(row.name, row.media_type) for row in rows] == [
        ("면허.pdf", "application/pdf"),
        ("licence.pdf", "image/jpeg"),
    ]
    assert sorted(path.name for path in folder.iterdir()) == sorted(row.path for row in rows)
    got = await boss.ask("GET", f"/drivers/documents/{rows[0].id}")
    assert (got.status, got.raw) == (200, pdf)
    assert got.headers["Content-Disposition"].startswith("attachment;")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert (await (await house.signed_in()).ask("GET", f"/drivers/documents/{rows[0].id}")).status == 403
    gone = await fill_in(boss, f"/drivers/{driver_id}", do="remove", document=str(rows[0].id))
    assert gone.status == 303
    assert [path.name for path in folder.iterdir()] == [rows[1].path]
    assert (await boss.ask("GET", f"/drivers/documents/{rows[0].id}")).status == 404
    async with house.desk.look() as session:
        told = list(await session.scalars(select(AuditEntry.what).where(AuditEntry.what.startswith("document."))))
    assert told == ["document.added", "document.added", "document.opened", "document.removed"]


async def test_who_opens_a_driver_s_papers_is_on_record_once_an_hour_and_who_sees_none_is_not(house: House) -> None:
    """Seen failing without the note, and with one for everybody who may see drivers."""
    driver_id, boss = house.site.drivers[0], await house.signed_in("boss")
    for who in (boss, boss, await house.signed_in()):
        assert (await who.ask("GET", f"/drivers/{driver_id}", headers={"Accept": "text/html"})).status == 200
    assert (await boss.ask("GET", "/drivers/999999", headers={"Accept": "text/html"})).status == 404
    async with house.desk.look() as session:
        opened = select(AuditEntry.operator_id, AuditEntry.subject).where(AuditEntry.what == "driver.opened")
        assert [tuple(row) for row in await session.execute(opened)] == [(house.site.colleague_id, str(driver_id))]


@pytest.mark.parametrize("raw", [b"", b"MZ", b"%PDF-1.7", picture()[:500]], ids=["empty", "a program", "cut", "torn"])
async def test_what_is_no_document_is_refused_in_words_and_leaves_nothing(house: House, raw: bytes) -> None:
    boss = await house.signed_in("boss")
    refused = await put(boss, house.site.drivers[0], raw)
    assert refused.status == 422
    assert 'role="alert"' in refused.raw.decode()
    folder = house.recordings.parent / "files" / "documents"
    assert not folder.exists() or not list(folder.iterdir())


async def test_an_operator_takes_a_driver_off_duty_and_on_again_and_reads_why_it_cannot_be(house: House) -> None:
    operator, auditor = await house.signed_in(), await house.signed_in("boss")
    driver_id = house.site.drivers[0]
    path = f"/drivers/{driver_id}"

    async def put_on(on: str) -> Answer:
        page = (await operator.ask("GET", path)).raw.decode()
        key = KEY.search(page)
        assert key is not None
        return await operator.ask("POST", f"{path}/duty?lang=ko", data={"key": key[1], "on": on})

    assert 'data-key="o"' in (await operator.ask("GET", path)).raw.decode()
    gone = await put_on("no")
    assert (gone.status, gone.headers["Location"]) == (303, f"{path}?lang=ko&done=off_duty")
    assert 'data-key="i"' in (await operator.ask("GET", path)).raw.decode()
    async with house.desk.work() as work:
        (await work.session.get_one(Driver, driver_id)).licence_until = date(2020, 1, 1)
    refused = await put_on("yes")
    assert refused.status == 409
    assert "운전면허가 만료되어 출근할 수 없습니다" in refused.raw.decode()
    program = house.program()
    assert (await program.api("POST", f"/drivers/{driver_id}/duty", {"on": True})).body["code"] == (
        "unfit_licence_expired"
    )
    async with house.desk.work() as work:
        (await work.session.get_one(Driver, driver_id)).licence_until = None
    assert (await program.api("POST", f"/drivers/{driver_id}/duty", {"on": True})).body["state"] == "free"
    told = [row["what"] for row in (await auditor.ask("GET", "/api/v1/audit")).body["items"]]
    assert [what for what in told if what.startswith("driver.")] == ["driver.on_duty", "driver.off_duty"]
