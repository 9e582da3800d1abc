"""What a trip is told of its chance, from rows: promises, what was paid, and how each order ended."""

from __future__ import annotations

from datetime import timedelta

from desk.figures import chances
from desk.work import Desk
from models import FixedFare, Office, Order, Promise
from tests.desk.conftest import Clock
from tests.site import Site, make_site


async def past(
    desk: Desk, site: Site, count: int, paid: int, minutes: int | None, *, basis: str = "hour", hour: int = 23
) -> None:
    """Orders whose tariff was 20,000: a driver was there after so many minutes, or (null) the caller gave up after an hour."""
    async with desk.work() as work:
        ended = work.now - timedelta(hours=1)
        for _ in range(count):
            order = Order(
                office_id=site.office_id, trade="proxy", state="completed" if minutes else "cancelled", origin_text="시청역",
                origin_source="operator", currency="KRW", taken_at=ended - timedelta(hours=1), closed_at=ended, version=1,
            )  # fmt: skip
            work.session.add(order)
            await work.session.flush()
            made_at = ended - timedelta(hours=1)
            work.session.add(
                Promise(
                    order_id=order.id, office_id=site.office_id, made_at=made_at, hour=hour, drivers_free=5,
                    promised_at=ended, basis=basis, samples=0, median_s=600, spread_s=0,
                    state="kept" if minutes else "off", actual_s=None if minutes is None else 60 * minutes,
                )
            )  # fmt: skip
            for amount in (20_000, paid):  # only the last one counts
                work.session.add(
                    FixedFare(
                        order_id=order.id, version=1, at=made_at, amount=amount, basis="tariff", parts=[], quoted=20_000,
                        told=False,
                    )
                )  # fmt: skip
                await work.session.flush()


async def told(desk: Desk, site: Site, clock: Clock, fare: int | None) -> dict[str, object] | None:
    at = clock.now.replace(hour=14, minute=30)  # 23:30 in Seoul
    async with desk.look() as session:
        office = await session.get_one(Office, site.office_id)
        return await chances.of_trip(session, office, 30_000, fare, 5, 900, at)


async def test_a_trip_is_told_its_chance_and_the_lowest_fare_that_helps(desk: Desk, clock: Clock) -> None:
    site, elsewhere = await make_site(desk, drivers=0), await make_site(desk, drivers=0, did="15889999")
    await past(desk, site, 20, 20_000, 10)
    await past(desk, site, 20, 20_000, None)
    await past(desk, site, 30, 25_000, 12)
    await past(desk, site, 50, 20_000, 1, basis="wanted")  # booked: its driver came when he was wanted
    await past(desk, elsewhere, 40, 20_000, 1)
    expected = {"within_s": 900, "orders": 70}
    assert await told(desk, site, clock, None) == expected | {"percent": 50, "raise_to": 36_000, "raised_percent": 100}
    assert await told(desk, site, clock, 40_000) == expected | {
        "percent": 100,
        "raise_to": None,
        "raised_percent": None,
    }


async def test_an_office_without_a_past_is_told_nothing(desk: Desk, clock: Clock) -> None:
    site = await make_site(desk, drivers=0)
    await past(desk, site, 29, 20_000, 10)
    assert await told(desk, site, clock, None) is None


async def test_the_curve_shows_each_price_with_its_orders(desk: Desk, clock: Clock) -> None:
    site = await make_site(desk, drivers=0)
    await past(desk, site, 30, 20_000, 14)
    await past(desk, site, 30, 25_000, 9)
    async with desk.look() as session:
        found = await chances.look(session, site.office_id)
    assert found.orders == 60
    assert chances.prices(found) == [
        (100, 30, {600: 0, 900: 100, 1_200: 100, 1_800: 100}),
        (120, 30, {600: 100, 900: 100, 1_200: 100, 1_800: 100}),
    ]
    assert found.calibration is not None
