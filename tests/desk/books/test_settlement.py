"""What trips, top-ups, pay-outs and penalties do to a driver's account: to the won, once, and never behind his back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import func, select

from desk.books import ledger, settlement
from desk.books.settlement import NotEnough
from desk.dispatching import dispatch
from desk.errors import DeskError, Invalid, NotFound
from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from desk.work import Desk
from models import Driver, Entry
from tests.desk.conftest import Clock
from tests.site import Site, make_site

Balance = Callable[[], Awaitable[int]]


@pytest.fixture
async def site(desk: Desk, clock: Clock) -> Site:
    """With drivers."""
    return await make_site(desk)


@pytest.fixture
def balance(desk: Desk, site: Site) -> Balance:
    """What the first driver has."""

    async def read() -> int:
        async with desk.look() as session:
            driver = await session.get_one(Driver, site.drivers[0])
            return await settlement.balance(session, driver)

    return read


async def drive(desk: Desk, site: Site, fare: int | None) -> int:
    """A trip of the first driver, done; the order's id."""
    async with desk.work() as work:
        order = await orders.take(work, site.operator_id, TakeOrder(PlaceText("시청역"), fare=fare))
    async with desk.work() as work:
        await dispatch.assign(work, site.operator_id, order.id, site.drivers[0])
    async with desk.work() as work:
        await orders.complete(work, site.operator_id, order.id)
    return order.id


async def test_a_completed_trip_costs_its_driver_the_fee(
    desk: Desk, site: Site, clock: Clock, balance: Balance
) -> None:
    async with desk.work() as work:
        await settlement.top_up(work, site.operator_id, site.drivers[0], 50_000, "receipt 1")
    order_id = await drive(desk, site, 23_450)
    assert await balance() == 50_000 - 4_690
    async with desk.look() as session:
        fee = select(Entry).where(Entry.order_id == order_id, Entry.kind == "call_fee")
        entry = (await session.scalars(fee)).one()
        assert (entry.kind, entry.operator_id) == ("call_fee", site.operator_id)
        assert await ledger.balance(session, site.office_id, "fees") == -4_690


@pytest.mark.parametrize("fare", [None, 0, 49])
async def test_a_trip_without_a_fee_books_nothing(desk: Desk, site: Site, clock: Clock, fare: int | None) -> None:
    await drive(desk, site, fare)
    async with desk.look() as session:
        fees = select(func.count()).select_from(Entry).where(Entry.kind == "call_fee")
        assert await session.scalar(fees) == 0


async def test_a_cancelled_trip_costs_nothing(desk: Desk, site: Site, clock: Clock, balance: Balance) -> None:
    async with desk.work() as work:
        order = await orders.take(work, site.operator_id, TakeOrder(PlaceText("시청역"), fare=20_000))
        await dispatch.assign(work, site.operator_id, order.id, site.drivers[0])
        await orders.cancel(work, site.operator_id, order.id, "손님 취소")
    assert await balance() == 0


async def test_two_who_complete_one_order_book_one_fee(desk: Desk, site: Site, clock: Clock, balance: Balance) -> None:
    """Seen failing without the check of the step; behind it stands the entry's key."""
    async with desk.work() as work:
        order = await orders.take(work, site.operator_id, TakeOrder(PlaceText("시청역"), fare=20_000))
        await dispatch.assign(work, site.operator_id, order.id, site.drivers[0])

    async def complete(who: int) -> bool:
        try:
            async with desk.work() as work:
                await orders.complete(work, who, order.id)
        except DeskError:
            return False
        return True

    won = await asyncio.gather(*(complete(who) for who in (site.operator_id, site.colleague_id) * 3))
    assert sum(won) == 1
    assert await balance() == -4_000


async def test_nobody_is_paid_out_more_than_he_has(desk: Desk, site: Site, clock: Clock, balance: Balance) -> None:
    """Seen failing with the driver's row not held."""
    async with desk.work() as work:
        await settlement.top_up(work, site.operator_id, site.drivers[0], 10_000, "receipt 1")

    async def withdraw(n: int) -> int | str | None:
        try:
            async with desk.work() as work:
                await settlement.withdraw(work, site.operator_id, site.drivers[0], 4_000, f"payout {n}")
        except NotEnough as refused:
            return refused.details["balance"]
        return None

    refused = [has for has in await asyncio.gather(*(withdraw(n) for n in range(5))) if has is not None]
    assert refused == [2_000] * 3
    assert await balance() == 2_000


async def test_the_same_payment_told_twice_is_booked_once(
    desk: Desk, site: Site, clock: Clock, balance: Balance
) -> None:
    """Seen failing with the payment's name left out of the key."""
    for _ in range(2):
        async with desk.work() as work:
            await settlement.top_up(work, site.operator_id, site.drivers[0], 10_000, "receipt 1")
    for _ in range(2):
        async with desk.work() as work:
            await settlement.withdraw(work, site.operator_id, site.drivers[0], 10_000, "payout 1")
    assert await balance() == 0


async def test_a_penalty_stands_with_its_evidence_and_can_be_taken_back(
    desk: Desk, site: Site, clock: Clock, balance: Balance
) -> None:
    async with desk.work() as work:
        entry = await settlement.penalise(
            work, site.operator_id, site.drivers[0], 5_000, "40분 늦음, 손님 전화 22:10", "complaint 1"
        )
    assert await balance() == -5_000
    assert entry.evidence == "40분 늦음, 손님 전화 22:10"
    async with desk.work() as work:
        await ledger.reverse(work, site.colleague_id, entry.id, "기사 말이 맞음")
    assert await balance() == 0


@pytest.mark.parametrize("evidence", ["", "  ", "\u200b"])
async def test_a_penalty_without_evidence_is_refused(desk: Desk, site: Site, clock: Clock, evidence: str) -> None:
    with pytest.raises(Invalid):
        async with desk.work() as work:
            await settlement.penalise(work, site.operator_id, site.drivers[0], 5_000, evidence, "complaint 1")


@pytest.mark.parametrize("amount", [0, -1, 2**53])
async def test_an_amount_that_is_none_is_refused(desk: Desk, site: Site, clock: Clock, amount: int) -> None:
    with pytest.raises(Invalid):
        async with desk.work() as work:
            await settlement.top_up(work, site.operator_id, site.drivers[0], amount, "receipt 1")


@pytest.mark.parametrize("key", ["", "x" * 61, "a\nb"])
async def test_a_payment_without_a_name_is_refused(desk: Desk, site: Site, clock: Clock, key: str) -> None:
    with pytest.raises(Invalid):
        async with desk.work() as work:
            await settlement.top_up(work, site.operator_id, site.drivers[0], 1_000, key)


async def test_a_driver_who_is_not_there_has_no_account(desk: Desk, site: Site, clock: Clock) -> None:
    with pytest.raises(NotFound):
        async with desk.work() as work:
            await settlement.top_up(work, site.operator_id, 999, 1_000, "receipt 1")
