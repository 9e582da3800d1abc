"""What a driver does for himself: duty, offers, the steps of his trip, and what he reads of it; and his appeals."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from desk.books import settlement
from desk.dispatching import dispatch, searching
from desk.dispatching.searching import OfferGone
from desk.driver import shifts
from desk.driver.shifts import OffDuty
from desk.driver_page import appeals, driver_trips, driver_views
from desk.driver_page.appeals import AlreadyAnswered
from desk.driver_page.driver_trips import NotYours
from desk.errors import DeskError, DriverTaken, Invalid, NotFound, WrongState
from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from desk.trades import TAKEN
from desk.work import Desk
from models import Appeal, Driver, Order, OrderStep, Shift
from tests.desk.conftest import Clock
from tests.site import GANGNAM, Site, make_site

BOTH = pytest.mark.parametrize("engine_name", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])


@pytest.fixture
def engine_name() -> str:
    """One database is enough where a test does not say BOTH: where people meet, and where a query is not a plain one."""
    return "sqlite"


@pytest.fixture
async def site(desk: Desk, clock: Clock) -> Site:
    """Four drivers, 1.1 km apart: the first stands at the customer's door."""
    return await make_site(desk, drivers=4)


async def taken(desk: Desk, site: Site) -> int:
    form = TakeOrder(
        PlaceText("강남역", *GANGNAM),
        PlaceText("판교역"),
        number="01055501234",
        customer_name="김철수",
        fare=20_000,
        note="수동",
    )
    async with desk.work() as work:
        return (await orders.take(work, site.operator_id, form)).id


async def searched(desk: Desk, site: Site) -> int:
    """An order for which the first driver is asked."""
    order_id = await taken(desk, site)
    async with desk.work() as work:
        await searching.start(work, site.operator_id, order_id)
    return order_id


async def assigned(desk: Desk, site: Site, driver: int = 0) -> int:
    order_id = await taken(desk, site)
    async with desk.work() as work:
        await dispatch.assign(work, site.operator_id, order_id, site.drivers[driver])
    return order_id


async def said(desk: Desk, driver_id: int, order_id: int, *steps: str) -> None:
    for to in steps:
        async with desk.work() as work:
            await driver_trips.step(work, driver_id, order_id, to)


async def of(desk: Desk, driver_id: int) -> driver_views.Json:
    async with desk.look() as session:
        return await driver_views.me(session, driver_id, desk.clock())


async def test_on_duty_and_off_again_as_often_as_it_is_said(desk: Desk, site: Site, clock: Clock) -> None:
    driver = site.drivers[0]
    for act, state in ((shifts.end, "off"), (shifts.end, "off"), (shifts.begin, "free"), (shifts.begin, "free")):
        clock.forward(minutes=1)
        async with desk.work() as work:
            await act(work, driver)
        assert (await of(desk, driver))["state"] == state
    async with desk.look() as session:
        ended = (await session.scalars(select(Shift.ended_at).where(Shift.driver_id == driver))).all()
    assert [at is None for at in ended] == [False, True]


@BOTH
async def test_ten_times_on_duty_at_once_is_one_shift(desk: Desk, site: Site) -> None:
    driver = site.drivers[0]
    async with desk.work() as work:
        await shifts.end(work, driver)
    await asyncio.gather(*(desk.do(lambda work: shifts.begin(work, driver)) for _ in range(10)))
    async with desk.look() as session:
        assert (
            len((await session.scalars(select(Shift).where(Shift.ended_at.is_(None), Shift.driver_id == driver))).all())
            == 1
        )


@BOTH
async def test_who_goes_home_is_asked_no_more_and_the_next_one_is_asked(desk: Desk, site: Site, clock: Clock) -> None:
    order_id = await searched(desk, site)
    assert len((await of(desk, site.drivers[0]))["offers"]) == 1
    async with desk.work() as work:
        await shifts.end(work, site.drivers[0])
    assert (await of(desk, site.drivers[0]))["offers"] == []
    async with desk.work() as work:
        await searching.advance(work, order_id)
    assert len((await of(desk, site.drivers[1]))["offers"]) == 1


async def test_who_goes_home_during_a_trip_is_off_at_its_end(desk: Desk, site: Site) -> None:
    driver, order_id = site.drivers[0], await assigned(desk, site)
    async with desk.work() as work:
        await shifts.end(work, driver)
    assert (await of(desk, driver))["state"] == "busy"
    await said(desk, driver, order_id, "arrived", "driving", "completed")
    assert (await of(desk, driver))["state"] == "off"


async def test_only_who_is_on_duty_is_located(desk: Desk, site: Site) -> None:
    driver = site.drivers[0]
    async with desk.work() as work:
        await shifts.locate(work, driver, 37.5, 127.1)
    async with desk.work() as work:
        await shifts.end(work, driver)
        with pytest.raises(OffDuty):
            await shifts.locate(work, driver, 1.0, 1.0)
    async with desk.look() as session:
        row = await session.get_one(Driver, driver)
        assert (row.lat, row.lon, row.located_at) == (37.5, 127.1, desk.clock())


async def test_an_offer_says_what_it_brings_and_what_it_costs_and_not_who_it_is_for(desk: Desk, site: Site) -> None:
    """Seen failing with the customer's number among an offer's fields."""
    await searched(desk, site)
    (offer,) = (await of(desk, site.drivers[0]))["offers"]
    assert (offer["fare"], offer["fee"], offer["distance_m"], offer["origin"]["text"]) == (20_000, 4_000, 0, "강남역")
    assert not any(secret in str(offer) for secret in ("5550", "김철수", "수동"))


async def test_the_customer_is_known_to_his_driver_for_as_long_as_the_trip_lasts(desk: Desk, site: Site) -> None:
    """Seen failing with an assignment's state not asked for (desk/message/assignments.py)."""
    driver, order_id = site.drivers[0], await assigned(desk, site)
    order = (await of(desk, driver))["order"]
    assert (order["number"], order["customer_name"], order["note"]) == ("+821055501234", "김철수", "수동")
    assert (await of(desk, site.drivers[1]))["order"] is None
    await said(desk, driver, order_id, "arrived", "driving", "completed")
    assert (await of(desk, driver))["order"] is None


@BOTH
async def test_a_driver_goes_step_by_step_and_is_charged_once(desk: Desk, site: Site) -> None:
    driver, order_id = site.drivers[0], await assigned(desk, site)
    for to, following in (
        ("on_the_way", ["arrived", "driving"]),
        ("arrived", ["driving"]),
        ("driving", ["completed"]),
    ):
        with pytest.raises(WrongState):
            await said(desk, driver, order_id, "completed")
        await said(desk, driver, order_id, to)
        assert (await of(desk, driver))["order"]["next"] == following
    await said(desk, driver, order_id, "completed")
    with pytest.raises(WrongState):
        await said(desk, driver, order_id, "completed")
    me = await of(desk, driver)
    assert (me["state"], me["order"], me["balance"]) == ("free", None, -4_000)
    async with desk.look() as session:
        query = select(OrderStep).where(OrderStep.order_id == order_id).order_by(OrderStep.id)
        steps = (await session.scalars(query)).all()
        rows = await driver_views.entries(session, site.office_id, driver, 10)
    assert [(step.after, step.operator_id, step.driver_id) for step in steps] == [
        ("taken", site.operator_id, None),
        ("assigned", site.operator_id, None),
        *((to, None, driver) for to in ("on_the_way", "arrived", "driving", "completed")),
    ]
    assert [(row["kind"], row["amount"], row["order_id"], row["origin"]) for row in rows] == [
        ("call_fee", -4_000, order_id, "강남역")
    ]


@pytest.mark.parametrize("to", [TAKEN, "assigned", "cancelled", "nowhere"])
async def test_a_driver_says_nothing_but_his_own_steps(desk: Desk, site: Site, to: str) -> None:
    order_id = await assigned(desk, site)
    with pytest.raises(WrongState):
        await said(desk, site.drivers[0], order_id, to)


async def test_another_driver_cannot_move_an_order_and_is_not_told_of_it(desk: Desk, site: Site) -> None:
    order_id = await assigned(desk, site)
    with pytest.raises(NotFound):
        await said(desk, site.drivers[1], order_id, "arrived")


async def test_who_was_taken_off_an_order_hears_who_has_it(desk: Desk, site: Site) -> None:
    order_id = await assigned(desk, site)
    async with desk.work() as work:
        await dispatch.release(work, site.operator_id, order_id, "wrong one")
    async with desk.work() as work:
        await dispatch.assign(work, site.operator_id, order_id, site.drivers[1])
    with pytest.raises(NotYours) as refused:
        await said(desk, site.drivers[0], order_id, "arrived")
    assert refused.value.details["driver_number"] == "101"


async def test_who_says_yes_too_late_hears_who_was_first(desk: Desk, site: Site) -> None:
    order_id = await searched(desk, site)
    (offer,) = (await of(desk, site.drivers[0]))["offers"]
    async with desk.work() as work:
        await dispatch.assign(work, site.operator_id, order_id, site.drivers[2])
    async with desk.work() as work:
        with pytest.raises(OfferGone) as refused:
            await driver_trips.accept(work, site.drivers[0], offer["id"])
    assert (refused.value.details["state"], refused.value.details["driver_number"]) == ("withdrawn", "102")


@BOTH
@pytest.mark.parametrize("race", range(3))
async def test_of_a_driver_and_an_operator_at_once_exactly_one_wins(desk: Desk, site: Site, race: int) -> None:
    order_id = await searched(desk, site)
    (offer,) = (await of(desk, site.drivers[0]))["offers"]
    outcomes = await asyncio.gather(
        desk.do(lambda work: driver_trips.accept(work, site.drivers[0], offer["id"])),
        desk.do(lambda work: dispatch.assign(work, site.operator_id, order_id, site.drivers[3])),
        return_exceptions=True,
    )
    refused = [each for each in outcomes if isinstance(each, DeskError)]
    assert len(refused) == 1, outcomes
    assert refused[0].details["driver_number"] in ("100", "103")


async def test_a_driver_with_an_order_cannot_take_another(desk: Desk, site: Site) -> None:
    await searched(desk, site)
    (offer,) = (await of(desk, site.drivers[0]))["offers"]
    await assigned(desk, site)
    async with desk.work() as work:
        with pytest.raises((OfferGone, DriverTaken)):
            await driver_trips.accept(work, site.drivers[0], offer["id"])


@BOTH
async def test_a_driver_reads_why_he_was_not_asked_and_only_where_he_never_was(
    desk: Desk, site: Site, clock: Clock
) -> None:
    order_id = await searched(desk, site)
    async with desk.look() as session:
        assert await driver_views.not_asked(session, site.drivers[0], clock.now) == []
        (row,) = await driver_views.not_asked(session, site.drivers[1], clock.now)
        (far,) = await driver_views.not_asked(session, site.drivers[3], clock.now)
    assert (row["order_id"], row["reason_key"]) == (order_id, "weighing.costs_more")
    assert far["reason_key"] == "weighing.too_far"
    assert not any(secret in str(row) for secret in ("강남역", "5550", "김철수"))
    clock.forward(seconds=15)
    async with desk.work() as work:
        await searching.advance(work, order_id)
    async with desk.look() as session:
        assert await driver_views.not_asked(session, site.drivers[1], clock.now) == []
        assert len(await driver_views.not_asked(session, site.drivers[3], clock.now)) == 1
        clock.forward(hours=49)
        assert await driver_views.not_asked(session, site.drivers[3], clock.now) == []


@BOTH
async def test_an_appeal_is_made_once_and_answered_once(desk: Desk, site: Site) -> None:
    driver = site.drivers[0]
    async with desk.work() as work:
        entry = await settlement.penalise(work, site.operator_id, driver, 5_000, "늦음", "p1")
    appealing = [
        desk.do(lambda work, n=n: appeals.appeal(work, driver, f"비가 왔습니다 {n}", entry_id=entry.id))
        for n in range(5)
    ]
    made = {appeal.id for appeal in await asyncio.gather(*appealing)}
    assert len(made) == 1
    async with desk.work() as work:
        await appeals.answer(work, site.operator_id, made.pop(), "되돌렸습니다")
    async with desk.work() as work:
        (appeal,) = (await work.session.scalars(select(Appeal))).all()
        with pytest.raises(AlreadyAnswered):
            await appeals.answer(work, site.operator_id, appeal.id, "다시")
    async with desk.look() as session:
        (row,) = await driver_views.entries(session, site.office_id, driver, 10)
    assert (row["evidence"], row["amount"]) == ("늦음", -5_000)
    assert (row["appeal"]["state"], row["appeal"]["answer"]) == ("answered", "되돌렸습니다")


@BOTH
async def test_nobody_appeals_for_another_nor_answers_for_another_office(desk: Desk, site: Site) -> None:
    other = await make_site(desk, name="다른 사무실", did="15889999")
    await searched(desk, site)
    async with desk.work() as work:
        entry = await settlement.penalise(work, site.operator_id, site.drivers[0], 5_000, "늦음", "p1")
        (weighing,) = await driver_views.not_asked(work.session, site.drivers[1], desk.clock())
    async with desk.work() as work:
        for thing in ({"entry_id": entry.id}, {"weighing_id": weighing["id"]}):
            with pytest.raises(NotFound):
                await appeals.appeal(work, site.drivers[2], "왜", **thing)
        for bad in ({}, {"entry_id": 1, "weighing_id": 1}):
            with pytest.raises(Invalid):
                await appeals.appeal(work, site.drivers[0], "왜", **bad)
        with pytest.raises(Invalid):
            await appeals.appeal(work, site.drivers[0], " \x00 ", entry_id=entry.id)
        made = await appeals.appeal(work, site.drivers[1], "가까웠습니다", weighing_id=weighing["id"])
        with pytest.raises(NotFound):
            await appeals.answer(work, other.operator_id, made.id, "안 됩니다")
        assert await appeals.list_appeals(work.session, other.office_id) == []
        assert [appeal.id for appeal, _ in await appeals.list_appeals(work.session, site.office_id, "open")] == [
            made.id
        ]


async def test_the_office_s_own_steps_still_work_beside_the_driver_s(desk: Desk, site: Site) -> None:
    order_id = await assigned(desk, site)
    await said(desk, site.drivers[0], order_id, "on_the_way")
    async with desk.work() as work:
        await orders.step(work, site.operator_id, order_id, "driving")
    await said(desk, site.drivers[0], order_id, "completed")
    async with desk.look() as session:
        assert (await session.get_one(Order, order_id)).state == "completed"
