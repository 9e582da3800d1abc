"""One person is forgotten: neither his name nor his number is found anywhere afterwards, and every sum is what it was."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from desk.call import calls as desk_calls
from desk.customer import (
    customer_search,
    customers,
    do_not_serve,
    erasure,
    merging,
    others_words,
    personal_data,
    segments,
)
from desk.customer.customer_deeds import Forgotten
from desk.customer.erasure import StillLive
from desk.customer.segments import SegmentForm
from desk.dispatching import dispatch
from desk.errors import Invalid, NotFound
from desk.events import CallSeen
from desk.keeping import idempotency
from desk.ordering import orders
from desk.ordering.order_views import order_json
from desk.ordering.orders import PlaceText, TakeOrder
from desk.work import Desk, Work
from locales.catalog import Catalog
from models import (
    Account,
    AdConsent,
    Base,
    Call,
    CarPhoto,
    Customer,
    Driver,
    Import,
    ImportRow,
    IncomingPart,
    IncomingText,
    Message,
    Offer,
    Order,
    PlaceLink,
    Posting,
    Recording,
    Search,
    Segment,
)
from tests.desk.conftest import DID
from tests.site import Site, make_site

NAME, NUMBER = "남궁별난", "+821076543210"
FORMS = ("76543210", "7654-3210", "7654 3210", NAME, json.dumps(NAME)[1:-1])
WORDS = ("별난네 집 앞", "별난이 회사")
WRITTEN = tuple(json.dumps(word)[1:-1] for word in WORDS)


@pytest.fixture
async def site(desk: Desk) -> Site:
    return await make_site(desk, drivers=2)


async def a_life(desk: Desk, site: Site) -> tuple[int, int]:
    """Everything that may hang on a customer; his id, and that of his closed order."""
    by = site.operator_id
    async with desk.work() as work:
        call = await desk_calls.open_call(
            work, CallSeen(work.now, "pbx", "cb1-1.1", DID, "01076543210", NAME, linkedid="cb1-1.1")
        )
        call_id = call.id

    async def answer(work: Any) -> tuple[int, Any]:
        form = TakeOrder(
            PlaceText(WORDS[0], 37.5, 127.0),
            PlaceText(WORDS[1], 37.6, 127.1),
            call_id=call_id,
            customer_name=NAME,
            fare=20_000,
            note=f"{NAME}님 010-7654-3210",
        )
        return 201, await order_json(work.session, (await orders.take(work, by, form)).id)

    async with desk.work() as work:
        told = await idempotency.once(work, by, "k1", "h", lambda: answer(work))
    order_id, customer_id = told.body["id"], told.body["customer"]["id"]
    async with desk.work() as work:
        await dispatch.assign(work, by, order_id, site.drivers[0])
    async with desk.work() as work:
        await orders.step(work, by, order_id, "driving")
    async with desk.work() as work:
        await orders.complete(work, by, order_id)
        row = await work.session.get_one(Call, call_id)
        row.state, row.ended_at, row.choice_kind, row.choice_text = "ended", work.now, "place", WORDS[0]
        for message in await work.session.scalars(select(Message)):
            message.state = "delivered"
        work.session.add(Recording(call_id=call_id, token="t" * 20, path="r1.wav", kind="place", created_at=work.now))
        await do_not_serve.block(work, by, customer_id, f"{NAME} 욕설")
        one = Import(office_id=site.office_id, kind="customers", state="applied", file_name="a.csv", sha256="0" * 64,
                     size=1, at=work.now, columns=["이름", "번호"], mapping=["name", "number"])  # fmt: skip
        work.session.add(one)
        await work.session.flush()
        image = {"name": NAME, "numbers": [NUMBER], "places": []}
        for line, outcome, subject in ((2, "updated", customer_id), (3, "refused", None)):
            cells = None if subject else [NAME, "010-7654-3210"]
            work.session.add(ImportRow(import_id=one.id, line=line, outcome=outcome, subject_id=subject, cells=cells,
                                       given={"name": NAME}, before=image, after=image, done_at=work.now))  # fmt: skip
        await texted(work, site, order_id)
        group = await segments.make(work, by, SegmentForm("이웃", {}, kind="list"))
        await segments.add_members(work, by, group.id, [customer_id])
    return customer_id, order_id


async def texted(work: Work, site: Site, order_id: int) -> None:
    """What came by his telephone: a long text of his, its part, his refusal of advertising; a link, and the photos of his car."""
    said = {"office_id": site.office_id, "provider": "smpp", "session": "s", "recipient": DID, "received_at": work.now}
    his = IncomingText(identity="1" * 40, sender=NUMBER, text=f"{NAME}입니다", **said)
    search = Search(order_id=order_id, state="assigned", started_at=work.now, due_at=work.now)
    work.session.add(search)
    await work.session.flush()
    offer = Offer(search_id=search.id, order_id=order_id, driver_id=site.drivers[0], ring=1, state="accepted",
                  offered_at=work.now, expires_at=work.now)  # fmt: skip
    work.session.add(offer)
    await work.session.flush()
    drivers = IncomingText(identity="2" * 40, sender="+821020000000", text="수락 47", offer_id=offer.id, **said)
    work.session.add_all([his, drivers])
    await work.session.flush()
    part = {name: value for name, value in said.items() if name != "office_id"}
    work.session.add(IncomingPart(identity="3" * 40, joint="j", number=1, total=2, sender=NUMBER[1:], alphabet="ucs2",
                                  octets=NAME.encode("utf-16-be"), text_id=his.id, **part))  # fmt: skip
    work.session.add(
        AdConsent(office_id=site.office_id, number=NUMBER, refused_at=work.now, source="text", text_id=his.id)
    )
    work.session.add(PlaceLink(order_id=order_id, number=NUMBER, token_hash="4" * 64, made_by=site.operator_id,
                               created_at=work.now, expires_at=work.now, lat=37.5, lon=127.0))  # fmt: skip
    work.session.add(CarPhoto(order_id=order_id, driver_id=site.drivers[0], stage="before", side="front", sent_sha256="5" * 64,
                              sha256="6" * 64, path="p.jpg", size=1, width=1, height=1, received_at=work.now))  # fmt: skip


async def mentions(desk: Desk) -> list[tuple[str, str]]:
    """Every row of the whole database that has one of the forms."""
    async with desk.look() as session:
        return [
            (table.name, written)
            for table in Base.metadata.sorted_tables
            for row in await session.execute(text(f'select * from "{table.name}"'))
            for written in (repr(tuple(row)),)  # a Row's own repr leaves out what is long
            if any(form in written or form in written.replace("\\\\", "\\") for form in (*FORMS, *WORDS, *WRITTEN))
        ]


async def sums(desk: Desk) -> list[Any]:
    async with desk.look() as session:
        return [
            (await session.execute(select(Account.kind, Account.balance).order_by(Account.id))).all(),
            await session.scalar(select(func.sum(Posting.amount))),
            await session.scalar(select(func.sum(Order.fare))),
            (await session.execute(select(Customer.trips, Customer.cancels, Customer.last_trip_at))).all(),
        ]


async def test_nothing_of_him_is_found_in_any_table_or_in_the_file_and_the_books_are_exact(
    desk: Desk, site: Site
) -> None:
    """Seen failing with each table left out of what is forgotten, and with deleted rows left in SQLite's file."""
    customer_id, order_id = await a_life(desk, site)
    found = {table for table, _ in await mentions(desk)}
    assert {"customer", "customer_phone", "place", "call", "order", "message", "customer_deed", "import_row",
            "idempotency_key"} <= found  # fmt: skip
    before = await sums(desk)
    async with desk.work() as work:
        erased = await erasure.erase(work, site.operator_id, customer_id, "본인 요청")
    assert await mentions(desk) == []
    assert await sums(desk) == before
    assert (erased.in_books, erased.counts["order"], erased.counts["customer_phone"]) == (0, 1, 1)
    async with desk.look() as session:
        assert (await session.get_one(Order, order_id)).customer_id == customer_id
        assert await customers.by_number(session, site.office_id, NUMBER) is None
        for q in (NAME, "3210", "ㄴㄱㅂㄴ", "별난"):
            assert (await customer_search.search(session, q, office_id=site.office_id)).items == ()
        group = (await session.scalars(select(Segment))).one()
        assert await segments.members(session, site.office_id, group.id) == []
        for table in (IncomingPart, AdConsent, PlaceLink, CarPhoto):
            assert await session.scalar(select(func.count()).select_from(table)) == 0, table
        assert (await session.scalars(select(IncomingText.text))).all() == ["수락 47"]
        assert await erasure.files_to_remove(session) == [(erased.id, ["r1.wav"])]
    if desk.engine.dialect.name == "sqlite":
        async with desk.engine.connect() as connection:
            raw = await connection.execution_options(isolation_level="AUTOCOMMIT")
            for pragma in ("vacuum", "pragma wal_checkpoint(truncate)"):
                await (await raw.get_raw_connection()).driver_connection.execute(pragma)  # type: ignore[union-attr]
        file = Path(str(desk.engine.url.database))
        for each in (file, file.with_name(file.name + "-wal")):
            content = each.read_bytes() if each.exists() else b""
            assert not [form for form in (*FORMS, *WORDS, *WRITTEN) if form.encode() in content], each.name


async def test_what_is_live_keeps_him_known(desk: Desk, site: Site) -> None:
    """Seen failing without each of the three questions."""
    by = site.operator_id
    async with desk.work() as work:
        call = await desk_calls.open_call(
            work, CallSeen(work.now, "pbx", "cb1-1.1", DID, "01076543210", NAME, linkedid="cb1-1.1")
        )
        order = await orders.take(work, by, TakeOrder(PlaceText("강남역"), call_id=call.id, customer_name=NAME))
        customer_id = order.customer_id
    assert customer_id is not None

    async def because() -> object:
        with pytest.raises(StillLive) as refused:
            async with desk.work() as work:
                await erasure.erase(work, by, customer_id, "본인 요청")
        return refused.value.details["because"]

    assert await because() == "order"
    async with desk.work() as work:
        await dispatch.assign(work, by, order.id, site.drivers[0])
    async with desk.work() as work:
        await orders.cancel(work, by, order.id, "취소")
    assert await because() == "call"
    async with desk.work() as work:
        (await work.session.get_one(Call, call.id)).state = "ended"
        (await work.session.scalars(select(Message).where(Message.audience == "customer"))).one().state = "queued"
    assert await because() == "message"


async def test_he_is_forgotten_once_by_his_own_office_and_with_a_reason_that_does_not_name_him(
    desk: Desk, site: Site
) -> None:
    """Seen failing with the reason as it was given, and with the second time let through."""
    other = await make_site(desk, drivers=0, name="x", did="15880002")
    customer_id, _ = await a_life(desk, site)
    for by, why, error in (
        (site.operator_id, "", Invalid),
        (site.operator_id, f"{NAME}님 요청", Invalid),
        (other.operator_id, "본인 요청", NotFound),
    ):
        with pytest.raises(error):
            async with desk.work() as work:
                await erasure.erase(work, by, customer_id, why)
    async with desk.work() as work:
        await erasure.erase(work, site.operator_id, customer_id, "본인 요청")
    for again in (erasure.erase, do_not_serve.block):
        with pytest.raises(Forgotten):
            async with desk.work() as work:
                await again(work, site.operator_id, customer_id, "본인 요청")


async def test_what_others_wrote_elsewhere_is_told_with_where_it_stands_and_stays_as_it_was(
    desk: Desk, site: Site
) -> None:
    """What hangs on his own orders and calls loses him by itself. Seen failing with that told, and with names alone."""
    customer_id, _ = await a_life(desk, site)
    async with desk.work() as work:
        friend = Customer(office_id=site.office_id, name="이웃", note=f"{NAME}님 소개", created_at=work.now)
        work.session.add(friend)
        (await work.session.get_one(Driver, site.drivers[0])).note = "010 7654 3210 손님과 다툼"
    async with desk.look() as session:
        named = await erasure.named(session, site.office_id, customer_id)
        few = await others_words.naming(session, site.office_id, [NUMBER], [NAME], {}, most=2)
    assert [(one.what, one.page, one.words) for one in named.items] == [
        ("customer", f"/customers/{friend.id}", f"{NAME}님 소개"),
        ("driver", f"/drivers/{site.drivers[0]}", "010 7654 3210 손님과 다툼"),
    ]
    assert not named.more
    assert (len(few.items), few.more) == (2, True)
    async with desk.work() as work:
        await erasure.erase(work, site.operator_id, customer_id, "본인 요청")
    async with desk.look() as session:
        assert (await session.get_one(Customer, friend.id)).note == f"{NAME}님 소개"
        assert (await erasure.named(session, site.office_id, customer_id)).items == ()


def test_what_is_looked_through_are_columns_in_which_a_row_tells_its_id_and_its_page() -> None:
    for name, source in others_words.SOURCES.items():
        table = Base.metadata.tables[name]
        asked = {*source.columns, *re.findall(r"{(\w+)}", source.page)} - {"whose"}
        assert asked | {"id"} <= set(table.columns.keys()), name
        assert ("office_id" in table.c) != (source.of is not None), name
        for language in ("ko", "en"):
            assert Catalog.load(language).templates(f"named.what.{name}")


async def test_a_merge_of_his_is_undone_no_more_and_others_of_his_name_keep_theirs(desk: Desk, site: Site) -> None:
    """Seen failing with the merge's rows left, and with the name taken out of rows that are another's."""
    customer_id, _ = await a_life(desk, site)
    async with desk.work() as work:
        namesake = Customer(office_id=site.office_id, name=NAME, note=f"{NAME} 2", created_at=work.now)
        twin = Customer(office_id=site.office_id, name="쌍둥이", created_at=work.now)
        work.session.add_all([namesake, twin])
    async with desk.work() as work:
        merge_id = await merging.merge(work, site.operator_id, customer_id, twin.id, customer_id)
    async with desk.work() as work:
        await erasure.erase(work, site.operator_id, twin.id, "본인 요청")
    assert {table for table, _ in await mentions(desk)} == {"customer"}
    async with desk.look() as session:
        assert (await session.get_one(Customer, namesake.id)).note == f"{NAME} 2"
        assert (await session.get_one(Customer, twin.id)).name == ""
    with pytest.raises(merging.CannotUndo):
        async with desk.work() as work:
            await merging.undo(work, site.operator_id, merge_id)


async def test_what_is_kept_of_him_is_given_whole_and_that_is_on_record(desk: Desk, site: Site) -> None:
    """Seen failing with a part left out, and with another customer's rows in it."""
    customer_id, order_id = await a_life(desk, site)
    async with desk.work() as work:
        await orders.take(work, site.operator_id, TakeOrder(PlaceText("남의 집"), number="01011112222"))
    async with desk.work() as work:
        told = await personal_data.of_customer(work, site.operator_id, customer_id)
    for part in ("customer", "numbers", "places", "calls", "recordings", "orders", "steps", "texts", "groups", "deeds",
                 "imports"):  # fmt: skip
        assert told[part], part
    assert [order["id"] for order in told["orders"]] == [order_id]
    written = json.dumps(told, ensure_ascii=False)
    assert "남의 집" not in written
    assert all(word in written for word in (NAME, NUMBER, *WORDS))
    async with desk.look() as session:
        newest = text("select what from audit_entry order by id desc limit 1")
        assert await session.scalar(newest) == "customer.data_given"
