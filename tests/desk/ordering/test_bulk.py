"""One deed for many orders: what is told of each is what its row says, whatever became of the others."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update

from desk.dispatching import dispatch
from desk.errors import Conflict
from desk.events import Event, OrderChanged
from desk.ordering import bulk, orders
from desk.ordering.bulk import Meant
from desk.ordering.orders import PlaceText, TakeOrder
from desk.work import Desk, Work
from models import Order, OrderStep, Search
from tests.site import Site, make_site

SURE = PlaceText("강남역 10번 출구", 37.4979, 127.0276, 15, "map")
SOMEWHERE = PlaceText("강남 어디쯤")


@pytest.fixture
async def site(desk: Desk) -> Site:
    return await make_site(desk)


async def take(desk: Desk, site: Site, count: int, origin: PlaceText = SURE) -> list[int]:
    async with desk.work() as work:
        return [(await orders.take(work, site.operator_id, TakeOrder(origin))).id for _ in range(count)]


async def do(desk: Desk, site: Site, deed: bulk.Deed, meant: list[Meant], who: int | None = None) -> list[bulk.Outcome]:
    """As the panel does it: a piece a transaction."""
    told = []
    for piece in bulk.pieces(meant):
        async with desk.work() as work:
            told += await bulk.do_each(work, who or site.operator_id, deed, piece)
    return told


async def states(desk: Desk) -> dict[int, tuple[str, int]]:
    async with desk.look() as session:
        rows = await session.execute(select(Order.id, Order.state, Order.version))
        return {order_id: (state, version) for order_id, state, version in rows}


async def test_of_many_cancelled_at_once_each_is_told_what_its_row_says(desk: Desk, site: Site) -> None:
    """Seen failing with a refusal that takes its whole piece back, and with a refused order told as done."""
    ids = await take(desk, site, 50)
    closed, changed, driven = ids[3], ids[25], ids[49]
    async with desk.work() as work:
        await orders.cancel(work, site.operator_id, closed, "x")
        await work.session.execute(update(Order).where(Order.id == changed).values(version=7))
        await dispatch.assign(work, site.operator_id, driven, site.drivers[0])
    before = await states(desk)
    told = await do(desk, site, bulk.cancel("폭우"), [Meant(order_id, 1) for order_id in ids])
    rows = await states(desk)
    assert {one.order_id: (one.state, one.version) for one in told} == rows
    refused = {one.order_id: one.code for one in told if not one.done}
    assert refused == {closed: "conflict", changed: "conflict", driven: "conflict"}
    assert {order_id: rows[order_id] for order_id in refused} == {order_id: before[order_id] for order_id in refused}
    assert [state for order_id, (state, _) in rows.items() if order_id not in refused] == ["cancelled"] * 47
    async with desk.look() as session:
        reasons = select(func.count()).select_from(OrderStep).where(OrderStep.reason == "폭우")
        assert await session.scalar(reasons) == 47


async def test_a_refused_order_leaves_no_trace_and_tells_nothing(desk: Desk, site: Site, told: list[Event]) -> None:
    """Seen failing with the events of a refused order kept, and without its savepoint."""
    sure, unsure = await take(desk, site, 1), await take(desk, site, 1, SOMEWHERE)
    told.clear()
    became = await do(desk, site, bulk.search, [Meant(order_id) for order_id in (*sure, *unsure)])
    assert [(one.done, one.code) for one in became] == [(True, None), (False, "pin_uncertain")]
    async with desk.look() as session:
        assert list(await session.scalars(select(Search.order_id))) == sure
    became = await do(desk, site, bulk.stop_search, [Meant(order_id) for order_id in (*sure, *unsure)])
    assert [(one.done, one.code) for one in became] == [(True, None), (False, "wrong_state")]
    assert {event.order_id for event in told if hasattr(event, "order_id")} == set(sure)
    assert not [event for event in told if isinstance(event, OrderChanged)]

    async def cancel_and_refuse(work: Work, who: int, meant: Meant) -> None:
        await orders.cancel(work, who, meant.order_id, "x")
        if meant.order_id in unsure:
            raise Conflict("too late")

    told.clear()
    await do(desk, site, cancel_and_refuse, [Meant(order_id) for order_id in (*sure, *unsure)])
    assert {order_id: state for order_id, (state, _) in (await states(desk)).items()} == {
        sure[0]: "cancelled",
        unsure[0]: "taken",
    }
    assert {event.order_id for event in told if hasattr(event, "order_id")} == set(sure)


async def test_orders_go_back_from_their_drivers_and_another_office_is_told_that_there_are_none(
    desk: Desk, site: Site
) -> None:
    """Seen failing with the other office's state told."""
    one, other = await take(desk, site, 2)
    async with desk.work() as work:
        await dispatch.assign(work, site.operator_id, one, site.drivers[0])
    stranger = (await make_site(desk, name="다른 사무실", did="15880002")).operator_id
    told = await do(desk, site, bulk.release("사고"), [Meant(one), Meant(other)], stranger)
    assert [(each.done, each.code, each.state) for each in told] == [(False, "not_found", None)] * 2
    told = await do(desk, site, bulk.release("사고"), [Meant(other), Meant(one), Meant(one)])
    assert [(each.order_id, each.done, each.state) for each in told] == [(one, True, "taken"), (other, False, "taken")]
