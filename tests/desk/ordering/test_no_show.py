"""Who waited long enough at the customer's place may say that nobody came; what speaks for him is written down with it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from desk.books import settlement
from desk.call import calls
from desk.clock.days import span
from desk.dispatching import dispatch
from desk.driver import shifts
from desk.driver_page import driver_trips, driver_views
from desk.errors import Invalid, WrongState
from desk.events import CallSeen
from desk.figures import reports
from desk.ordering import no_show, order_history, order_views, orders
from desk.ordering.no_show import TooEarly
from desk.ordering.orders import PlaceText, TakeOrder
from desk.trades import proxy
from desk.work import Desk
from models import Assignment, AuditEntry, Customer, Driver, Message
from tests.desk.conftest import Clock
from tests.site import GANGNAM, Site, make_site

WAIT = proxy.TRADE.no_show_after_s


@pytest.fixture
async def site(desk: Desk, clock: Clock) -> Site:
    return await make_site(desk, drivers=2)


@pytest.fixture
async def arrived(desk: Desk, site: Site) -> int:
    """An order whose driver stands at the customer's place."""
    async with desk.work() as work:
        form = TakeOrder(PlaceText("강남역", *GANGNAM), number="01055501234", customer_name="김철수", fare=20_000)
        order_id = (await orders.take(work, site.operator_id, form)).id
    async with desk.work() as work:
        await dispatch.assign(work, site.operator_id, order_id, site.drivers[0])
    await say(desk, site.drivers[0], order_id, "arrived")
    return order_id


async def say(desk: Desk, driver_id: int, order_id: int, to: str, called: int = 0) -> None:
    async with desk.work() as work:
        await driver_trips.step(work, driver_id, order_id, to, called)


async def state(desk: Desk, order_id: int) -> str:
    async with desk.look() as session:
        return str((await order_views.order_json(session, order_id))["state"])


async def test_it_is_the_servers_clock_that_he_waits_by(desk: Desk, site: Site, clock: Clock, arrived: int) -> None:
    driver = site.drivers[0]
    over = clock.now + timedelta(seconds=WAIT)
    async with desk.look() as session:
        seen = await order_views.order_json(session, arrived)
        his = await driver_views.current_order(session, driver)
    assert seen["no_show_at"] == his["no_show_at"] == f"{over:%Y-%m-%dT%H:%M:%S}.000Z"  # type: ignore[index]
    clock.forward(seconds=WAIT - 0.5)
    with pytest.raises(TooEarly) as early:
        await say(desk, driver, arrived, "no_show", called=3)
    assert early.value.details["wait_s"] == 1
    clock.forward(seconds=0.5)
    with pytest.raises(Invalid):
        await say(desk, driver, arrived, "no_show", called=0)
    assert await state(desk, arrived) == "arrived"
    await say(desk, driver, arrived, "no_show", called=1)
    assert await state(desk, arrived) == "no_show"


async def test_what_speaks_for_him_is_kept_and_nothing_is_charged(
    desk: Desk, site: Site, clock: Clock, arrived: int
) -> None:
    driver = site.drivers[0]
    async with desk.work() as work:
        text = (await work.session.scalars(select(Message).where(Message.audience == "customer"))).one()
        text.state = "delivered"
        await shifts.locate(work, driver, GANGNAM[0] + 0.001, GANGNAM[1])
    clock.forward(seconds=WAIT)
    async with desk.work() as work:
        seen = CallSeen(work.now, "pbx", "r1", "15880001", "01055501234", None, linkedid="r1")
        await calls.open_call(work, seen)
    clock.forward(seconds=30)
    await say(desk, driver, arrived, "no_show", called=3)
    async with desk.look() as session:
        last = (await order_history.of_order(session, arrived, site.office_id))[0]
        kept = (await session.scalars(select(AuditEntry).where(AuditEntry.what == no_show.DECLARED))).one()
        held = (await session.scalars(select(Assignment))).one()
        who = await session.get_one(Driver, driver)
        customer = (await session.scalars(select(Customer))).one()
        balance = await settlement.balance(session, who)
        today = span("Asia/Seoul", clock.now.date(), clock.now.date())
        figures = (await reports.company(session, site.office_id, today, "day")).total
    assert (last.what, last.state, last.driver.number if last.driver else None) == ("moved", "no_show", "100")
    assert last.evidence == kept.detail
    told = dict(kept.detail)
    assert told.pop("arrived_at") == told.pop("located_at") == "2026-11-22T03:00:00.000Z"
    assert told == {
        "driver_id": driver,
        "waited_s": WAIT + 30,
        "distance_m": 111,
        "called": 3,
        "texts": 1,
        "delivered": 1,
        "customer_called": 1,
        "unlocated": False,
        "within_m": 300,
        "pin": None,
        "unpaid": None,
        "compensation": 0,
    }
    assert (held.state, who.state, balance) == ("released", "free", 0)
    assert (customer.trips, customer.cancels) == (0, 1)
    assert (figures.completed, figures.cancelled, figures.fares) == (0, 1, 0)


async def test_nobody_else_says_it_and_it_is_said_only_there(
    desk: Desk, site: Site, clock: Clock, arrived: int
) -> None:
    clock.forward(seconds=WAIT)
    with pytest.raises(Invalid):
        async with desk.work() as work:
            await orders.step(work, site.operator_id, arrived, "no_show")
    with pytest.raises(driver_trips.NotFound):
        await say(desk, site.drivers[1], arrived, "no_show", called=2)
    await say(desk, site.drivers[0], arrived, "driving")
    with pytest.raises(WrongState):
        await say(desk, site.drivers[0], arrived, "no_show", called=2)
    async with desk.look() as session:
        assert (await order_views.order_json(session, arrived))["no_show_at"] is None
