"""A driver is forgotten: his name, numbers, account and papers are found nowhere afterwards, and every sum is what it was."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from desk import audit_chain
from desk.books import batches, cashier, settlement
from desk.clock.days import span
from desk.customer import tasks
from desk.customer.tasks import TaskForm
from desk.dispatching import candidates, dispatch
from desk.driver import (
    driver_access,
    driver_blocks,
    driver_documents,
    driver_records,
    drivers,
    payees,
    shifts,
)
from desk.driver import duty as office_duty
from desk.driver.driver_documents import File
from desk.driver.driver_records import Record
from desk.driver.drivers import DriverErased
from desk.driver.payees import Payee
from desk.driver_data import driver_rows, erasure, personal_data
from desk.driver_data.erasure import DriverUnsettled
from desk.driver_data.unsettled import WHY
from desk.driver_page import appeals
from desk.errors import Invalid, NotFound
from desk.keeping import idempotency
from desk.knowledge import articles
from desk.knowledge.articles import ArticleForm
from desk.ordering import orders
from desk.ordering.order_views import order_json
from desk.ordering.orders import PlaceText, TakeOrder
from desk.rules.settling import SettlingRule
from desk.work import Desk, Work
from locales.catalog import Catalog
from models import (
    Account,
    AdConsent,
    Assignment,
    Base,
    Call,
    CallSighting,
    Campaign,
    CampaignLeftOut,
    CarCover,
    CarPhoto,
    CarReading,
    CarSkip,
    ConsentNotice,
    Customer,
    Driver,
    DriverErasure,
    DriverRequest,
    DriverWay,
    Import,
    ImportRow,
    IncomingPart,
    IncomingText,
    Line,
    Message,
    NextOrder,
    Offer,
    Operator,
    Order,
    OrderStep,
    PaperAlarm,
    Posting,
    Recording,
    Search,
    Shift,
    Weighing,
)
from tests.desk.conftest import DID, AddCustomer
from tests.site import Site, make_site

NAME, PHONE, OTHER, OLD = "남궁별난", "+821076543210", "+821065432109", "+821054321098"
ACCOUNT, LICENCE, INSURANCE, NOTE = "110-234-567890", "11-22-333444-55", "보험-987654321", "왼쪽 다리가 불편"
AREA = "별난동 좁은길"
FORMS = tuple(
    form
    for number in (PHONE, OTHER, OLD)
    for form in (number[5:], f"{number[5:9]}-{number[9:]}", f"{number[5:9]} {number[9:]}")
) + tuple(
    form
    for word in (NAME, ACCOUNT, ACCOUNT.replace("-", ""), LICENCE, INSURANCE, NOTE, AREA)
    for form in (word, json.dumps(word)[1:-1])
)
STAYS = {"shift", "offer", "next_order", "order_step", "assignment", "car_photo", "car_reading", "car_skip", "car_cover",
         "driver_erasure"}  # fmt: skip
"""What names his row afterwards: trips and shifts, and of photos that there were some."""
FORM = Record(
    number="700", name=NAME, phone="01076543210", phones=("010-6543-2109",), language="ko", licence_number=LICENCE,
    licence_until=date(2030, 1, 1), insurance_number=INSURANCE, insurance_until=date(2030, 1, 1), base_area=AREA, note=NOTE,
    skills=("manual",), groups=("야간조",),
)  # fmt: skip


@pytest.fixture
async def site(desk: Desk) -> Site:
    return await make_site(desk, drivers=1)


async def a_life(desk: Desk, site: Site, customer_id: int) -> tuple[int, int]:
    """Everything that may hang on a driver who leaves in peace; his id, and that of his order."""
    by = site.operator_id
    async with desk.work() as work:
        driver = await driver_records.register(work, by, FORM)
        driver_id = driver.id
        await driver_records.change(work, by, driver_id, replace(FORM, phone="01054321098"))
    async with desk.work() as work:
        link = await driver_access.send_link(work, by, driver_id, "http://x/driver")
        token = link.text.partition("#")[2][: driver_access.TOKEN_LENGTH]
        await driver_access.sign_in(work, token)
    async with desk.work() as work:
        await driver_records.change(work, by, driver_id, FORM)
        await driver_records.grade(work, by, driver_id, "A", f"{NAME} 성실")
        await driver_blocks.keep_apart(work, by, driver_id, "01011112222", "office", "다툼")
        await payees.change(work, by, driver_id, Payee("004", ACCOUNT, NAME))
        await driver_documents.add(work, by, driver_id, "licence", File("면허.pdf", "application/pdf", b"1"), "d" * 40)
        await drivers.offer_by_text(work, by, driver_id, True)
        await office_duty.put(work, by, driver_id, True)
        await shifts.locate(work, driver_id, 37.5, 127.0)

    async def answer(work: Any) -> tuple[int, Any]:
        form = TakeOrder(
            PlaceText("강남역"), PlaceText("판교"), number="01099990000", fare=20_000, note=f"{NAME} 기사님으로"
        )
        order_id = (await orders.take(work, by, form)).id
        await dispatch.assign(work, by, order_id, driver_id)
        return 201, await order_json(work.session, order_id)

    async with desk.work() as work:
        told = await idempotency.once(work, by, "k1", "h", lambda: answer(work))
    order_id = told.body["id"]

    async def in_words() -> tuple[int, Any]:
        return 200, {"note": f"{NAME} 기사님"}

    async with desk.work() as work:
        await idempotency.once(work, by, "k2", "h", in_words)
    async with desk.work() as work:
        await shifts.locate(work, driver_id, 37.51, 127.0)
        work.session.add(DriverWay(order_id=order_id, driver_id=driver_id, at=work.now, lat=37.5, lon=127.0))
        await orders.step(work, by, order_id, "driving")
    async with desk.work() as work:
        await orders.complete(work, by, order_id)
        await shifts.end(work, driver_id)
    async with desk.work() as work:
        has = await settlement.balance(work.session, await work.session.get_one(Driver, driver_id))
        await cashier.take_in(work, by, driver_id, 10_000 - has, "영수증 7")
        ask = await cashier.ask(work, by, driver_id, 10_000)
        await cashier.approve(work, site.colleague_id, ask.id)
        await around(work, site, driver_id, order_id)
        for message in await work.session.scalars(select(Message)):
            message.state = "delivered"
    return driver_id, order_id


async def around(work: Work, site: Site, driver_id: int, order_id: int) -> None:
    """Rows that other parts of the house write of him."""
    now, add = work.now, work.session.add
    search = Search(order_id=order_id, state="assigned", started_at=now, due_at=now)
    add(search)
    await work.session.flush()
    offer = Offer(search_id=search.id, order_id=order_id, driver_id=driver_id, ring=1, state="accepted", offered_at=now,
                  expires_at=now)  # fmt: skip
    weighing = Weighing(search_id=search.id, driver_id=driver_id, at=now, ring=1, asked=False, reason_key="weighing.busy",
                        reason_args={})  # fmt: skip
    add(offer)
    add(weighing)
    add(
        NextOrder(
            order_id=order_id, driver_id=driver_id, state="released", made_at=now, ended_at=now, reason=f"{NAME} 사정"
        )
    )
    await work.session.flush()
    made = await appeals.appeal(work, driver_id, f"{NAME}입니다", weighing_id=weighing.id)
    await appeals.answer(work, site.operator_id, made.id, f"{NAME}님, 알겠습니다")
    said = {"office_id": site.office_id, "provider": "smpp", "session": "s", "recipient": DID, "received_at": now}
    his = IncomingText(identity="1" * 40, sender=PHONE, text=f"{NAME}입니다", **said)
    add(his)
    add(IncomingText(identity="2" * 40, sender="+821033334444", text="남의 문자", **said))
    await work.session.flush()
    part = {name: value for name, value in said.items() if name != "office_id"}
    add(IncomingPart(identity="3" * 40, joint="j", number=1, total=2, sender=PHONE[1:], alphabet="ucs2",
                     octets=NAME.encode("utf-16-be"), text_id=his.id, **part))  # fmt: skip
    add(AdConsent(office_id=site.office_id, number=OTHER, refused_at=now, source="text", text_id=his.id))
    add(Message(office_id=site.office_id, order_id=order_id, audience="customer", recipient="+821099990000", sender=DID,
                text_key="sms.assigned.customer", language="ko", text=f"{NAME} 기사 010-7654-3210", state="delivered",
                next_try_at=now, created_at=now, updated_at=now))  # fmt: skip
    told = (await work.session.scalars(select(Message).order_by(Message.id.desc()).limit(1))).one()
    add(ConsentNotice(office_id=site.office_id, number=OTHER, message_id=told.id, operator_id=site.operator_id, agreed_at=now,
                      written_at=now))  # fmt: skip
    line = (await work.session.scalars(select(Line.id))).one()
    call = Call(office_id=site.office_id, line_id=line, source="pbx", number=PHONE, presentation="allowed", caller_name=NAME,
                state="ended", arrived_at=now, ended_at=now)  # fmt: skip
    add(call)
    campaign = Campaign(office_id=site.office_id, kind="notice", template="공지", language="ko", picked=1, left_out=1,
                        created_at=now, created_by=site.operator_id, send_at=now)  # fmt: skip
    add(campaign)
    one = Import(office_id=site.office_id, kind="drivers", state="applied", file_name="a.csv", sha256="0" * 64, size=1, at=now,
                 columns=["이름"], mapping=["name"])  # fmt: skip
    add(one)
    await work.session.flush()
    add(CallSighting(call_id=call.id, source="pbx", reference="cb1-1.1", seen_at=now))
    add(Recording(call_id=call.id, token="t" * 20, path="r1.wav", kind="place", created_at=now))
    add(
        CampaignLeftOut(
            office_id=site.office_id, campaign_id=campaign.id, why="twice", driver_id=driver_id, number=PHONE
        )
    )
    image = {"name": NAME, "phone": PHONE, "bank_account": ACCOUNT, "note": NOTE}
    for number, (outcome, subject) in enumerate((("updated", driver_id), ("refused", None)), 2):
        cells = None if subject else [NAME, "010-7654-3210", ACCOUNT]
        told = image if subject else {"name": NAME, "phone": PHONE, "bank_account": ACCOUNT}
        add(ImportRow(import_id=one.id, line=number, outcome=outcome, subject_id=subject, cells=cells, given=told, before=told,
                      after=told, done_at=now))  # fmt: skip
    add(PaperAlarm(driver_id=driver_id, paper="licence", until=date(2030, 1, 1), days=30, told_at=now))
    photo = {"order_id": order_id, "stage": "before", "size": 1, "width": 1, "height": 1, "received_at": now}
    add(CarPhoto(driver_id=driver_id, side="front", sent_sha256="5" * 64, sha256="6" * 64, path="c" * 40, **photo))
    add(CarPhoto(driver_id=site.drivers[0], side="rear", sent_sha256="7" * 64, sha256="8" * 64, path="e" * 40, **photo))
    add(CarSkip(order_id=order_id, driver_id=driver_id, stage="after", reason=f"{NAME} 전화 고장", at=now))
    add(CarReading(order_id=order_id, driver_id=driver_id, stage="after", km=1_000, at=now))
    add(OrderStep(order_id=order_id, driver_id=driver_id, at=now, before="taken", after="taken", reason=f"{NAME} 확인"))
    add(CarCover(order_id=order_id, driver_id=driver_id, stage="before", insurance_number=INSURANCE, at=now))
    add(
        DriverRequest(driver_id=driver_id, key="k", request_hash="h", status=200, answer={"name": NAME}, created_at=now)
    )


async def mentions(desk: Desk) -> list[tuple[str, str]]:
    """Every row of the whole database that has one of the forms."""
    async with desk.look() as session:
        return [
            (table.name, written)
            for table in Base.metadata.sorted_tables
            for row in await session.execute(text(f'select * from "{table.name}"'))
            for written in (repr(tuple(row)),)  # a Row's own repr leaves out what is long
            if any(form in written or form in written.replace("\\\\", "\\") for form in FORMS)
        ]


async def naming(desk: Desk, driver_id: int) -> set[str]:
    """The tables that have rows of his."""
    async with desk.look() as session:
        return {
            table.name
            for table in Base.metadata.sorted_tables
            for foreign in table.foreign_keys
            if foreign.column.table.name == "driver"
            and await session.scalar(select(func.count()).select_from(table).where(foreign.parent == driver_id))
        }


async def sums(desk: Desk) -> list[Any]:
    async with desk.look() as session:
        return [
            (await session.execute(select(Account.kind, Account.owner_id, Account.balance).order_by(Account.id))).all(),
            await session.scalar(select(func.sum(Posting.amount))),
            (await session.execute(select(Order.id, Order.fare).order_by(Order.id))).all(),
            (await session.execute(select(Assignment.driver_id, Assignment.state).order_by(Assignment.id))).all(),
            (await session.execute(select(Shift.driver_id, Shift.ended_at).order_by(Shift.id))).all(),
        ]


@pytest.fixture
async def customer_id(add_customer: AddCustomer) -> int:
    return await add_customer("+821011112222")


async def test_nothing_of_him_is_found_in_any_table_or_in_the_file_and_the_books_are_exact(
    desk: Desk, site: Site, customer_id: int
) -> None:
    """Seen failing with ways left in place, others' words and kept answers not looked through, and his name in the record."""
    driver_id, order_id = await a_life(desk, site, customer_id)
    found = {table for table, _ in await mentions(desk)}
    assert {"driver", "driver_phone", "driver_grade", "message", "incoming_text", "call", "order", "appeal", "car_cover",
            "car_skip", "import_row", "idempotency_key", "driver_request", "next_order", "ad_consent"} <= found  # fmt: skip
    assert "audit_entry" not in found
    before = await sums(desk)
    async with desk.work() as work:
        erased = await erasure.erase(work, site.operator_id, driver_id, "본인 요청")
    assert await mentions(desk) == []
    assert await sums(desk) == before
    assert erased.in_books == 0
    assert await naming(desk, driver_id) == STAYS
    async with desk.look() as session:
        driver = await session.get_one(Driver, driver_id)
        assert (driver.name, driver.number, driver.phone) == (f"지워진 기사 #{driver_id}", f"-{driver_id}", "")
        assert driver.disabled_at is not None
        assert await erasure.files_to_remove(session) == [
            (erased.id, [f"documents/{'d' * 40}", f"cars/{'c' * 40}", "recordings/r1.wav"])
        ]
        assert (await session.scalars(select(CarPhoto.path).order_by(CarPhoto.id))).all() == [None, "e" * 40]
        assert (await session.scalars(select(IncomingText.text))).all() == ["남의 문자"]
        assert await session.scalar(select(func.count()).select_from(DriverWay)) == 0
        assert (await audit_chain.verify(session)).broken is None
        shown = (await order_json(session, order_id))["driver"]
        assert (shown["id"], shown["number"], shown["name"]) == (driver_id, driver.number, driver.name)
        assert await drivers.list_drivers(session, site.office_id, q="700") == []
    async with desk.work() as work:
        await erasure.removed(work, erased.id)
    async with desk.look() as session:
        assert await erasure.files_to_remove(session) == []
    if desk.engine.dialect.name == "sqlite":
        async with desk.engine.connect() as connection:
            raw = await connection.execution_options(isolation_level="AUTOCOMMIT")
            for pragma in ("vacuum", "pragma wal_checkpoint(truncate)"):
                await (await raw.get_raw_connection()).driver_connection.execute(pragma)  # type: ignore[union-attr]
        file = Path(str(desk.engine.url.database))
        for each in (file, file.with_name(file.name + "-wal")):
            content = each.read_bytes() if each.exists() else b""
            assert not [form for form in FORMS if form.encode() in content], each.name


async def test_what_others_wrote_elsewhere_is_told_with_where_it_stands_and_stays_as_it_was(
    desk: Desk, site: Site, customer_id: int
) -> None:
    """Around his trips he goes out of others' words by himself; that is not told of.

    Seen failing with what is around his trips told as well, with another office's texts, and with numbers not looked for.
    """
    driver_id, order_id = await a_life(desk, site, customer_id)
    other = await make_site(desk, drivers=0, name="x", did="15880002")
    by = site.operator_id
    async with desk.work() as work:
        there = await orders.take(
            work, by, TakeOrder(PlaceText("판교"), number="01011112222", note=f"지난번 {NAME} 기사")
        )
        (await work.session.get_one(Customer, customer_id)).note = f"{NAME} 기사님만 원함"
        task = await tasks.make(work, by, TaskForm("010-7654-3210 기사에게 확인", work.now, customer_id=customer_id))
        article = await articles.make(work, by, ArticleForm("교육", f"{'가' * 60} {NAME} 강사 {'나' * 60}"))
        work.session.add(Customer(office_id=other.office_id, name="남", note=NAME, created_at=work.now))
        there_id, task_id, article_id = there.id, task.id, article.id
    async with desk.look() as session:
        named = await erasure.named(session, site.office_id, driver_id)
    assert [(one.what, one.id, one.page) for one in named.items] == [
        ("customer", customer_id, f"/customers/{customer_id}"),
        ("order", there_id, f"/#order-{there_id}"),
        ("task", task_id, f"/tasks?whose=all#task-{task_id}"),
        ("article", article_id, f"/articles/{article_id}"),
    ]
    assert order_id not in [one.id for one in named.items if one.what == "order"]
    assert named.items[3].words == f"…{'가' * 39} {NAME} 강사 {'나' * 36}…"
    async with desk.work() as work:
        await erasure.erase(work, by, driver_id, "본인 요청")
    async with desk.look() as session:
        assert (await session.get_one(Customer, customer_id)).note == f"{NAME} 기사님만 원함"
        assert (await erasure.named(session, site.office_id, driver_id)).items == ()
        with pytest.raises(NotFound):
            await erasure.named(session, other.office_id, driver_id)


@pytest.mark.parametrize(("language", "name"), [("ko", "지워진 기사 #{}"), ("en", "Erased driver #{}")])
async def test_he_is_called_nobody_in_the_language_of_the_office_whoever_erases_him(
    desk: Desk, site: Site, language: str, name: str
) -> None:
    """Seen failing with the language of the operator."""
    driver_id = await left(desk, site)
    async with desk.work() as work:
        await work.session.execute(update(Line).values(language=language))
        await work.session.execute(update(Operator).values(locale="en" if language == "ko" else "ko"))
    async with desk.work() as work:
        await erasure.erase(work, site.operator_id, driver_id, "본인 요청")
    async with desk.look() as session:
        assert (await session.get_one(Driver, driver_id)).name == name.format(driver_id)


async def unsettled(desk: Desk, site: Site, driver_id: int) -> str:
    with pytest.raises(DriverUnsettled) as refused:
        async with desk.work() as work:
            await erasure.erase(work, site.operator_id, driver_id, "본인 요청")
    return str(refused.value.details["because"])


async def test_what_is_open_between_him_and_the_office_keeps_him_and_is_named(desk: Desk, site: Site) -> None:
    """Seen failing without the open fare, and without the pay-out that waits."""
    by, driver_id = site.operator_id, site.drivers[0]
    assert await unsettled(desk, site, driver_id) == "shift"
    async with desk.work() as work:
        order = await orders.take(work, by, TakeOrder(PlaceText("강남역"), number="01099990000"))
        await dispatch.assign(work, by, order.id, driver_id)
    assert await unsettled(desk, site, driver_id) == "shift,order,text"
    async with desk.work() as work:
        await orders.step(work, by, order.id, "driving")
    async with desk.work() as work:
        await orders.complete(work, by, order.id)
        await shifts.end(work, driver_id)
        await work.session.execute(update(Message).values(state="delivered"))
    assert await unsettled(desk, site, driver_id) == "fare"
    async with desk.work() as work:
        await work.session.execute(update(Order).values(fare=20_000))
        paid = await cashier.take_in(work, by, driver_id, 30_000, "영수증 1")
    async with desk.work() as work:
        await cashier.ask(work, by, driver_id, 10_000)
        await appeals.appeal(work, driver_id, "아닙니다", entry_id=paid.id)
        today = work.now.date()
        days = span("Asia/Seoul", today - timedelta(days=3), today)
        await batches.propose(work, by, days, SettlingRule(keep=0, unit=1_000, needed=0))
    assert await unsettled(desk, site, driver_id) == "balance,batch,pay_out,appeal"


async def test_each_reason_why_not_has_its_sentence_in_both_languages() -> None:
    for language in ("ko", "en"):
        words = Catalog.load(language)
        assert all(words.templates(f"drivers.unsettled.{why}") for why in WHY)


async def left(desk: Desk, site: Site) -> int:
    """The site's driver, off duty, with nothing open."""
    async with desk.work() as work:
        await shifts.end(work, site.drivers[0])
    return site.drivers[0]


async def test_he_is_forgotten_once_by_his_own_office_and_with_a_reason_that_does_not_name_him(
    desk: Desk, site: Site
) -> None:
    other = await make_site(desk, drivers=0, name="x", did="15880002")
    driver_id = await left(desk, site)
    for by, why, error in (
        (site.operator_id, "", Invalid),
        (site.operator_id, "기사0 요청", Invalid),
        (other.operator_id, "본인 요청", NotFound),
    ):
        with pytest.raises(error):
            async with desk.work() as work:
                await erasure.erase(work, by, driver_id, why)
    async with desk.work() as work:
        await erasure.erase(work, site.operator_id, driver_id, "본인 요청")
    async with desk.look() as session:
        before = (await session.get_one(Driver, driver_id)).erased_at
    with pytest.raises(DriverErased):
        async with desk.work() as work:
            await erasure.erase(work, site.operator_id, driver_id, "본인 요청")
    async with desk.look() as session:
        assert (await session.get_one(Driver, driver_id)).erased_at == before
        assert await session.scalar(select(func.count()).select_from(DriverErasure)) == 1


async def test_an_erased_driver_is_not_changed_nor_chosen_nor_booked_on_and_his_number_is_free(
    desk: Desk, site: Site
) -> None:
    """Seen failing with money taken in for him."""
    by, driver_id = site.operator_id, await left(desk, site)
    async with desk.work() as work:
        paid = await cashier.take_in(work, by, driver_id, 5_000, "영수증 1")
        await cashier.approve(work, site.colleague_id, (await cashier.ask(work, by, driver_id, 5_000)).id)
        link = await driver_access.send_link(work, by, driver_id, "http://x/driver")
        token = link.text.partition("#")[2][: driver_access.TOKEN_LENGTH]
        let_in = await driver_access.sign_in(work, token)
        link.state = "delivered"
        again = await driver_access.send_link(work, by, driver_id, "http://x/driver")
        unused = again.text.partition("#")[2][: driver_access.TOKEN_LENGTH]
        again.state = "delivered"
    async with desk.work() as work:
        assert await driver_access.by_session(work.session, let_in.token, work.now)
        await erasure.erase(work, by, driver_id, "본인 요청")
        assert await driver_access.by_session(work.session, let_in.token, work.now) is None
    with pytest.raises(driver_access.WrongLink):
        await desk.do(lambda work: driver_access.sign_in(work, unused))
    deeds = (
        lambda work: driver_records.change(work, by, driver_id, FORM),
        lambda work: driver_records.grade(work, by, driver_id, "A", "x"),
        lambda work: driver_records.disable(work, by, driver_id, "x"),
        lambda work: driver_records.enable(work, by, driver_id),
        lambda work: driver_blocks.keep_apart(work, by, driver_id, "01011112222", "office", "x"),
        lambda work: driver_documents.add(work, by, driver_id, "other", File("a", "application/pdf", b"1"), "d" * 40),
        lambda work: drivers.offer_by_text(work, by, driver_id, True),
        lambda work: office_duty.put(work, by, driver_id, True),
        lambda work: payees.change(work, by, driver_id, Payee("004", ACCOUNT, NAME)),
        lambda work: cashier.take_in(work, by, driver_id, 1_000, "영수증 2"),
        lambda work: cashier.penalise(work, by, driver_id, 1_000, "x", "영수증 3"),
        lambda work: cashier.undo(work, by, paid.id, "x"),
        lambda work: personal_data.of_driver(work, by, driver_id),
    )
    for deed in deeds:
        with pytest.raises(DriverErased):
            await desk.do(deed)
    async with desk.work() as work:
        order = await orders.take(work, by, TakeOrder(PlaceText("강남역"), number="01099990000"))
        found = await candidates.candidates(work.session, order.id)
        assert driver_id not in [one.driver_id for one in found]
        assert (await driver_records.register(work, by, replace(FORM, number="100"))).id != driver_id


async def test_a_number_that_is_a_customer_s_as_well_stays_with_the_customer(
    desk: Desk, site: Site, add_customer: AddCustomer
) -> None:
    """Who drives and rides is two people to the desk; the texts to the driver go, those to the customer stay.

    Seen failing with all numbers of his taken for his own.
    """
    driver_id = await left(desk, site)
    await add_customer("+821020000000")
    now = desk.clock()
    text_of: dict[str, Any] = {
        "office_id": site.office_id, "sender": DID, "text_key": "x", "language": "ko", "state": "delivered",
        "recipient": "+821020000000", "next_try_at": now, "created_at": now, "updated_at": now,
    }  # fmt: skip
    async with desk.work() as work:
        work.session.add(Message(audience="driver", text="기사에게", **text_of))
        work.session.add(Message(audience="customer", text="손님에게", **text_of))
    async with desk.work() as work:
        await erasure.erase(work, site.operator_id, driver_id, "본인 요청")
    async with desk.look() as session:
        rows = (await session.execute(select(Message.text, Message.recipient).order_by(Message.id))).all()
    assert [tuple(row) for row in rows] == [("", ""), ("손님에게", "+821020000000")]


async def test_what_is_kept_of_him_is_given_whole_and_that_is_on_record(
    desk: Desk, site: Site, customer_id: int
) -> None:
    """Seen failing with why a customer is kept apart from him."""
    driver_id, order_id = await a_life(desk, site, customer_id)
    async with desk.work() as work:
        other = await orders.take(work, site.operator_id, TakeOrder(PlaceText("남의 집"), number="01011113333"))
        await dispatch.assign(work, site.operator_id, other.id, site.drivers[0])
    async with desk.work() as work:
        told = await personal_data.of_driver(work, site.operator_id, driver_id)
    assert {part for part, rows in told.items() if not rows} == {"settled"}  # nobody was settled in these days
    assert [order["order_id"] for order in told["orders"]] == [order_id]
    assert told["driver"][0]["bank_account"] == ACCOUNT
    assert [row["balance"] for row in told["money"]][-1] == 0
    written = json.dumps(told, ensure_ascii=False)
    assert "남의 집" not in written
    assert "다툼" not in written
    assert "d" * 40 not in written
    assert all(word in written for word in (NAME, PHONE, OTHER, ACCOUNT, LICENCE, INSURANCE, NOTE))
    async with desk.look() as session:
        newest = text("select what from audit_entry order by id desc limit 1")
        assert await session.scalar(newest) == "driver.data_given"


def test_every_table_that_names_a_driver_is_given_or_left_out_on_purpose() -> None:
    naming = {
        table.name
        for table in Base.metadata.sorted_tables
        for foreign in table.foreign_keys
        if foreign.column.table.name == "driver"
    }
    assert naming - {"assignment"} <= {*personal_data.PARTS.values(), *driver_rows.NOT_TOLD}
