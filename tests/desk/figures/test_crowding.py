"""Where the coming hour will be asked for: the same hour of the weeks before, in squares, of pins that are sure."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from desk.figures import crowding
from desk.figures.crowding import HOUR, WEEK
from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from desk.work import Desk
from models import Order
from tests.desk.conftest import Clock
from tests.site import GANGNAM, Site, make_site

PANGYO = (37.3948, 127.1112)


@pytest.fixture
async def site(desk: Desk, clock: Clock) -> Site:
    return await make_site(desk, drivers=0)


async def asked(desk: Desk, site: Site, back: timedelta, place: PlaceText) -> None:
    """An order of so long ago, closed a little later."""
    async with desk.work() as work:
        order = await orders.take(work, site.operator_id, TakeOrder(place, number="01055501234"))
        await orders.cancel(work, site.operator_id, order.id, "손님")
        taken = work.now - back
        moments = {"taken_at": taken, "closed_at": taken + timedelta(minutes=5)}
        await work.session.execute(update(Order).where(Order.id == order.id).values(moments))


async def test_squares_have_the_mean_of_the_same_hour_of_the_last_weeks_the_busiest_first(
    desk: Desk, site: Site
) -> None:
    """Seen failing with what came after the hour."""
    inside, minute = -timedelta(minutes=59), timedelta(minutes=1)
    gangnam, eleven = PlaceText("강남역", *GANGNAM, 15), PlaceText("강남역 11번 출구", *GANGNAM, 15)
    await asked(desk, site, 4 * WEEK, gangnam)
    await asked(desk, site, 2 * WEEK + inside, gangnam)
    await asked(desk, site, 2 * WEEK, eleven)
    await asked(desk, site, WEEK, PlaceText("판교역", *PANGYO, 15))
    await asked(desk, site, WEEK - HOUR, PlaceText("뒤", *PANGYO, 15))
    await asked(desk, site, WEEK + minute, PlaceText("앞", *PANGYO, 15))
    await asked(desk, site, WEEK, PlaceText("어딘가", *PANGYO, 2_000))
    await asked(desk, site, WEEK, PlaceText("모름"))
    async with desk.look() as session:
        found = await crowding.coming(session, site.office_id, desk.clock())
    assert found.weeks == 4
    assert [(one.place, one.about) for one in found.crowds] == [("강남역", 0.8), ("판교역", 0.2)]
    first = found.as_json()["items"][0]
    assert first["south"] <= GANGNAM[0] < first["north"]
    assert first["west"] <= GANGNAM[1] < first["east"]


async def test_an_office_of_less_than_a_week_has_no_history_and_sees_no_other_s(desk: Desk, site: Site) -> None:
    other = await make_site(desk, drivers=0, name="x", did="15880002")
    await asked(desk, site, 2 * WEEK, PlaceText("강남역", *GANGNAM, 15))
    await asked(desk, other, timedelta(days=3), PlaceText("강남역", *GANGNAM, 15))
    async with desk.look() as session:
        assert (await crowding.coming(session, site.office_id, desk.clock())).weeks == 2
        none = await crowding.coming(session, other.office_id, desk.clock())
    assert (none.weeks, none.crowds) == (0, ())
