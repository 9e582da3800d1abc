"""Drivers' records: who changed what and why stands there; papers that run out are told once; pairs are kept apart at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time

import pytest
from sqlalchemy import select

from desk.dispatching import searching
from desk.driver import driver_blocks, driver_papers, driver_records
from desk.driver.driver_documents import BadDocument, understood
from desk.driver.driver_papers import due
from desk.driver.driver_records import NumberTaken, Record
from desk.errors import Invalid, NotFound
from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from desk.work import Desk
from models import AuditEntry, Driver, DriverBlock, Offer, PaperAlarm
from tests.desk.conftest import Clock
from tests.desk.driver.test_car_pictures import picture
from tests.site import GANGNAM, Site, make_site

FORM = Record(
    number="700",
    name="김기사",
    phone="010-3333-4444",
    phones=("02-555-1234", "010-3333-4444"),
    licence_number="11-22-333333-44",
    licence_until=date(2026, 12, 1),
    skills=("truck", "manual"),
    groups=("야간조", "야간조"),
    works_days="51",
    works_from=time(20),
    works_until=time(5),
)


@pytest.fixture
async def site(desk: Desk, clock: Clock) -> Site:
    return await make_site(desk, drivers=2)


async def register(desk: Desk, site: Site, form: Record = FORM) -> int:
    async with desk.work() as work:
        return (await driver_records.register(work, site.operator_id, form)).id


async def test_a_record_is_kept_as_it_was_meant_and_every_change_is_on_record(desk: Desk, site: Site) -> None:
    driver_id = await register(desk, site)
    async with desk.work() as work:
        driver = await work.session.get_one(Driver, driver_id)
        kept = await driver_records.record_of(work.session, driver)
        assert (kept.phone, kept.phones) == ("+821033334444", ("+8225551234",))
        assert (kept.skills, kept.groups, kept.works_days) == (("manual", "truck"), ("야간조",), "15")
        assert driver.state == "off"
        await driver_records.change(
            work, site.operator_id, driver_id, replace(kept, name="김새기사", licence_number="x")
        )
    async with desk.look() as session:
        [told] = await session.scalars(select(AuditEntry.detail).where(AuditEntry.what == "driver.changed"))
    # The paper's own number is nobody's business in the record.
    assert told == {"name": "changed", "licence_number": "changed"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"number": "12 3"}, "number"),
        ({"number": ""}, "number"),
        ({"name": "  "}, "name"),
        ({"phone": "12"}, "phone"),
        ({"phones": ("x",)}, "phones"),
        ({"works_until": None}, "works_until"),
        ({"works_days": "19"}, "works_days"),
        ({"skills": ("juggling",)}, "wants"),
    ],
)
async def test_what_cannot_be_used_is_refused_by_its_field(
    desk: Desk, site: Site, wrong: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await register(desk, site, replace(FORM, **wrong))  # type: ignore[arg-type]
    assert refused.value.details["field"] == field


async def test_a_number_belongs_to_one_driver(desk: Desk, site: Site) -> None:
    await register(desk, site)
    with pytest.raises(NumberTaken):
        await register(desk, site)


async def test_a_grade_changes_with_a_reason_and_its_history_stays(desk: Desk, site: Site) -> None:
    for grade, why in (("B", "신입"), ("A", "민원 없이 100건")):
        async with desk.work() as work:
            await driver_records.grade(work, site.operator_id, site.drivers[0], grade, why)
    with pytest.raises(Invalid):
        async with desk.work() as work:
            await driver_records.grade(work, site.operator_id, site.drivers[0], "D", " ")
    async with desk.look() as session:
        rows = await driver_records.grades(session, site.drivers[0])
        assert (await session.get_one(Driver, site.drivers[0])).grade == "A"
    assert [(row.before, row.after, row.reason, by) for row, by in rows] == [
        ("B", "A", "민원 없이 100건", "김상담"), (None, "B", "신입", "김상담")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("left", "told"), [(31, None), (30, 30), (8, 30), (7, 7), (2, 7), (1, 1), (0, 0), (-5, 0)]
)  # fmt: skip
def test_a_paper_is_told_of_30_7_and_1_days_before_and_when_it_runs_out(left: int, told: int | None) -> None:
    today = date(2026, 11, 22)
    assert due(date.fromordinal(today.toordinal() + left), today) == told


async def test_each_warning_is_told_once_and_a_new_paper_ends_it(desk: Desk, site: Site, clock: Clock) -> None:
    driver_id = await register(desk, site)

    async def look() -> int:
        async with desk.work() as work:
            return await driver_papers.look(work)

    assert [await look(), await look()] == [1, 0]
    async with desk.work() as work:
        await driver_papers.put_aside(work, site.operator_id, driver_id)
    clock.now = datetime.fromisoformat("2026-11-23T15:00:00+00:00")  # the 24th in Seoul: seven days left
    assert [await look(), await look()] == [1, 0]
    async with desk.look() as session:
        [alarm] = await driver_papers.open_alarms(session, site.office_id, date(2026, 11, 24))
        assert (alarm.paper, alarm.days) == ("licence", 7)
        assert len((await session.scalars(select(PaperAlarm))).all()) == 2
    async with desk.work() as work:
        (await work.session.get_one(Driver, driver_id)).licence_until = date(2030, 1, 1)
    async with desk.look() as session:
        assert await driver_papers.open_alarms(session, site.office_id, date(2026, 11, 24)) == []


async def test_keeping_a_pair_apart_takes_back_what_was_just_offered(desk: Desk, site: Site) -> None:
    async with desk.work() as work:
        order = await orders.take(
            work, site.operator_id, TakeOrder(PlaceText("강남역", *GANGNAM), number="010-1234-5678")
        )
        await searching.start(work, site.operator_id, order.id)
    async with desk.work() as work:
        await driver_blocks.keep_apart(work, site.operator_id, site.drivers[0], "01012345678", "driver", "폭언")
    async with desk.work() as work:
        await searching.advance(work, order.id)
    async with desk.look() as session:
        offers = (await session.execute(select(Offer.driver_id, Offer.state).order_by(Offer.id))).all()
    assert offers == [(site.drivers[0], "withdrawn"), (site.drivers[1], "open")]
    with pytest.raises(driver_blocks.AlreadyApart):
        async with desk.work() as work:
            await driver_blocks.keep_apart(work, site.operator_id, site.drivers[0], "01012345678", "office", "또")
    async with desk.work() as work:
        [(block, *_)] = await driver_blocks.of_driver(work.session, site.drivers[0])
        await driver_blocks.bring_together(work, site.operator_id, site.drivers[0], block.id)
        assert await driver_blocks.of_driver(work.session, site.drivers[0]) == []
        assert (await work.session.get_one(DriverBlock, block.id)).ended_by == site.operator_id


async def test_another_offices_drivers_are_nobodys(desk: Desk, site: Site) -> None:
    other = await make_site(desk, drivers=1, name="다른 곳", did="15990001")
    for act in (
        lambda work: driver_records.grade(work, site.operator_id, other.drivers[0], "A", "x"),
        lambda work: driver_records.change(work, site.operator_id, other.drivers[0], FORM),
        lambda work: driver_records.disable(work, site.operator_id, other.drivers[0], "x"),
        lambda work: driver_blocks.keep_apart(work, site.operator_id, other.drivers[0], "01012345678", "office", "x"),
    ):
        with pytest.raises(NotFound):
            async with desk.work() as work:
                await act(work)


def test_a_document_is_what_its_bytes_say_and_its_name_is_only_read() -> None:
    assert understood("../../etc/passwd", b"%PDF-1.7\n...\n%%EOF\n").name == "passwd"
    assert understood("C:\\면허증\u202egnp.exe", picture("PNG")).media_type == "image/jpeg"
    for raw, reason in (
        (b"", "empty"),
        (b"MZ\x90\0", "not_a_document"),
        (b"<html>%PDF-1.7 %%EOF</html>", "not_a_document"),
        (b"%PDF-1.7 cut off", "damaged"),
        (b"PK\x03\x04 a document, they said", "not_a_document"),
    ):
        with pytest.raises(BadDocument) as refused:
            understood("licence.pdf", raw)
        assert refused.value.details["reason"] == reason
