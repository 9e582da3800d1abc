"""An appeal is accepted by giving back what was booked, or declined with a reason; the driver is told of either, once."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from desk.books import cashier, settlement
from desk.dispatching import searching
from desk.driver_page import appeal_views, appeals
from desk.driver_page.appeals import AlreadyAnswered
from desk.errors import Invalid, NotFound
from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from desk.work import Desk
from models import Appeal, Driver, Entry, Message, Weighing
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
