"""Searches go on by themselves, also after a night without us, and one that cannot go on harms no other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select, update

from callboard.searches import Searches
from desk.dispatching import matching, searching
from desk.events import OfferEnded, OfferMade
from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from desk.work import Desk
from models import Driver, MatchingRound, Offer, Order, Search
from tests.desk.conftest import Clock
from tests.site import GANGNAM, Site, make_site


@pytest.fixture
def clock(desk: Desk) -> Clock:
    """Time that passes when the test says so."""
    clock = Clock()
    desk.clock = clock
    return clock


@pytest.fixture
async def site(desk: Desk, clock: Clock) -> Site:
    """With three drivers, the first at the customer's door."""
    return await make_site(desk)


@pytest.fixture
async def running(desk: Desk) -> AsyncIterator[Searches]:
    """The part, at work."""
    searches = Searches(desk, desk.bus)
    task = asyncio.create_task(searches.run())
    yield searches
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def begin(desk: Desk, site: Site) -> int:
    async with desk.work() as work:
        order = await orders.take(work, site.operator_id, TakeOrder(PlaceText("강남역", *GANGNAM)))
        await searching.start(work, site.operator_id, order.id)
        return order.id


async def until_asked(desk: Desk, order_id: int, count: int) -> list[Offer]:
    async with asyncio.timeout(30):
        while True:
            async with desk.look() as session:
                found = list(await session.scalars(select(Offer).where(Offer.order_id == order_id)))
            if len(found) >= count:
                return found
            await asyncio.sleep(0.02)


async def test_a_no_has_the_next_driver_asked_without_waiting(
    desk: Desk, site: Site, clock: Clock, running: Searches
) -> None:
    order_id = await begin(desk, site)
    [offer] = await until_asked(desk, order_id, 1)
    async with desk.work() as work:
        await searching.decline(work, offer.driver_id, offer.id, "far")
    first, second = await until_asked(desk, order_id, 2)
    assert (first.state, second.state) == ("declined", "open")


async def test_time_that_ran_out_has_the_next_driver_asked(
    desk: Desk, site: Site, clock: Clock, running: Searches
) -> None:
    order_id = await begin(desk, site)
    await until_asked(desk, order_id, 1)
    clock.forward(seconds=15)
    desk.bus.tell(OfferEnded(clock.now, 0, 0, 0, "expired"))  # something happened: it looks at the clock again
    first, second = await until_asked(desk, order_id, 2)
    assert (first.state, second.state) == ("expired", "open")


async def test_what_was_due_while_nobody_was_there_is_done_at_the_start(desk: Desk, site: Site, clock: Clock) -> None:
    order_id = await begin(desk, site)
    clock.forward(hours=1)
    made: list[OfferMade] = []
    desk.bus.on(OfferMade, made.append)
    task = asyncio.create_task(Searches(desk, desk.bus).run())
    await until_asked(desk, order_id, 2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    # After an hour nobody knows where anybody is: who has waited longest.
    assert [event.driver_id for event in made] == [site.drivers[2]]


async def test_a_search_that_cannot_go_on_keeps_no_other_from_it(
    desk: Desk, site: Site, clock: Clock, running: Searches
) -> None:
    broken, whole = await begin(desk, site), await begin(desk, site)
    async with desk.work() as work:
        await work.session.execute(update(Order).where(Order.id == broken).values(trade="no_such_trade"))
    clock.forward(seconds=15)
    desk.bus.tell(OfferEnded(clock.now, 0, 0, 0, "expired"))
    assert len(await until_asked(desk, whole, 2)) == 2


async def test_several_searches_go_on_side_by_side(desk: Desk, site: Site, clock: Clock, running: Searches) -> None:
    wanted = [await begin(desk, site) for _ in range(3)]
    for seconds in (15, 15, 20, 30, 60):
        clock.forward(seconds=seconds)
        desk.bus.tell(OfferEnded(clock.now, 0, 0, 0, "expired"))
        await asyncio.sleep(0.3)
    async with asyncio.timeout(30):
        while True:
            async with desk.look() as session:
                states = list(await session.scalars(select(Search.state).where(Search.order_id.in_(wanted))))
            if set(states) == {"unassigned"}:
                return
            clock.forward(seconds=60)
            desk.bus.tell(OfferEnded(clock.now, 0, 0, 0, "expired"))
            await asyncio.sleep(0.1)


async def test_the_solver_of_peaks_is_loaded_when_the_first_search_begins(
    desk: Desk, site: Site, running: Searches
) -> None:
    """Seen failing with the solver left to the first peak."""
    assert not running.solver_loaded.is_set()
    await begin(desk, site)
    await asyncio.wait_for(running.solver_loaded.wait(), 30)


PAIRS = 6
APART, STEP = 0.05, 0.004


async def corners(desk: Desk, site: Site) -> dict[int, int]:
    """Two orders and two drivers in each of some corners; by order, the driver whom all at once would have it ask.

    The first to search is nearest to the driver whom the other one needs more.
    """
    async with desk.work() as work:
        await work.session.execute(update(Driver).values(state="off"))
        best: dict[int, int] = {}
        for corner in range(PAIRS):
            lat = GANGNAM[0] + APART * corner
            orders_ = [
                Order(office_id=site.office_id, trade="proxy", state="taken", origin_text="강남역", origin_lat=lat + STEP * at,
                      origin_lon=GANGNAM[1], origin_source="operator", currency="KRW", taken_at=work.now, details={})
                for at in (1, 0)
            ]  # fmt: skip
            team = [
                Driver(office_id=site.office_id, number=f"c{corner}{n}", name=f"기사{n}", phone=f"+82103000{corner}00{n}",
                       state="free", free_since=work.now, lat=lat + STEP * at, lon=GANGNAM[1], located_at=work.now)
                for n, at in enumerate((1.9, 0.6))
            ]  # fmt: skip
            work.session.add_all([*orders_, *team])
            await work.session.flush()
            for order, driver in zip(orders_, team, strict=True):
                assert await searching.begin_by_itself(work, order, proposes=False)
                best[order.id] = driver.id
    return best


async def test_a_peak_is_matched_at_once_by_the_running_loop_and_each_asks_whom_it_was_given(
    desk: Desk, site: Site, clock: Clock, running: Searches
) -> None:
    """Seen failing with the nearest driver asked whatever the plan says, and without gathering."""
    await asyncio.to_thread(matching.load)
    best = await corners(desk, site)

    async def all_gather() -> None:
        while True:
            async with desk.look() as session:
                waiting = list(await session.scalars(select(Search.id).where(Search.match_at.is_not(None))))
            if len(waiting) == len(best):
                return
            await asyncio.sleep(0.02)

    await asyncio.wait_for(all_gather(), 30)
    clock.forward(seconds=3)
    desk.bus.tell(OfferEnded(clock.now, 0, 0, 0, "expired"))
    asked = {order_id: (await until_asked(desk, order_id, 1))[0].driver_id for order_id in best}
    assert asked == best
    async with desk.look() as session:
        [round_] = await session.scalars(select(MatchingRound))
    assert (round_.orders, round_.drivers, round_.matched, round_.method) == (12, 12, 12, "optimal")
    assert round_.total_s < round_.greedy_total_s
