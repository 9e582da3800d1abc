"""Drivers who are about to be done nearby: asked once nobody who is free is left, and theirs is begun when they are done."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from desk.dispatching import dispatch, giving, next_orders, searching
from desk.driver import shifts
from desk.driver_page import driver_trips
from desk.errors import DriverTaken, OrderTaken
from desk.order import order_steps
from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from desk.place.nearby import beeline_m
from desk.trades import proxy
from desk.work import Desk, Work
from models import Assignment, Driver, NextOrder, Offer, Order, Search, Weighing
from tests.desk.conftest import Clock
from tests.site import GANGNAM, Site, make_site

AWAY = (37.52, 127.05)
"""3 km from Gangnam: about five minutes of driving."""
KEPT = giving.refuse_if_driver_kept


@pytest.fixture
async def site(desk: Desk, clock: Clock) -> Site:
    """Three drivers, the first at the customer's door."""
    return await make_site(desk)


async def taken(desk: Desk, site: Site, origin: tuple[float, float] = GANGNAM, to: tuple[float, float] = AWAY) -> int:
    async with desk.work() as work:
        form = TakeOrder(PlaceText("강남역", *origin), PlaceText("삼성역", *to))
        return (await orders.take(work, site.operator_id, form)).id


async def driving(desk: Desk, site: Site, driver: int = 0) -> int:
    """A trip on its last leg, which ends at Gangnam in about five minutes; the driver was there when nobody knew."""
    order_id = await taken(desk, site, AWAY, GANGNAM)
    async with desk.work() as work:
        await dispatch.assign(work, site.operator_id, order_id, site.drivers[driver])
        await orders.step(work, site.operator_id, order_id, "driving")
        await work.session.execute(
            update(Driver).where(Driver.id == site.drivers[driver]).values(lat=None, lon=None, located_at=None)
        )
    return order_id


async def only(desk: Desk, site: Site, *drivers: int) -> None:
    """The other free drivers go home."""
    async with desk.work() as work:
        stay = [site.drivers[n] for n in drivers]
        await work.session.execute(update(Driver).where(Driver.id.not_in(stay)).values(state="off"))


async def holding(desk: Desk, site: Site) -> tuple[int, int]:
    """The first driver drives one order and has said yes to the next one: both."""
    first = await driving(desk, site)
    await only(desk, site, 0)
    second = await taken(desk, site)
    async with desk.work() as work:
        await searching.start(work, site.operator_id, second)
    async with desk.work() as work:
        offer = (await work.session.scalars(select(Offer).where(Offer.order_id == second))).one()
        assert isinstance(await searching.accept(work, site.drivers[0], offer.id), NextOrder)
    return first, second


async def test_who_will_be_done_nearby_is_listed_after_the_free_with_when_and_why(desk: Desk, site: Site) -> None:
    """Seen failing with nobody listed who is still busy."""
    await driving(desk, site, 0)
    order_id = await taken(desk, site)
    async with desk.look() as session:
        found = await dispatch.candidates(session, order_id, now=desk.clock())
    assert [each.free for each in found] == [True, True, False]
    done = found[-1]
    ride = proxy.TRADE.ride.seconds(beeline_m(*AWAY, *GANGNAM))
    assert (done.driver_id, done.finish_s, done.distance_m) == (site.drivers[0], ride, 0)
    assert done.eta_s == ride + 60
    assert done.reason_key == "candidate.finishing_by_plan"
    assert done.cost_s == done.eta_s - done.reason_args["grade_credit_s"]


async def test_where_he_is_tells_better_than_the_plan_when_he_is_done(desk: Desk, site: Site, clock: Clock) -> None:
    """Seen failing with the place that he was last seen at not looked at."""
    await driving(desk, site, 0)
    order_id = await taken(desk, site)
    async with desk.work() as work:
        await shifts.locate(work, site.drivers[0], GANGNAM[0] + 0.009, GANGNAM[1])  # a kilometre to go
    async with desk.look() as session:
        found = await dispatch.candidates(session, order_id, now=clock.now)
    assert found[-1].finish_s == pytest.approx(1000 * 1.35 / 9, abs=3)
    assert (found[-1].reason_key, found[-1].reason_args["located_s"]) == ("candidate.finishing", 0)


async def test_who_has_a_next_order_is_not_listed_for_a_third(desk: Desk, site: Site) -> None:
    """Seen failing with next orders not looked at."""
    await holding(desk, site)
    third = await taken(desk, site)
    async with desk.look() as session:
        found = await dispatch.candidates(session, third, now=desk.clock())
    assert site.drivers[0] not in [each.driver_id for each in found]


async def test_who_is_not_done_for_long_or_goes_home_is_not_listed(desk: Desk, site: Site, clock: Clock) -> None:
    """Seen failing with drivers listed who are done in twenty minutes, and with those whose shift is over."""
    await driving(desk, site, 0)
    order_id = await taken(desk, site)

    async def listed() -> bool:
        async with desk.look() as session:
            found = await dispatch.candidates(session, order_id, now=clock.now)
        return site.drivers[0] in [each.driver_id for each in found]

    assert await listed()
    async with desk.work() as work:
        await work.session.execute(update(Driver).values(done_at=clock.now + timedelta(minutes=20)))
    assert not await listed()
    async with desk.work() as work:
        await work.session.execute(update(Driver).values(done_at=clock.now + timedelta(minutes=2)))
    assert await listed()
    async with desk.work() as work:
        await shifts.end(work, site.drivers[0])
    assert not await listed()


async def test_a_free_driver_of_the_ring_is_asked_before_one_who_is_about_to_be_done(
    desk: Desk, site: Site, clock: Clock
) -> None:
    await driving(desk, site, 0)
    async with desk.work() as work:  # a kilometre away, at his leisure
        await work.session.execute(
            update(Driver).where(Driver.id == site.drivers[1]).values(lat=GANGNAM[0] + 0.009, free_since=clock.now)
        )
    order_id = await taken(desk, site)
    async with desk.work() as work:
        await searching.start(work, site.operator_id, order_id)
    async with desk.look() as session:
        asked = await session.scalars(select(Offer.driver_id).where(Offer.order_id == order_id))
        assert list(asked) == [site.drivers[1]]
        his = select(Weighing.reason_key).where(Weighing.driver_id == site.drivers[0], Weighing.ring > 0)
        why = await session.scalars(his)
        assert list(why) == ["weighing.free_first"]


async def test_the_next_order_is_begun_in_the_moment_that_the_driver_is_done(desk: Desk, site: Site) -> None:
    """Seen failing with the order not given when he is done."""
    first, second = await holding(desk, site)
    async with desk.look() as session:
        assert (await session.get_one(Order, second)).state == "taken"
        assert (await session.get_one(Driver, site.drivers[0])).state == "busy"
    async with desk.work() as work:
        await orders.complete(work, site.operator_id, first)
    async with desk.look() as session:
        assert (await session.get_one(Order, second)).state == "assigned"
        [active] = await session.scalars(select(Assignment).where(Assignment.state == "active"))
        assert (active.order_id, active.driver_id, active.assigned_by) == (second, site.drivers[0], None)
        assert (await session.scalars(select(NextOrder.state))).one() == "begun"


async def test_a_next_order_is_nobody_elses_and_the_driver_takes_no_second_one(desk: Desk, site: Site) -> None:
    """Seen failing without the question who holds the order."""
    _, second = await holding(desk, site)
    third = await taken(desk, site)
    async with desk.work() as work:
        await work.session.execute(update(Driver).where(Driver.id == site.drivers[1]).values(state="free"))
    with pytest.raises(OrderTaken) as refused:
        async with desk.work() as work:
            await dispatch.assign(work, site.operator_id, second, site.drivers[1])
    assert refused.value.details["driver_number"] == "100"
    with pytest.raises(DriverTaken):
        async with desk.work() as work:
            await dispatch.assign(work, site.operator_id, third, site.drivers[0])


async def test_who_is_too_late_is_told_of_his_next_order_also_when_it_begins_at_that_moment(
    desk: Desk, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once in 2,000 races on PostgreSQL he was told nothing: he was read before the other's commit, his next order after it."""
    first = await driving(desk, site)
    await only(desk, site, 0)
    offered, given = await taken(desk, site), await taken(desk, site)
    async with desk.work() as work:
        await searching.start(work, site.operator_id, offered)
    async with desk.work() as work:
        offer_id = await work.session.scalar(select(Offer.id).where(Offer.order_id == offered))
        assert isinstance(await dispatch.assign(work, site.operator_id, given, site.drivers[0]), NextOrder)

    async def begins(work: Work, driver: Driver) -> None:
        """As another's commit does it, which this session's objects do not hear of."""
        unheard = {"synchronize_session": False}
        ended = update(Assignment).where(Assignment.order_id == first).values(state="completed", ended_at=work.now)
        await work.session.execute(ended, execution_options=unheard)
        await work.session.execute(
            update(NextOrder).values(state="begun", ended_at=work.now), execution_options=unheard
        )
        await work.session.execute(update(Driver).values(done_at=None), execution_options=unheard)
        row = {"order_id": given, "driver_id": driver.id, "state": "active", "assigned_at": work.now}
        await work.session.execute(insert(Assignment).values(row))
        await KEPT(work, driver)

    monkeypatch.setattr(giving, "refuse_if_driver_kept", begins)
    assert offer_id is not None
    with pytest.raises(DriverTaken) as refused:
        async with desk.work() as work:
            await driver_trips.accept(work, site.drivers[0], offer_id)
    assert refused.value.details["order_id"] == given


@pytest.mark.parametrize("same", ["order_id", "driver_id"])
async def test_the_database_itself_refuses_a_second_held_row(desk: Desk, site: Site, same: str) -> None:
    """Seen failing with each of the two indexes not unique."""
    _, second = await holding(desk, site)
    third = await taken(desk, site)
    row = (second, site.drivers[1]) if same == "order_id" else (third, site.drivers[0])
    with pytest.raises(IntegrityError):
        async with desk.work() as work:
            work.session.add(NextOrder(order_id=row[0], driver_id=row[1], state="held", made_at=work.now))


async def test_who_goes_home_after_his_trip_leaves_his_next_order_to_a_new_search(desk: Desk, site: Site) -> None:
    """Seen failing with an order begun by who is off duty."""
    first, second = await holding(desk, site)
    async with desk.work() as work:
        await shifts.end(work, site.drivers[0])
    async with desk.work() as work:
        await orders.complete(work, site.operator_id, first)
    async with desk.look() as session:
        assert (await session.scalars(select(NextOrder.state))).one() == "released"
        states = list(await session.scalars(select(Search.state).where(Search.order_id == second).order_by(Search.id)))
        assert states == ["assigned", "running"]
        assert (await session.get_one(Driver, site.drivers[0])).state == "off"


async def test_released_with_a_reason_it_is_looked_for_again_and_not_with_him(desk: Desk, site: Site) -> None:
    """Seen failing with who had it next and was released not looked at."""
    _, second = await holding(desk, site)
    async with desk.work() as work:
        await dispatch.release(work, site.operator_id, second, "손님이 서두름")
    async with desk.work() as work:
        await work.session.execute(update(Driver).where(Driver.id == site.drivers[1]).values(state="free"))
        await searching.advance(work, second)
    async with desk.look() as session:
        newest = (await session.scalars(select(Search).order_by(Search.id.desc()).limit(1))).one()
        why = await session.execute(
            select(Weighing.driver_id, Weighing.reason_key).where(Weighing.search_id == newest.id)
        )
        assert dict(why.all())[site.drivers[0]] == "weighing.released_before"


async def test_a_cancelled_next_order_lets_its_driver_go(desk: Desk, site: Site) -> None:
    """Seen failing with the row held on."""
    first, second = await holding(desk, site)
    async with desk.work() as work:
        await orders.cancel(work, site.operator_id, second, "손님 취소")
        assert await next_orders.of_driver(work.session, site.drivers[0]) is None
        await orders.complete(work, site.operator_id, first)
    async with desk.look() as session:
        assert (await session.get_one(Driver, site.drivers[0])).state == "free"
        assert (await session.get_one(Order, second)).state == "cancelled"


async def test_an_operator_gives_the_next_order_by_number_too(desk: Desk, site: Site) -> None:
    """Seen failing with nobody written down who gave it."""
    await driving(desk, site)
    order_id = await taken(desk, site)
    async with desk.work() as work:
        kept = await dispatch.assign(work, site.operator_id, order_id, site.drivers[0])
        assert isinstance(kept, NextOrder)
        assert kept.made_by == site.operator_id
        assert (await order_steps.hold(work, None, order_id)).state == "taken"
