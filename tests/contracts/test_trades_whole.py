"""Every trade in `desk/trades/` from the order to the books, by configuration alone: nothing here knows one of them by name."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from desk import trades
from desk.dispatching import dispatch, searching
from desk.driver import shifts
from desk.driver_page import driver_trips, driver_views
from desk.errors import Invalid, WrongState
from desk.ordering import no_show, order_changes, orders
from desk.ordering.order_changes import ChangeOrder
from desk.ordering.order_views import order_json
from desk.ordering.orders import PlaceText, TakeOrder
from desk.trades import Trade
from desk.work import Desk
from models import Message, Office, Order, OrderChange, Posting
from tests.desk.conftest import Clock
from tests.site import GANGNAM, Site, make_site

FARE = 30_000


@pytest.fixture(params=trades.names())
def trade(request: pytest.FixtureRequest) -> Trade:
    return trades.load(request.param)


@pytest.fixture
def clock(desk: Desk) -> Clock:
    clock = Clock()
    desk.clock = clock
    return clock


@pytest.fixture
async def site(desk: Desk, clock: Clock, trade: Trade) -> Site:
    """An office of the trade, with two drivers near the customer's door."""
    site = await make_site(desk, drivers=2)
    async with desk.work() as work:
        (await work.session.get_one(Office, site.office_id)).trade = trade.name
    return site


def filled(trade: Trade, **other: object) -> TakeOrder:
    """The form with every field that the trade asks."""
    values: dict[str, object] = {
        "number": "01055501234",
        "customer_name": "김철수",
        "origin": PlaceText("강남역 10번 출구", *GANGNAM, 15),
        "destination": PlaceText("판교역 1번 출구", 37.3948, 127.1112, 15),
        "fare": FARE,
        "note": "서둘러 주세요",
    }
    shared = {name: value for name, value in values.items() if trade.asks(name)}
    details = {field.name: f"{field.name} 값" for field in trade.own_fields}
    return TakeOrder(**{**shared, "details": details, **other})  # type: ignore[arg-type]


async def take(desk: Desk, site: Site, form: TakeOrder) -> int:
    async with desk.work() as work:
        return (await orders.take(work, site.operator_id, form)).id


async def test_an_order_is_offered_driven_paid_for_and_read_again(desk: Desk, site: Site, trade: Trade) -> None:
    driver = site.drivers[0]
    order_id = await take(desk, site, filled(trade))
    async with desk.work() as work:
        await searching.start(work, site.operator_id, order_id)
    async with desk.look() as session:
        (offer,) = (await driver_views.me(session, driver, desk.clock()))["offers"]
    async with desk.work() as work:
        await driver_trips.accept(work, driver, offer["id"])
    async with desk.look() as session:
        trip = (await driver_views.me(session, driver, desk.clock()))["order"]
    assert trip["way"] == list(trade.way)
    assert [each["name"] for each in trip["details"]] == [field.name for field in trade.own_fields]
    for state in trade.way:
        async with desk.work() as work:
            await driver_trips.step(work, driver, order_id, state)
    async with desk.look() as session:
        told = await order_json(session, order_id)
        texts = (await session.execute(select(Message).where(Message.order_id == order_id))).scalars().all()
        posted = (await session.execute(select(func.count(), func.sum(Posting.amount)))).one()
        me = await driver_views.me(session, driver, desk.clock())
    assert (told["state"], told["trade"], told["fare"]) == ("completed", trade.name, FARE)
    assert told["details"] == {field.name: f"{field.name} 값" for field in trade.own_fields}
    assert {text.audience for text in texts} == {"customer", "driver"}
    assert {text.text_key for text in texts} == {trade.texts["assigned", who] for who in ("customer", "driver")}
    assert all(len(text.text.encode("cp949")) <= 80 for text in texts)
    assert (posted[0] >= 2, posted[1]) == (True, 0)
    assert me["balance"] == -trade.fees["KRW"].fee(FARE)


async def test_what_the_trade_asks_is_asked_and_nothing_else(desk: Desk, site: Site, trade: Trade) -> None:
    whole = filled(trade)
    for field in trade.own_fields:
        without = {name: text for name, text in whole.details.items() if name != field.name} | {field.name: " \u200b "}
        if not field.required:
            await take(desk, site, filled(trade, details=without))
            continue
        with pytest.raises(Invalid) as refused:
            await take(desk, site, filled(trade, details=without))
        assert refused.value.details["field"] == field.name
    with pytest.raises(Invalid) as refused:
        await take(desk, site, filled(trade, details={**whole.details, "colour": "red"}))
    assert refused.value.details["field"] == "colour"
    place = None if whole.destination else PlaceText("판교역")
    if place is not None or next(field for field in trade.fields if field.name == "destination").required:
        with pytest.raises(Invalid) as refused:
            await take(desk, site, filled(trade, destination=place))
        assert refused.value.details["field"] == "destination"


async def test_what_only_the_trade_asks_is_changed_and_written_down(desk: Desk, site: Site, trade: Trade) -> None:
    if not trade.own_fields:
        with pytest.raises(Invalid):
            await take(desk, site, filled(trade, details={"parcel": "a letter"}))
        return
    name = trade.own_fields[0].name
    order_id = await take(desk, site, filled(trade))
    form = ChangeOrder(1, frozenset({"details"}), details={name: "another"})
    async with desk.work() as work:
        await order_changes.change(work, site.operator_id, order_id, form)
    async with desk.look() as session:
        order = await session.get_one(Order, order_id)
        (row,) = (await session.execute(select(OrderChange))).scalars().all()
    assert order.details[name] == "another"
    assert set(order.details) == {field.name for field in trade.own_fields}
    assert (row.field, row.before, row.after) == (name, f"{name} 값", "another")
    async with desk.work() as work:
        with pytest.raises(order_changes.StaleOrder) as stale:
            await order_changes.change(work, site.colleague_id, order_id, form)
    assert stale.value.differences == ()
    late = ChangeOrder(1, frozenset({"details"}), details={name: "a third"})
    async with desk.work() as work:
        with pytest.raises(order_changes.StaleOrder) as stale:
            await order_changes.change(work, site.colleague_id, order_id, late)
    assert [(each.field, each.yours, each.theirs, each.mine) for each in stale.value.differences] == [
        (name, "a third", "another", True)
    ]


async def test_a_driver_who_cannot_come_gives_the_order_back_and_nobody_there_ends_it(
    desk: Desk, site: Site, clock: Clock, trade: Trade
) -> None:
    first, second = site.drivers
    order_id = await take(desk, site, filled(trade))
    async with desk.work() as work:
        await dispatch.assign(work, site.operator_id, order_id, first)
    async with desk.work() as work:
        await dispatch.release(work, site.operator_id, order_id, "고장")
    async with desk.work() as work:
        await dispatch.assign(work, site.operator_id, order_id, second)
    assert trade.no_show is not None
    waits = next(state for state in trade.way if trade.no_show in trade.states[state])
    for state in trade.way[: trade.way.index(waits) + 1]:
        async with desk.work() as work:
            await driver_trips.step(work, second, order_id, state)
    async with desk.work() as work:
        with pytest.raises(no_show.TooEarly):
            await driver_trips.step(work, second, order_id, trade.no_show, called=2)
    clock.forward(seconds=trade.no_show_after_s)
    async with desk.work() as work:
        await shifts.locate(work, second, *GANGNAM)
        await driver_trips.step(work, second, order_id, trade.no_show, called=2)
    async with desk.look() as session:
        assert (await session.get_one(Order, order_id)).state == trade.no_show
        assert await session.scalar(select(func.count(Posting.id))) == 0


async def test_a_step_that_the_trade_does_not_know_now_is_refused(desk: Desk, site: Site, trade: Trade) -> None:
    order_id = await take(desk, site, filled(trade))
    async with desk.work() as work:
        with pytest.raises(WrongState):
            await orders.step(work, site.operator_id, order_id, trade.way[-2])
