"""Where a driver was while he had an order: thinned, his own, told where somebody quarrels, and forgotten in time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from desk.customer import erasure
from desk.dispatching import dispatch
from desk.driver import shifts, ways
from desk.driver.shifts import OffDuty
from desk.errors import NotFound
from desk.ordering import dispute, orders
from desk.ordering.orders import PlaceText, TakeOrder
from desk.work import Desk
from models import DriverWay, Message, Order
from tests.desk.conftest import Clock
from tests.site import Site, make_site

HERE = (37.5000, 127.0300)
METRE = 1 / 111_195
"""Degrees of latitude."""


@pytest.fixture
async def site(desk: Desk, clock: Clock) -> Site:
    """With drivers on duty."""
    return await make_site(desk)


async def given(desk: Desk, site: Site) -> int:
    """An order that the first driver has."""
    async with desk.work() as work:
        form = TakeOrder(PlaceText("시청역"), fare=20_000, number="01055501234", customer_name="김철수")
        order = await orders.take(work, site.operator_id, form)
        await dispatch.assign(work, site.operator_id, order.id, site.drivers[0])
        return order.id


async def there(desk: Desk, site: Site, north_m: float, driver: int = 0) -> None:
    async with desk.work() as work:
        await shifts.locate(work, site.drivers[driver], HERE[0] + north_m * METRE, HERE[1])


async def kept(desk: Desk) -> list[int]:
    """How many metres north of the first place each one is."""
    async with desk.look() as session:
        rows = await session.scalars(select(DriverWay.lat).order_by(DriverWay.id))
        return [round((lat - HERE[0]) / METRE) for lat in rows]


async def test_a_place_is_kept_each_half_minute_or_hundred_metres(desk: Desk, site: Site, clock: Clock) -> None:
    """Seen failing with every place kept, and with none kept where he stands."""
    await given(desk, site)
    for seconds, north_m in ((0, 0), (10, 50), (20, 99), (26, 101), (28, 400), (57, 105), (87, 105), (88, 106)):
        clock.now = clock.now.replace(minute=0, second=0) + timedelta(seconds=seconds)
        await there(desk, site, north_m)
    assert await kept(desk) == [0, 101, 105, 105]


async def test_nothing_is_kept_of_who_has_no_order_or_is_off_duty(desk: Desk, site: Site, clock: Clock) -> None:
    """Seen failing with orders that he had before counted, too."""
    await there(desk, site, 0)
    order_id = await given(desk, site)
    await there(desk, site, 0, driver=1)
    assert await kept(desk) == []
    await there(desk, site, 10)
    async with desk.work() as work:
        await orders.complete(work, site.operator_id, order_id)
    clock.forward(minutes=5)
    await there(desk, site, 500)
    async with desk.work() as work:
        await shifts.end(work, site.drivers[0])
    with pytest.raises(OffDuty):
        await there(desk, site, 900)
    assert await kept(desk) == [10]


async def test_the_way_is_told_with_the_order_and_in_its_file_and_to_no_other_office(
    desk: Desk, site: Site, clock: Clock
) -> None:
    order_id = await given(desk, site)
    for north_m in (0, 300, 800):
        await there(desk, site, north_m)
        clock.forward(seconds=40)
    async with desk.look() as session:
        (way,) = (await ways.of_order(session, site.office_id, order_id))["ways"]
    assert (way["driver"]["number"], way["metres"], len(way["points"])) == ("100", 800, 3)
    async with desk.work() as work:
        told = await dispute.gather(work, site.operator_id, site.office_id, order_id, hears=False)
    assert told.told["ways"] == [way]
    elsewhere = await make_site(desk, drivers=0, did="15889999")
    async with desk.look() as session:
        with pytest.raises(NotFound):
            await ways.of_order(session, elsewhere.office_id, order_id)


async def test_what_is_old_is_forgotten_and_so_is_the_way_of_who_is_erased(
    desk: Desk, site: Site, clock: Clock
) -> None:
    """Seen failing without the table among those whose rows go."""
    order_id = await given(desk, site)
    await there(desk, site, 0)
    first = clock.now
    clock.forward(minutes=1)
    await there(desk, site, 500)
    async with desk.work() as work:
        assert await ways.forget_before(work, first + timedelta(seconds=1)) == 1
        await orders.complete(work, site.operator_id, order_id)
    assert await kept(desk) == [500]
    async with desk.work() as work:
        order = await work.session.get_one(Order, order_id)
        assert order.customer_id is not None
        await work.session.execute(update(Message).values(state="delivered"))
        await erasure.erase(work, site.operator_id, order.customer_id, "본인 요청")
    async with desk.look() as session:
        assert await session.scalar(select(func.count()).select_from(DriverWay)) == 0
