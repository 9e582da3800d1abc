"""The office takes a driver on duty or off it for him, as he could himself, and it is on record."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from desk.dispatching import dispatch
from desk.driver import duty, shifts
from desk.driver.driver_fitness import DriverUnfit
from desk.errors import NotFound
from desk.events import DutyChanged
from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from desk.work import Desk
from models import AuditEntry, Driver
from tests.desk.conftest import Clock
from tests.site import Site, make_site


@pytest.fixture
async def site(desk: Desk, clock: Clock) -> Site:
    return await make_site(desk, drivers=2)


async def put(desk: Desk, site: Site, on: bool, driver: int = 0) -> str:
    async with desk.work() as work:
        return (await duty.put(work, site.operator_id, site.drivers[driver], on)).state


async def on_record(desk: Desk) -> list[tuple[str, str]]:
    async with desk.look() as session:
        query = select(AuditEntry).where(AuditEntry.what.in_(("driver.on_duty", "driver.off_duty")))
        return [(row.what, row.subject) for row in await session.scalars(query.order_by(AuditEntry.id))]


async def test_a_driver_is_taken_off_duty_and_on_again_and_each_is_on_record_once(desk: Desk, site: Site) -> None:
    told: list[DutyChanged] = []
    desk.bus.on(DutyChanged, told.append)
    assert [await put(desk, site, on) for on in (False, False, True, True)] == ["off", "off", "free", "free"]
    assert await on_record(desk) == [("driver.off_duty", "driver 100"), ("driver.on_duty", "driver 100")]
    assert len(told) == 2
    async with desk.look() as session:
        assert await shifts.open_shift(session, site.drivers[0]) is not None


async def test_whose_paper_has_run_out_the_office_takes_on_duty_no_more_than_he_does_himself(
    desk: Desk, site: Site
) -> None:
    """Seen failing with the shift written by the office itself."""
    await put(desk, site, False)
    async with desk.work() as work:
        yesterday = (work.now - timedelta(days=2)).date()
        await work.session.execute(update(Driver).values(insurance_until=yesterday))
    with pytest.raises(DriverUnfit) as refused:
        await put(desk, site, True)
    assert refused.value.code == "unfit_insurance_expired"
    assert await on_record(desk) == [("driver.off_duty", "driver 100")]


async def test_who_drives_is_off_at_the_end_of_his_trip(desk: Desk, site: Site) -> None:
    async with desk.work() as work:
        order = await orders.take(work, site.operator_id, TakeOrder(PlaceText("강남역"), PlaceText("판교역")))
        await dispatch.assign(work, site.operator_id, order.id, site.drivers[0])
    assert await put(desk, site, False) == "busy"
    async with desk.work() as work:
        await dispatch.release(work, site.operator_id, order.id, "x")
    async with desk.look() as session:
        assert (await session.get_one(Driver, site.drivers[0])).state == "off"


async def test_another_office_s_driver_is_not_there(desk: Desk, site: Site) -> None:
    other = await make_site(desk, drivers=0, name="다른 사무실", did="15880002")
    with pytest.raises(NotFound):
        async with desk.work() as work:
            await duty.put(work, other.operator_id, site.drivers[0], False)
