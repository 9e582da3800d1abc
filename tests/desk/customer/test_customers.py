"""The card of a customer and the search for one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from desk.customer import customers
from desk.errors import NotFound
from desk.work import Desk
from models import CustomerPhone, Order, Place
from tests.desk.conftest import NOON, AddCustomer, Clock
from tests.site import Site

MOBILE = "+821012345678"

pytestmark = pytest.mark.usefixtures("clock")


async def ordered(
    desk: Desk,
    site: Site,
    customer_id: int,
    origin: str,
    destination: str | None,
    *,
    fare: int | None = 20_000,
    state: str = "completed",
) -> int:
    async with desk.work() as work:
        order = Order(
            office_id=site.office_id,
            trade="proxy",
            state=state,
            customer_id=customer_id,
            number=MOBILE,
            origin_text=origin,
            origin_source="operator",
            destination_text=destination,
            fare=fare,
            currency="KRW",
            taken_at=work.now,
            closed_at=work.now if state in ("completed", "cancelled") else None,
        )
        work.session.add(order)
        await work.session.flush()
        return order.id


async def test_a_customer_is_found_by_number_only_in_his_own_office(
    desk: Desk, site: Site, add_customer: AddCustomer
) -> None:
    customer_id = await add_customer(MOBILE)
    async with desk.look() as session:
        found = await customers.by_number(session, site.office_id, MOBILE)
        assert found is not None
        assert found.id == customer_id
        assert await customers.by_number(session, site.office_id + 1, MOBILE) is None
        assert await customers.by_number(session, site.office_id, "+821099998888") is None
        assert await customers.by_number(session, site.office_id, None) is None


async def test_the_card_shows_numbers_places_and_the_live_order(
    desk: Desk, site: Site, clock: Clock, add_customer: AddCustomer
) -> None:
    customer_id = await add_customer(MOBILE)
    async with desk.work() as work:
        work.session.add(CustomerPhone(office_id=site.office_id, customer_id=customer_id, number="+82212345678"))
        for text, days in (("집", 5), ("회사", 1)):
            work.session.add(
                Place(
                    customer_id=customer_id,
                    text=text,
                    lat=37.5,
                    lon=127.0,
                    accuracy_m=15,
                    source="operator",
                    last_used_at=NOON - timedelta(days=days),
                )
            )
    await ordered(desk, site, customer_id, "회사", "집")
    live = await ordered(desk, site, customer_id, "회사", None, state="assigned")
    async with desk.look() as session:
        card = (await customers.card(session, customer_id)).as_json()
    assert card["numbers"] == [MOBILE, "+82212345678"]
    assert card["live_order_id"] == live
    assert [place["text"] for place in card["places"]] == ["회사", "집"]
    assert card["places"][0]["accuracy_m"] == 15


async def test_usual_trips_are_counted_from_past_orders_and_show_the_last_fare(
    desk: Desk, site: Site, add_customer: AddCustomer
) -> None:
    customer_id = await add_customer(MOBILE)
    stranger = await add_customer("+821099998888")
    for origin, destination, fare, state in (
        ("강남", "판교", 20_000, "completed"),
        ("홍대", "일산", 30_000, "completed"),
        ("강남", "판교", 25_000, "completed"),
        ("신촌", None, None, "completed"),
        ("사당", "수원", 40_000, "completed"),
        ("강남", "판교", None, "completed"),
        ("종로", "구리", 33_000, "cancelled"),
        ("종로", "구리", 33_000, "cancelled"),
    ):
        await ordered(desk, site, customer_id, origin, destination, fare=fare, state=state)
    await ordered(desk, site, stranger, "홍대", "일산")
    async with desk.look() as session:
        trips = [trip.as_json() for trip in (await customers.card(session, customer_id)).usual_trips]
    told = [
        (trip["origin"]["text"], (trip["destination"] or {}).get("text"), trip["fare"], trip["count"]) for trip in trips
    ]
    assert told == [("강남", "판교", 25_000, 3), ("사당", "수원", 40_000, 1), ("신촌", None, None, 1)]


async def test_a_cancelled_order_is_not_live(desk: Desk, site: Site, add_customer: AddCustomer) -> None:
    customer_id = await add_customer(MOBILE)
    await ordered(desk, site, customer_id, "강남", "판교", state="cancelled")
    async with desk.look() as session:
        assert (await customers.card(session, customer_id)).live_order_id is None


async def test_a_live_order_is_seen_however_many_came_after_it(
    desk: Desk, site: Site, add_customer: AddCustomer
) -> None:
    customer_id = await add_customer(MOBILE)
    live = await ordered(desk, site, customer_id, "강남", "판교", state="taken")
    for _ in range(customers.ORDERS_LOOKED_AT + 1):
        await ordered(desk, site, customer_id, "강남", "판교")
    async with desk.look() as session:
        assert (await customers.card(session, customer_id)).live_order_id == live


async def test_who_is_not_there_has_no_card(desk: Desk) -> None:
    async with desk.look() as session:
        with pytest.raises(NotFound):
            await customers.card(session, 4711)
        assert await customers.cards(session, [4711]) == {}
