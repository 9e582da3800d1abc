"""An order changed after it was taken: written down by field, told, and never on top of what somebody else saved."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from desk.errors import Invalid, NotFound, WrongState
from desk.events import Event, OrderChanged
from desk.ordering import order_changes, orders
from desk.ordering.order_changes import ChangeOrder, StaleOrder
from desk.ordering.orders import PlaceText, TakeOrder
from desk.work import Desk
from models import Customer, Order, OrderChange, Place
from tests.site import Site, make_site


@pytest.fixture
async def site(desk: Desk) -> Site:
    return await make_site(desk)


@pytest.fixture
async def order(desk: Desk, site: Site) -> Order:
    async with desk.work() as work:
        form = TakeOrder(PlaceText("강남역"), PlaceText("판교역"), number="010-1234-5678", fare=20_000, note="현금")
        return await orders.take(work, site.operator_id, form)


def form(version: int, **changes: Any) -> ChangeOrder:
    return replace(ChangeOrder(version, frozenset(changes)), **changes)


async def change(desk: Desk, operator_id: int, order: Order, **changes: Any) -> Order:
    """Change the order as it was when `order` was read."""
    return await desk.do(lambda work: order_changes.change(work, operator_id, order.id, form(order.version, **changes)))


async def rows(desk: Desk) -> list[tuple[str, Any, Any]]:
    async with desk.look() as session:
        found = await session.scalars(select(OrderChange).order_by(OrderChange.id))
        return [(one.field, one.before, one.after) for one in found]


async def test_only_what_was_changed_is_changed_and_it_is_written_who_did_it(
    desk: Desk, site: Site, order: Order, told: list[Event]
) -> None:
    changed = await change(desk, site.colleague_id, order, fare=25_000, note=None)
    assert (changed.fare, changed.note, changed.origin_text, changed.destination_text) == (
        25_000,
        None,
        "강남역",
        "판교역",
    )
    assert changed.version == order.version + 1
    assert await rows(desk) == [("fare", 20_000, 25_000), ("note", "현금", None)]
    async with desk.look() as session:
        [*changes] = await session.scalars(select(OrderChange))
    assert {(one.operator_id, one.version) for one in changes} == {(site.colleague_id, changed.version)}
    assert told[-1] == OrderChanged(changes[0].at, order.id, site.colleague_id)


async def test_a_new_place_is_remembered_and_a_destination_can_be_taken_away(
    desk: Desk, site: Site, order: Order
) -> None:
    changed = await change(desk, site.operator_id, order, origin=PlaceText("시청역", 37.5, 127.0), destination=None)
    assert (changed.origin_text, changed.origin_lat, changed.destination_text) == ("시청역", 37.5, None)
    assert changed.destination_source is None
    async with desk.look() as session:
        assert "시청역" in set(await session.scalars(select(Place.text)))


async def test_another_number_makes_the_order_that_customers(desk: Desk, site: Site, order: Order) -> None:
    changed = await change(desk, site.operator_id, order, number="010-9999-0000")
    assert (changed.number, changed.customer_id != order.customer_id) == ("+821099990000", True)
    async with desk.look() as session:
        assert len((await session.scalars(select(Customer))).all()) == 2


async def test_saving_what_is_there_already_changes_and_tells_nothing(
    desk: Desk, site: Site, order: Order, told: list[Event]
) -> None:
    before = list(told)
    changed = await change(desk, site.operator_id, order, fare=20_000, note=" 현금 ")
    assert (changed.version, await rows(desk), told) == (order.version, [], before)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": "no number"}, "number"),
        ({"origin": None}, "origin"),
        ({"origin": PlaceText(" ")}, "origin.text"),
        ({"fare": -1}, "fare"),
        ({"wants": ("wings",)}, "wants"),
        ({"payment": "account"}, "credit_id"),
    ],
)
async def test_what_cannot_be_used_names_its_field(
    desk: Desk, site: Site, order: Order, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await change(desk, site.operator_id, order, **changes)
    assert refused.value.details["field"] == field


async def test_a_closed_order_and_another_offices_order_are_not_changed(desk: Desk, site: Site, order: Order) -> None:
    elsewhere = await make_site(desk, drivers=0, did="15889999")
    with pytest.raises(NotFound):
        await change(desk, elsewhere.operator_id, order, fare=1)
    async with desk.work() as work:
        order = await orders.cancel(work, site.operator_id, order.id, "손님 취소")
    with pytest.raises(WrongState):
        await change(desk, site.operator_id, order, fare=1)


async def test_the_second_save_is_refused_with_what_the_first_one_changed(desk: Desk, site: Site, order: Order) -> None:
    await change(desk, site.colleague_id, order, fare=25_000, destination=PlaceText("정자역"), note="카드")
    with pytest.raises(StaleOrder) as refused:
        await change(desk, site.operator_id, order, fare=30_000, note="카드")
    differences = {one.field: one for one in refused.value.differences}
    assert set(differences) == {"fare", "destination"}  # both said "카드": no difference
    fare, destination = differences["fare"], differences["destination"]
    assert (fare.yours, fare.theirs, fare.mine, fare.by) == (30_000, 25_000, True, "이상담")
    assert (destination.yours, destination.theirs, destination.mine) == ("판교역", "정자역", False)
    assert refused.value.details["version"] == order.version + 1
    assert fare.as_json()["at"].endswith("Z")


async def test_a_save_after_somebody_else_cancelled_is_refused_too(desk: Desk, site: Site, order: Order) -> None:
    async with desk.work() as work:
        await orders.cancel(work, site.colleague_id, order.id, "손님 취소")
    with pytest.raises(StaleOrder) as refused:
        await change(desk, site.operator_id, order, fare=30_000)
    assert (refused.value.differences, refused.value.details["state"]) == ((), "cancelled")


async def test_of_two_who_save_at_once_one_wins_and_nothing_is_lost_silently(
    desk: Desk, site: Site, order: Order
) -> None:
    outcomes = await asyncio.gather(
        change(desk, site.operator_id, order, fare=30_000),
        change(desk, site.colleague_id, order, fare=40_000),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in outcomes) == ["Order", "StaleOrder"], outcomes
    [saved] = [one for one in outcomes if isinstance(one, Order)]
    [refused] = [one for one in outcomes if isinstance(one, StaleOrder)]
    [difference] = refused.differences
    assert {difference.yours, difference.theirs} == {30_000, 40_000}
    assert difference.theirs == saved.fare


async def test_who_changes_skills_or_payment_on_top_of_another_save_is_shown_both(
    desk: Desk, site: Site, order: Order
) -> None:
    """Seen failing while an order's skills could not be changed."""
    changed = await change(desk, site.colleague_id, order, wants=("manual", "automatic"), payment="card")
    assert (changed.wants, changed.payment) == (["automatic", "manual"], "card")
    assert await rows(desk) == [("payment", "cash", "card"), ("wants", [], ["automatic", "manual"])]
    with pytest.raises(StaleOrder) as refused:
        await change(desk, site.operator_id, order, wants=("large",))
    wants, payment = sorted(refused.value.differences, key=lambda one: one.field, reverse=True)
    assert (wants.field, wants.yours, wants.theirs, wants.mine) == ("wants", ["large"], ["automatic", "manual"], True)
    assert (payment.field, payment.yours, payment.theirs, payment.mine) == ("payment", "cash", "card", False)
    same = await change(desk, site.operator_id, changed, wants=())
    assert same.wants is None
