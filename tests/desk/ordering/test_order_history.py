"""All that happened to an order stands in one list, newest first, with who and when; and its search in short beside it."""

from __future__ import annotations

import pytest

from desk.dispatching import dispatch, search_views, searching
from desk.errors import NotFound
from desk.ordering import order_changes, order_history, orders
from desk.ordering.orders import PlaceText, TakeOrder
from desk.work import Desk
from tests.desk.conftest import Clock
from tests.site import GANGNAM, Site, make_site


@pytest.fixture
async def site(desk: Desk, clock: Clock) -> Site:
    return await make_site(desk, drivers=4)


async def taken(desk: Desk, site: Site) -> int:
    async with desk.work() as work:
        form = TakeOrder(PlaceText("강남역", *GANGNAM), number="01055501234", fare=20_000)
        return (await orders.take(work, site.operator_id, form)).id


async def go_on(desk: Desk, clock: Clock, order_id: int, seconds: float) -> None:
    clock.forward(seconds=seconds)
    async with desk.work() as work:
        await searching.advance(work, order_id)


async def decline(desk: Desk, driver_id: int, order_id: int) -> None:
    async with desk.look() as session:
        (offer_id,) = [
            offer.id
            for offer, driver in await search_views.offers_of(session, order_id)
            if driver.id == driver_id and offer.state == "open"
        ]
    async with desk.work() as work:
        await searching.decline(work, driver_id, offer_id, "too_far")


async def test_an_order_tells_all_that_happened_to_it(desk: Desk, site: Site, clock: Clock) -> None:
    first, _, third, _ = site.drivers
    order_id = await taken(desk, site)
    clock.forward(seconds=5)
    async with desk.work() as work:
        form = order_changes.ChangeOrder(1, frozenset({"fare"}), fare=25_000)
        await order_changes.change(work, site.colleague_id, order_id, form)
    async with desk.work() as work:
        await searching.start(work, site.operator_id, order_id)
    await decline(desk, first, order_id)
    await go_on(desk, clock, order_id, 1)
    await go_on(desk, clock, order_id, 15)
    async with desk.look() as session:
        view = (await search_views.of_orders(session, [order_id]))[order_id]
    assert (view.state, view.ring, view.rings, view.declined, view.silent) == ("running", 3, 5, 1, 1)
    assert (view.asked, view.asking, view.due_at) == (1, ("102",), clock.forward(seconds=20))
    clock.forward(seconds=-1)
    async with desk.work() as work:
        await dispatch.assign(work, site.colleague_id, order_id, third)
    clock.forward(seconds=1)
    async with desk.work() as work:
        await dispatch.release(work, site.operator_id, order_id, "차가 막힘")
    async with desk.work() as work:
        await orders.cancel(work, site.operator_id, order_id, "손님 취소")
    async with desk.look() as session:
        deeds = await order_history.of_order(session, order_id, site.office_id)
    told = [
        (deed.what, deed.by, deed.driver.number if deed.driver else None, deed.state, deed.words)
        for deed in deeds
        if deed.what != "message"
    ]
    assert told == [
        ("search_ended", None, None, "stopped", None),
        ("search", None, None, None, None),
        ("moved", "김상담", None, "cancelled", "손님 취소"),
        ("moved", "김상담", None, "taken", "차가 막힘"),
        ("assigned", "이상담", "102", None, None),
        ("by_hand", "이상담", "102", None, None),
        ("search_ended", None, None, "assigned", None),
        ("offered", None, "102", "withdrawn", None),
        ("offered", None, "101", "expired", None),
        ("offered", None, "100", "declined", "too_far"),
        ("search", "김상담", None, None, None),
        ("fare", "이상담", None, "hand", None),
        ("fare", "김상담", None, "hand", None),
        ("taken", "김상담", None, "taken", None),
    ]
    change, first_fare = [deed for deed in deeds if deed.what == "fare"]
    assert (change.field, change.before, change.after, change.told) == ("fare", 20_000, 25_000, True)
    assert (first_fare.before, first_fare.after, first_fare.told) == (None, 20_000, False)
    assert {deed.field for deed in deeds if deed.what == "message"} == {"customer", "driver"}
    assert [deed.at for deed in deeds] == sorted((deed.at for deed in deeds), reverse=True)


async def test_who_says_nothing_did_not_decline(desk: Desk, site: Site, clock: Clock) -> None:
    order_id = await taken(desk, site)
    async with desk.work() as work:
        await searching.start(work, site.operator_id, order_id)
    await go_on(desk, clock, order_id, 15)
    async with desk.look() as session:
        view = (await search_views.of_orders(session, [order_id]))[order_id]
    assert (view.declined, view.silent) == (0, 1)


async def test_another_office_s_order_tells_nothing(desk: Desk, site: Site, clock: Clock) -> None:
    order_id = await taken(desk, site)
    other = await make_site(desk, drivers=0, name="다른 사무실", did="15880002")
    async with desk.look() as session:
        with pytest.raises(NotFound):
            await order_history.of_order(session, order_id, other.office_id)
