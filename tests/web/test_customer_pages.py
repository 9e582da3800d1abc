"""The pages of customers and segments: read, filled in, refused with a sentence, in both languages."""

from __future__ import annotations

import io
import re
import zipfile

from sqlalchemy import func, select, update

from desk.ordering import orders
from models import AuditEntry, Customer, Message, Operator
from tests.web.conftest import House, Visitor


async def as_admin(house: House) -> Visitor:
    async with house.desk.work() as work:
        await work.session.execute(update(Operator).where(Operator.login == "op").values(role="admin"))
    return await house.signed_in()


async def fill(visitor: Visitor, page: str, action: str, **fields: str) -> tuple[int, str]:
    """Send a form of `page` with a key that was drawn with it; the status, and where it leads or what it says."""
    shown = (await visitor.ask("GET", page)).raw.decode()
    found = re.search(r'name="key" value="([^"]+)"', shown)
    assert found
    told = await visitor.ask("POST", action, data={"key": found[1], **fields})
    return told.status, told.headers.get("Location") or told.raw.decode()


async def test_a_segment_is_asked_saved_refused_and_removed_on_its_page(house: House) -> None:
    """Seen failing with the conditions of the form left out, and with the refusal's sentence missing."""
    await house.order(customer_name="김철수")
    visitor = await as_admin(house)
    status, told = await fill(visitor, "/segments", "/segments", do="preview", name="모두", trips_a="0")
    assert status == 200
    assert "김철수" in told
    status, told = await fill(
        visitor, "/segments", "/segments", do="save", name="단골", trips_a="5", hours_a="21", hours_b="2"
    )
    assert (status, told) == (303, "/segments/1?done=saved")
    assert 'name="hours_b" value="2"' in (await visitor.ask("GET", "/segments/1")).raw.decode()
    status, told = await fill(visitor, "/segments?lang=en", "/segments?lang=en", do="save", name="x", trips_a="five")
    assert status == 422
    assert "Give at least one condition" in told
    assert 'value="five"' in told
    status, told = await fill(visitor, "/segments", "/segments", do="save", name="y", trips_a="5", sound="../x")
    assert status == 422
    assert "그런 녹음이 없습니다" in told
    assert (await fill(visitor, "/segments/1", "/segments/1", do="remove"))[1] == "/segments?done=removed"


async def test_a_customer_is_blocked_merged_parted_given_and_erased_on_his_page(house: House) -> None:
    """Seen failing with each form's act left out."""
    customer_id = (await house.order(customer_name="김철수", note="<b>트렁크</b>"))["customer"]["id"]
    other = (await house.order(number="01077778888", customer_name="김영희"))["customer"]["id"]
    visitor = await as_admin(house)
    home = f"/customers/{customer_id}"
    shown = (await visitor.ask("GET", home)).raw.decode()
    assert "010-5550-1234" in shown
    assert "&lt;b&gt;트렁크" in shown
    assert (await fill(visitor, home, f"{home}/block", do="block", reason="폭언"))[1] == f"{home}?done=blocked"
    assert "폭언" in (await visitor.ask("GET", home)).raw.decode()
    refused = await house.program().api("POST", "/orders", {"number": "01055501234", "origin": {"text": "강남역"}})
    assert (refused.status, refused.code) == (409, "customer_not_served")
    status, told = await fill(visitor, home, f"{home}/forget", reason="본인 요청")
    assert status == 409
    assert "진행 중인" in told
    status, told = await fill(visitor, home, f"{home}/merge", other=str(other))
    assert told == f"/customers/{other}?done=merged"
    assert (await visitor.ask("GET", home)).status == 404
    status, told = await fill(visitor, f"/customers/{other}", f"/customers/{other}/merge", do="undo", merge="1")
    assert told == f"/customers/{other}?done=undone"
    assert (await visitor.ask("GET", f"{home}?lang=en")).status == 200
    given = await visitor.ask("POST", f"{home}/data")
    assert given.body["customer"][0]["name"] == "김철수"
    page = (await visitor.ask("POST", f"{home}/data", data={"form": "page"})).raw.decode()
    assert "보낸 문자" in page or "주문" in page
    assert "&lt;b&gt;트렁크&lt;/b&gt;" in page
    book = await visitor.ask("POST", f"{home}/data", data={"form": "xlsx"})
    with zipfile.ZipFile(io.BytesIO(book.raw)) as parts:
        sheets = [parts.read(name) for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
        assert "김철수".encode() in parts.read("xl/sharedStrings.xml")
    assert len(sheets) > 3
    assert not any(b"<f>" in sheet for sheet in sheets)
    assert (await visitor.ask("POST", f"{home}/data", data={"form": "exe"})).status == 422
    async with house.desk.look() as session:
        query = select(func.count()).select_from(AuditEntry).where(AuditEntry.what == "customer.data_given")
        assert await session.scalar(query) == 3


async def test_what_names_a_customer_elsewhere_is_read_before_he_is_erased(house: House) -> None:
    """Seen failing with the erasure done at once."""
    order = await house.order(customer_name="남궁별난")
    customer_id = order["customer"]["id"]
    friend = (await house.order(number="01077778888", customer_name="이웃"))["customer"]["id"]
    visitor, home = await as_admin(house), f"/customers/{customer_id}"
    async with house.desk.work() as work:
        await orders.cancel(work, house.site.operator_id, order["id"], "고객 변심")
        await work.session.execute(update(Message).values(state="delivered"))
        (await work.session.get_one(Customer, friend)).note = "남궁별난님 소개"
    told = await visitor.api("GET", f"{home}/mentions")
    assert [one["page"] for one in told.body["items"]] == [f"/customers/{friend}"]
    status, page = await fill(visitor, home, f"{home}/forget", reason="본인 요청")
    assert status == 200
    assert "남궁별난님 소개" in page
    mark = re.search(r'name="named" value="([^"]+)"', page)
    assert mark
    assert (await fill(visitor, home, f"{home}/forget", reason="본인 요청", named=mark[1]))[0] == 303
    async with house.desk.look() as session:
        assert (await session.get_one(Customer, customer_id)).name == ""
        assert (await session.get_one(Customer, friend)).note == "남궁별난님 소개"
