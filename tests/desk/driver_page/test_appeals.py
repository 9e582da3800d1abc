"""An appeal is accepted by giving back what was booked, or declined with a reason; the driver is told of either, once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from desk.books import cashier, settlement
from desk.dispatching import searching
from desk.driver import driver_records
from desk.driver_page import appeal_views, appeals
from desk.driver_page.appeals import AlreadyAnswered, NotYours
from desk.errors import Invalid, NotFound
from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from desk.work import Desk
from models import Appeal, Driver, Entry, Message, Operator, Weighing
from tests.desk.conftest import Clock
from tests.site import GANGNAM, Site, make_site


@pytest.fixture
async def site(desk: Desk, clock: Clock) -> Site:
    return await make_site(desk, drivers=2)


@pytest.fixture
async def penalty(desk: Desk, site: Site) -> int:
    """An appeal against a penalty of 3,000; its id."""
    async with desk.work() as work:
        entry = await cashier.penalise(work, site.operator_id, site.drivers[0], 3_000, "늦음", "벌금 1")
        entry_id = entry.id
    async with desk.work() as work:
        return (await appeals.appeal(work, site.drivers[0], "비가 왔습니다", entry_id=entry_id)).id


async def balance(desk: Desk, driver_id: int) -> int:
    async with desk.look() as session:
        return await settlement.balance(session, await session.get_one(Driver, driver_id))


async def texts(desk: Desk) -> list[tuple[str, str]]:
    async with desk.look() as session:
        return [(row.recipient, row.text_key) for row in await session.scalars(select(Message).order_by(Message.id))]


async def accept(desk: Desk, operator_id: int, appeal_id: int, text: str = "맞습니다. 돌려드립니다") -> None:
    async with desk.work() as work:
        await appeals.accept(work, operator_id, appeal_id, text)


async def test_who_is_right_has_his_money_back_and_is_told(desk: Desk, site: Site, penalty: int) -> None:
    assert await balance(desk, site.drivers[0]) == -3_000
    await accept(desk, site.operator_id, penalty)
    assert await balance(desk, site.drivers[0]) == 0
    assert await texts(desk) == [("+821020000000", "sms.appeal.accepted")]
    async with desk.look() as session:
        (row,) = await appeal_views.in_full(session, site.office_id)
        (undone,) = await session.scalars(select(Entry).where(Entry.kind == "reversal"))
    assert (row["state"], row["answer"], row["answered_by"]) == ("answered", "맞습니다. 돌려드립니다", "김상담")
    assert (row["entry"]["amount"], row["entry"]["evidence"], row["entry"]["undone"]) == (-3_000, "늦음", True)
    assert (undone.evidence, undone.reverses_id) == ("맞습니다. 돌려드립니다", row["entry_id"])


async def test_who_is_not_is_told_why_and_what_was_booked_stands(desk: Desk, site: Site, penalty: int) -> None:
    async with desk.work() as work:
        await appeals.answer(work, site.operator_id, penalty, "40분 늦었습니다")
    assert await balance(desk, site.drivers[0]) == -3_000
    assert await texts(desk) == [("+821020000000", "sms.appeal.declined")]
    with pytest.raises(AlreadyAnswered):
        await accept(desk, site.operator_id, penalty)
    assert await balance(desk, site.drivers[0]) == -3_000


async def test_of_two_who_accept_at_once_one_gives_the_money_back(desk: Desk, site: Site, penalty: int) -> None:
    both = await asyncio.gather(
        *(accept(desk, who, penalty) for who in (site.operator_id, site.colleague_id)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in both) == ["AlreadyAnswered", "NoneType"]
    assert await balance(desk, site.drivers[0]) == 0
    assert len(await texts(desk)) == 1


async def test_what_was_undone_before_is_not_undone_again(desk: Desk, site: Site, penalty: int) -> None:
    async with desk.work() as work:
        entry_id = (await work.session.get_one(Appeal, penalty)).entry_id
        assert entry_id is not None
        await cashier.undo(work, site.operator_id, entry_id, "잘못 적음")
    await accept(desk, site.operator_id, penalty)
    assert await balance(desk, site.drivers[0]) == 0


async def test_an_order_that_was_not_offered_is_answered_and_no_money_moves(desk: Desk, site: Site) -> None:
    async with desk.work() as work:
        order = await orders.take(work, site.operator_id, TakeOrder(PlaceText("강남역", *GANGNAM), PlaceText("판교역")))
        await searching.start(work, site.operator_id, order.id)
    async with desk.work() as work:
        weighing = (await work.session.scalars(select(Weighing).where(Weighing.asked.is_(False)))).one()
        made = await appeals.appeal(work, weighing.driver_id, "제가 더 가까웠습니다", weighing_id=weighing.id)
        appeal_id = made.id
    with pytest.raises(Invalid):
        await accept(desk, site.operator_id, appeal_id)
    async with desk.work() as work:
        await appeals.answer(work, site.operator_id, appeal_id, "다음 차례였습니다")
    assert await texts(desk) == [("+821020000001", "sms.appeal.answered")]
    async with desk.look() as session:
        (row,) = await appeal_views.in_full(session, site.office_id, "answered")
    assert row["entry"] is None
    assert (row["weighing"]["origin"], row["weighing"]["reason_key"]) == ("강남역", "weighing.costs_more")


async def test_another_office_s_appeal_is_not_there(desk: Desk, site: Site, penalty: int) -> None:
    other = await make_site(desk, drivers=0, name="다른 사무실", did="15880002")
    with pytest.raises(NotFound):
        await accept(desk, other.operator_id, penalty)
    with pytest.raises(NotFound):
        async with desk.work() as work:
            await appeals.answer(work, other.operator_id, penalty, "아닙니다")
    async with desk.look() as session:
        assert await appeal_views.in_full(session, other.office_id) == []
    assert await balance(desk, site.drivers[0]) == -3_000


async def graded(desk: Desk, site: Site, *grades: str) -> int:
    """The driver's grade is changed so, one after the other, by an administrator; the last change's id."""
    async with desk.work() as work:
        (await work.session.get_one(Operator, site.colleague_id)).role = "admin"
        rows = [
            await driver_records.grade(work, site.colleague_id, site.drivers[0], grade, f"{grade}인 까닭")
            for grade in grades
        ]
        return rows[-1].id


async def against_grade(desk: Desk, site: Site, grade_id: int) -> int:
    async with desk.work() as work:
        return (await appeals.appeal(work, site.drivers[0], "사실과 다릅니다", grade_id=grade_id)).id


async def grade_of(desk: Desk, site: Site) -> str | None:
    async with desk.look() as session:
        return (await session.get_one(Driver, site.drivers[0])).grade


async def test_a_change_of_grade_is_appealed_once_and_accepted_by_the_grade_before(desk: Desk, site: Site) -> None:
    """Seen failing with the grade left as it was changed."""
    change = await graded(desk, site, "A", "C")
    appeal_id = await against_grade(desk, site, change)
    assert await against_grade(desk, site, change) == appeal_id
    await accept(desk, site.colleague_id, appeal_id, "착오였습니다")
    assert await grade_of(desk, site) == "A"
    assert await texts(desk) == [("+821020000000", "sms.appeal.grade_back")]
    async with desk.look() as session:
        (row,) = await appeal_views.in_full(session, site.office_id)
        changes = await driver_records.grades(session, site.drivers[0])
    assert (row["grade"]["before"], row["grade"]["after"], row["grade"]["reason"]) == ("A", "C", "C인 까닭")
    assert (row["grade"]["by"], row["answered_by"], row["entry"], row["weighing"]) == ("이상담", "이상담", None, None)
    assert [(one.before, one.after, one.reason) for one, _ in changes[:1]] == [("C", "A", "착오였습니다")]


async def test_a_grade_that_was_changed_since_stays_and_a_first_one_has_none_before_it(desk: Desk, site: Site) -> None:
    first = await graded(desk, site, "B")
    with pytest.raises(Invalid):
        await accept(desk, site.colleague_id, await against_grade(desk, site, first))
    second = await graded(desk, site, "D")
    await graded(desk, site, "A")
    await accept(desk, site.colleague_id, await against_grade(desk, site, second))
    assert await grade_of(desk, site) == "A"


async def test_who_does_not_manage_drivers_gives_no_grade_back(desk: Desk, site: Site) -> None:
    """Seen failing without the look at who accepts."""
    appeal_id = await against_grade(desk, site, await graded(desk, site, "A", "C"))
    with pytest.raises(NotYours):
        await accept(desk, site.operator_id, appeal_id)
    assert await grade_of(desk, site) == "C"
    async with desk.work() as work:
        await appeals.answer(work, site.operator_id, appeal_id, "그대로 둡니다")
    assert await texts(desk) == [("+821020000000", "sms.appeal.declined")]


async def test_nobody_appeals_against_another_driver_s_grade(desk: Desk, site: Site) -> None:
    """Seen failing with anybody's change taken."""
    change = await graded(desk, site, "A")
    with pytest.raises(NotFound):
        async with desk.work() as work:
            await appeals.appeal(work, site.drivers[1], "남의 것", grade_id=change)


async def test_what_is_overdue_stands_first_with_until_when_and_whose_it_is(
    desk: Desk, site: Site, clock: Clock
) -> None:
    """Seen failing with the newest one first."""
    made = []
    for n, hours in enumerate((48, 24, 24)):
        async with desk.work() as work:
            entry = await cashier.penalise(work, site.operator_id, site.drivers[0], 1_000, "늦음", f"벌금 {n}")
            within = timedelta(hours=hours)
            made.append((await appeals.appeal(work, site.drivers[0], "아닙니다", entry_id=entry.id, within=within)).id)
        clock.forward(hours=1)
    grade = await against_grade(desk, site, await graded(desk, site, "C"))
    async with desk.look() as session:
        rows = await appeal_views.in_full(session, site.office_id, "open")
        assert [row["id"] for row in rows] == [made[1], made[2], made[0], grade]
        assert [row["due_at"] for row in rows[:2]] == ["2026-11-23T04:00:00.000Z", "2026-11-23T05:00:00.000Z"]
        assert [row["answers"] for row in rows[2:]] == [["accountant", "admin"], ["admin"]]
        later = await appeal_views.in_full(session, site.office_id, "open", 50, made[1])
        assert [row["id"] for row in later] == [made[2], made[0], grade]
