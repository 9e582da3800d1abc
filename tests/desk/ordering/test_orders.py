"""Orders: taken once, with their customer and places, and moved only along the trade's table."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from desk.bus import Bus
from desk.dispatching import dispatch
from desk.errors import Conflict, Invalid, NotFound, WrongState
from desk.events import CallIdentified, Event, OrderChanged, OrderTaken
from desk.ordering import orders
from desk.ordering.order_views import order_json, orders_json
from desk.ordering.orders import PlaceText, TakeOrder
from desk.views import moment as told_moment
from desk.work import Desk, utc_now
from models import Assignment, Call, Customer, CustomerPhone, Driver, Order, OrderStep, Place, Shift
from tests.site import Site, make_site

GANGNAM = PlaceText("강남역 10번 출구", 37.4979, 127.0276, 15, "map")
PANGYO = PlaceText("판교역")


@pytest.fixture
async def site(desk: Desk) -> Site:
    return await make_site(desk)


async def take(desk: Desk, site: Site, form: TakeOrder | None = None) -> Order:
    async with desk.work() as work:
        return await orders.take(work, site.operator_id, form or TakeOrder(GANGNAM, PANGYO, number="010-1234-5678"))


async def count(desk: Desk, table: type) -> int:
    async with desk.look() as session:
        return (await session.execute(select(func.count()).select_from(table))).scalar_one()


async def a_call(desk: Desk, site: Site, number: str | None = "+821012345678", customer_id: int | None = None) -> int:
    async with desk.work() as work:
        call = Call(
            office_id=site.office_id,
            line_id=site.line_id,
            source="pbx",
            number=number,
            presentation="allowed" if number else "withheld",
            state="arrived",
            arrived_at=work.now,
            customer_id=customer_id,
        )
        work.session.add(call)
        await work.session.flush()
        return call.id


async def test_the_first_order_from_an_unknown_number_makes_the_customer(desk: Desk, site: Site) -> None:
    order = await take(desk, site, TakeOrder(GANGNAM, number="010-1234-5678", customer_name=" 김\u200b철수 "))
    async with desk.look() as session:
        phone = (await session.execute(select(CustomerPhone))).scalar_one()
        customer = await session.get_one(Customer, phone.customer_id)
    assert (order.customer_id, order.number) == (customer.id, "+821012345678")
    assert (phone.number, customer.name) == ("+821012345678", "김철수")


async def test_every_spelling_of_a_number_is_the_same_customer(desk: Desk, site: Site) -> None:
    for spelling in ("010-1234-5678", "+82 10 1234 5678", "01012345678", "１０ 1234 5678"):
        await take(desk, site, TakeOrder(GANGNAM, number=spelling))
    assert await count(desk, Customer) == 1


async def test_operators_who_save_the_same_new_caller_at_once_make_one_customer(desk: Desk, site: Site) -> None:
    for n in range(10):
        number = f"0105555{n:04}"
        taken = await asyncio.gather(*(take(desk, site, TakeOrder(GANGNAM, number=number)) for _ in range(8)))
        assert len({order.customer_id for order in taken}) == 1
    assert await count(desk, Customer) == 10
    async with desk.look() as session:
        assert list((await session.execute(select(Place.uses))).scalars()) == [8] * 10


async def test_an_order_takes_the_number_of_its_call_and_the_call_gets_the_customer(
    desk: Desk, site: Site, told: list[Event]
) -> None:
    call_id = await a_call(desk, site)
    order = await take(desk, site, TakeOrder(GANGNAM, call_id=call_id))
    assert order.number == "+821012345678"
    async with desk.look() as session:
        assert (await session.get_one(Call, call_id)).customer_id == order.customer_id
    assert [(e.call_id, e.customer_id) for e in told if isinstance(e, CallIdentified)] == [(call_id, order.customer_id)]


async def test_a_caller_who_withholds_his_number_can_order(desk: Desk, site: Site) -> None:
    call_id = await a_call(desk, site, number=None)
    order = await take(desk, site, TakeOrder(GANGNAM, call_id=call_id))
    assert (order.number, order.customer_id) == (None, None)
    assert await count(desk, Customer) == 0


async def test_a_known_caller_who_withholds_his_number_keeps_his_card(desk: Desk, site: Site) -> None:
    customer_id = (await take(desk, site)).customer_id
    call_id = await a_call(desk, site, number=None, customer_id=customer_id)
    assert (await take(desk, site, TakeOrder(GANGNAM, call_id=call_id))).customer_id == customer_id


async def test_places_are_remembered_and_counted(desk: Desk, site: Site) -> None:
    await take(desk, site)
    await take(desk, site)
    async with desk.look() as session:
        places = {place.text: place for place in (await session.execute(select(Place))).scalars()}
    assert {text: place.uses for text, place in places.items()} == {"강남역 10번 출구": 2, "판교역": 2}
    assert (places["강남역 10번 출구"].lat, places["강남역 10번 출구"].source) == (37.4979, "map")


async def test_words_that_were_pinned_once_bring_their_pin_back(desk: Desk, site: Site) -> None:
    await take(desk, site)
    again = await take(desk, site, TakeOrder(PlaceText("강남역 10번 출구"), number="010-1234-5678"))
    assert (again.origin_lat, again.origin_accuracy_m, again.origin_source) == (37.4979, 15, "saved")


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (TakeOrder(PlaceText(" \u200b\n")), "origin.text"),
        (TakeOrder(GANGNAM, PlaceText("")), "destination.text"),
        (TakeOrder(PlaceText("x", lat=1.0)), "origin.lat"),
        (TakeOrder(PlaceText("x", 91.0, 0.0)), "origin.lat"),
        (TakeOrder(PlaceText("x", float("nan"), 0.0)), "origin.lat"),
        (TakeOrder(PlaceText("x", source="rumour")), "origin.source"),
        (TakeOrder(GANGNAM, number="hello"), "number"),
        (TakeOrder(GANGNAM, fare=-1), "fare"),
        (TakeOrder(GANGNAM, fare=2**31), "fare"),
    ],
)
async def test_a_form_that_cannot_be_used_names_the_field_and_saves_nothing(
    desk: Desk, site: Site, told: list[Event], form: TakeOrder, field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        await take(desk, site, form)
    assert refusal.value.details["field"] == field
    assert (await count(desk, Order), await count(desk, Customer), await count(desk, Place)) == (0, 0, 0)
    assert told == []


async def test_another_office_sees_neither_the_order_nor_the_call(desk: Desk, site: Site) -> None:
    order = await take(desk, site)
    call_id = await a_call(desk, site)
    stranger = await make_site(desk, drivers=0, name="다른대리", did="15990001")
    for attempt in (
        lambda work: orders.cancel(work, stranger.operator_id, order.id, "x"),
        lambda work: dispatch.assign(work, stranger.operator_id, order.id, site.drivers[0]),
        lambda work: orders.take(work, stranger.operator_id, TakeOrder(GANGNAM, call_id=call_id)),
    ):
        with pytest.raises(NotFound):
            async with desk.work() as work:
                await attempt(work)


async def test_taking_is_told_after_the_commit_with_the_operator(desk: Desk, site: Site, told: list[Event]) -> None:
    order = await take(desk, site)
    assert [(e.order_id, e.operator_id) for e in told if isinstance(e, OrderTaken)] == [(order.id, site.operator_id)]


async def test_completing_frees_the_driver_and_counts_the_trip(desk: Desk, site: Site) -> None:
    order = await take(desk, site)
    async with desk.work() as work:
        await dispatch.assign(work, site.operator_id, order.id, site.drivers[0])
    async with desk.work() as work:
        await orders.step(work, site.operator_id, order.id, "driving")
    async with desk.work() as work:
        await orders.step(work, site.operator_id, order.id, "completed")
        done_at = work.now
    async with desk.look() as session:
        order = await session.get_one(Order, order.id)
        driver = await session.get_one(Driver, site.drivers[0])
        customer = await session.get_one(Customer, order.customer_id)
        assignment = (await session.execute(select(Assignment))).scalar_one()
        steps = (await session.execute(select(OrderStep.before, OrderStep.after).order_by(OrderStep.id))).all()
    assert (order.state, order.closed_at) == ("completed", done_at)
    assert (driver.state, driver.free_since) == ("free", done_at)
    assert (customer.trips, customer.cancels, customer.last_trip_at) == (1, 0, done_at)
    assert (assignment.state, assignment.ended_at) == ("completed", done_at)
    assert [tuple(step) for step in steps] == [
        (None, "taken"),
        ("taken", "assigned"),
        ("assigned", "driving"),
        ("driving", "completed"),
    ]


async def test_cancelling_frees_the_driver_and_counts_the_cancel(desk: Desk, site: Site) -> None:
    order = await take(desk, site)
    async with desk.work() as work:
        await dispatch.assign(work, site.operator_id, order.id, site.drivers[0])
    async with desk.work() as work:
        await orders.cancel(work, site.operator_id, order.id, "changed his mind")
    async with desk.look() as session:
        assert (await session.get_one(Driver, site.drivers[0])).state == "free"
        assert (await session.get_one(Customer, order.customer_id)).cancels == 1
        assert (await session.execute(select(Assignment.state))).scalar_one() == "released"
        last = (await session.execute(select(OrderStep).order_by(OrderStep.id.desc()).limit(1))).scalar_one()
    assert (last.after, last.reason, last.operator_id) == ("cancelled", "changed his mind", site.operator_id)


async def test_a_driver_whose_shift_ended_meanwhile_goes_off_and_not_free(desk: Desk, site: Site) -> None:
    order = await take(desk, site)
    async with desk.work() as work:
        await dispatch.assign(work, site.operator_id, order.id, site.drivers[0])
        shift = (await work.session.execute(select(Shift).where(Shift.driver_id == site.drivers[0]))).scalar_one()
        shift.ended_at = work.now
    async with desk.work() as work:
        await orders.complete(work, site.operator_id, order.id)
    async with desk.look() as session:
        assert (await session.get_one(Driver, site.drivers[0])).state == "off"


async def test_a_step_that_the_table_lacks_is_refused_and_changes_nothing(desk: Desk, site: Site) -> None:
    order = await take(desk, site)
    for to_state in ("driving", "completed", "no such state"):
        with pytest.raises(WrongState):
            async with desk.work() as work:
                await orders.step(work, site.operator_id, order.id, to_state)
    for to_state in ("taken", "assigned", "cancelled"):
        with pytest.raises(Invalid):
            async with desk.work() as work:
                await orders.step(work, site.operator_id, order.id, to_state)
    async with desk.look() as session:
        assert (await session.get_one(Order, order.id)).state == "taken"


async def test_a_closed_order_stays_closed(desk: Desk, site: Site) -> None:
    order = await take(desk, site)
    async with desk.work() as work:
        await orders.cancel(work, site.operator_id, order.id, "")
    with pytest.raises(WrongState):
        async with desk.work() as work:
            await orders.cancel(work, site.operator_id, order.id, "")
    with pytest.raises(WrongState):
        async with desk.work() as work:
            await dispatch.assign(work, site.operator_id, order.id, site.drivers[0])
    async with desk.look() as session:
        assert (await session.get_one(Customer, order.customer_id)).cancels == 1


async def test_who_read_an_older_version_is_refused(desk: Desk, site: Site, told: list[Event]) -> None:
    order = await take(desk, site)
    async with desk.work() as work:
        await dispatch.assign(work, site.operator_id, order.id, site.drivers[0], version=order.version)
    told.clear()
    with pytest.raises(Conflict) as refusal:
        async with desk.work() as work:
            await orders.cancel(work, site.colleague_id, order.id, "", version=order.version)
    assert refusal.value.details["version"] == order.version + 1
    assert [event for event in told if isinstance(event, OrderChanged)] == []


async def test_cancel_and_assign_at_once_leave_no_driver_on_a_cancelled_order(desk: Desk, site: Site) -> None:
    for _ in range(20):
        order = await take(desk, site)

        async def cancel(order_id: int) -> None:
            async with desk.work() as work:
                await orders.cancel(work, site.operator_id, order_id, "")

        async def assign(order_id: int) -> None:
            async with desk.work() as work:
                await dispatch.assign(work, site.colleague_id, order_id, site.drivers[0])

        ended = await asyncio.gather(assign(order.id), cancel(order.id), return_exceptions=True)
        assert all(e is None or isinstance(e, WrongState) for e in ended), ended
        async with desk.look() as session:
            assert (await session.get_one(Order, order.id)).state == "cancelled"
            assert (await session.get_one(Driver, site.drivers[0])).state == "free"
            active = select(func.count()).select_from(Assignment).where(Assignment.state == "active")
            assert (await session.execute(active)).scalar_one() == 0


async def test_an_order_is_shown_with_its_customer_places_and_driver(desk: Desk, site: Site) -> None:
    order = await take(
        desk, site, TakeOrder(GANGNAM, PANGYO, number="010-1234-5678", customer_name="김철수", fare=25_000)
    )
    async with desk.work() as work:
        await dispatch.assign(work, site.operator_id, order.id, site.drivers[1])
    async with desk.look() as session:
        shown = await order_json(session, order.id)
    assert shown["customer"] == {"id": order.customer_id, "name": "김철수"}
    assert shown["origin"] == {
        "text": "강남역 10번 출구",
        "lat": 37.4979,
        "lon": 127.0276,
        "accuracy_m": 15,
        "source": "map",
        "at": told_moment(order.taken_at),
    }
    assert shown["destination"]["text"] == "판교역"
    assert (shown["fare"], shown["currency"], shown["state"]) == (25_000, "KRW", "assigned")
    assert shown["driver"] == {"id": site.drivers[1], "number": "101", "name": "기사1", "papers": []}
    assert shown["taken_at"].endswith("Z")
    assert shown["assigned_at"] >= shown["taken_at"]


async def test_a_released_driver_is_no_longer_shown(desk: Desk, site: Site) -> None:
    order = await take(desk, site)
    async with desk.work() as work:
        await dispatch.assign(work, site.operator_id, order.id, site.drivers[1])
    async with desk.work() as work:
        await dispatch.release(work, site.operator_id, order.id, "flat tyre")
    async with desk.look() as session:
        shown = await order_json(session, order.id)
    assert (shown["driver"], shown["assigned_at"], shown["state"]) == (None, None, "taken")


async def test_orders_are_listed_newest_first_by_state_and_page(desk: Desk, site: Site) -> None:
    taken = [(await take(desk, site)).id for _ in range(5)]
    async with desk.work() as work:
        await orders.cancel(work, site.operator_id, taken[0], "")
    async with desk.look() as session:
        assert await orders.list_orders(session, site.office_id, limit=2) == taken[:2:-1]
        assert await orders.list_orders(session, site.office_id, before_id=taken[2]) == taken[1::-1]
        assert await orders.list_orders(session, site.office_id, state="cancelled") == [taken[0]]
        assert await orders.list_orders(session, site.office_id, open_only=True) == taken[:0:-1]
        shown = await orders_json(session, [taken[3], 999_999, taken[1]])
    assert [row["id"] for row in shown] == [taken[3], taken[1]]


async def test_a_moment_comes_back_as_it_was_stored(desk: Desk, engine: object, site: Site) -> None:
    moment = utc_now() - timedelta(days=200)
    past = Desk(desk.engine, Bus(), clock=lambda: moment)
    order = await take(past, site)
    async with desk.look() as session:
        assert (await session.get_one(Order, order.id)).taken_at == moment
