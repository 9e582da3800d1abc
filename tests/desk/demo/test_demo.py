"""The demo site: enough of everything, consistent in itself, the same for the same seed, and without a default secret."""

from __future__ import annotations

import random
from collections import Counter, defaultdict

import pytest
from sqlalchemy import func, select

from desk import numbers, trades
from desk.customer import customers
from desk.demo import site as demo
from desk.demo.history import Firm, History, make_history
from desk.demo.people import People
from desk.demo.places import Places
from desk.errors import Conflict
from desk.office import people
from desk.work import Desk
from models import Customer, CustomerPhone, Driver, Line, Office, Operator, Order, Place, Shift
from tests.desk.conftest import NOON, Clock

CUSTOMERS = 300
DRIVERS = 40


@pytest.fixture
async def logins(desk: Desk, clock: Clock) -> demo.DemoLogins:
    """A demo site with fewer customers."""
    return await demo.fill(desk, customers=CUSTOMERS, drivers=DRIVERS)


async def test_the_office_its_line_and_its_people_are_there(desk: Desk, logins: demo.DemoLogins) -> None:
    async with desk.look() as session:
        office = (await session.scalars(select(Office))).one()
        line = (await session.scalars(select(Line))).one()
        roles = Counter(map(tuple, await session.execute(select(Operator.role, Operator.extension))))
    assert (office.country, office.currency, office.trade, line.did) == ("KR", "KRW", "proxy", "15880001")
    assert roles == {("operator", "1001"): 1, ("operator", "1002"): 1, ("admin", None): 1, ("operator", None): 1}


@pytest.mark.parametrize("name", trades.names())
async def test_every_trade_has_a_demo_of_its_own(desk: Desk, clock: Clock, name: str) -> None:
    trade = trades.load(name)
    logins = await demo.fill(desk, customers=20, drivers=2, trade=name)
    async with desk.look() as session:
        office = (await session.scalars(select(Office))).one()
        past = (await session.scalars(select(Order))).all()
        places = set((await session.scalars(select(Place.text))).all())
    assert (office.trade, office.name != "") == (name, True)
    assert past
    for order in past:
        assert order.trade == name
        assert set(order.details) == {field.name for field in trade.own_fields}
        assert (order.destination_text is not None) == trade.asks("destination")
        assert {order.origin_text, order.destination_text} - {None} <= places
    assert logins.operators


async def test_every_log_in_works_and_each_site_has_its_own_secrets(desk: Desk, logins: demo.DemoLogins) -> None:
    for login in (logins.admin, *logins.operators):
        assert (await people.sign_in(desk, login.user, login.password)).operator.login == login.user
    async with desk.look() as session:
        program = await people.by_token(session, logins.api_token)
    assert program is not None
    assert program.role == "operator"
    secret = [logins.api_token, *(login.password for login in (logins.admin, *logins.operators))]
    assert len(set(secret)) == len(secret)
    assert all(one not in repr(logins) for one in secret)


async def test_trips_cancels_and_places_are_counted_from_orders_that_exist(desk: Desk, logins: demo.DemoLogins) -> None:
    async with desk.look() as session:
        counted = Counter(map(tuple, await session.execute(select(Order.customer_id, Order.state))))
        for customer in await session.scalars(select(Customer)):
            assert customer.trips == counted[customer.id, "completed"]
            assert customer.cancels == counted[customer.id, "cancelled"]
        used: Counter[tuple[int | None, str | None]] = Counter()
        for order in await session.scalars(select(Order)):
            used[order.customer_id, order.origin_text] += 1
            used[order.customer_id, order.destination_text] += 1
        places = {(place.customer_id, place.text): place.uses for place in await session.scalars(select(Place))}
        assert places == used


async def test_every_customer_has_a_card_with_a_usual_trip_and_most_have_a_habit(
    desk: Desk, logins: demo.DemoLogins
) -> None:
    async with desk.look() as session:
        cards = await customers.cards(session, list(await session.scalars(select(Customer.id))))
        statement = select(Order.customer_id, Order.origin_text, Order.destination_text, Order.fare)
        ordered = set(map(tuple, await session.execute(statement)))
    assert len(cards) == CUSTOMERS
    for card in cards.values():
        for trip in card.usual_trips:
            assert trip.destination is not None
            assert (card.id, trip.origin.text, trip.destination.text, trip.fare) in ordered
    habits = sum(1 for card in cards.values() if card.usual_trips and card.usual_trips[0].count > 1)
    assert habits > CUSTOMERS // 3


async def test_numbers_are_real_shapes_and_nobody_shares_one(desk: Desk, logins: demo.DemoLogins) -> None:
    async with desk.look() as session:
        phones = list(await session.scalars(select(CustomerPhone.number)))
        phones += list(await session.scalars(select(Driver.phone)))
    assert len(set(phones)) == CUSTOMERS + DRIVERS
    assert all(numbers.normalise(phone, "KR").e164 == phone for phone in phones)


async def test_drivers_are_on_shift_free_and_spread_over_seoul(desk: Desk, logins: demo.DemoLogins) -> None:
    async with desk.look() as session:
        drivers = list(await session.scalars(select(Driver)))
        shifts = set(await session.scalars(select(Shift.driver_id).where(Shift.ended_at.is_(None))))
    assert shifts == {driver.id for driver in drivers}
    assert {driver.state for driver in drivers} == {"free"}
    assert all(37.2 < (driver.lat or 0) < 37.75 and 126.6 < (driver.lon or 0) < 127.3 for driver in drivers)
    assert len({(driver.lat, driver.lon) for driver in drivers}) == DRIVERS


async def test_rows_that_come_after_the_demo_get_keys_of_their_own(desk: Desk, logins: demo.DemoLogins) -> None:
    async with desk.work() as work:
        office_id = (await work.session.scalars(select(Office.id))).one()
        customer = Customer(office_id=office_id, name="new", created_at=work.now)
        work.session.add(customer)
        await work.session.flush()
        assert customer.id == CUSTOMERS + 1
        last_order = await work.session.scalar(select(func.max(Order.id))) or 0
        order = Order(
            office_id=office_id,
            trade="proxy",
            state="taken",
            origin_text="강남역",
            origin_source="operator",
            currency="KRW",
            taken_at=work.now,
        )
        work.session.add(order)
        await work.session.flush()
        assert order.id == last_order + 1


async def test_a_database_in_use_is_never_filled(desk: Desk, logins: demo.DemoLogins) -> None:
    with pytest.raises(Conflict):
        await demo.fill(desk, customers=1, drivers=1)
    async with desk.look() as session:
        assert await session.scalar(select(func.count(Customer.id))) == CUSTOMERS


def past(seed: int) -> History:
    chance = random.Random(seed)
    firm = Firm(1, "proxy", "KRW", "Asia/Seoul", (1, 2))
    return make_history(firm, People(chance), Places(chance), 50, NOON, chance)


def test_the_same_seed_is_the_same_past_and_another_is_another() -> None:
    assert past(1) == past(1)
    assert past(1).phones != past(2).phones


def test_the_past_is_over_and_in_order() -> None:
    orders = past(3).orders
    taken = [order["taken_at"] for order in orders]
    assert taken == sorted(taken)
    assert [order["id"] for order in orders] == list(range(1, len(orders) + 1))
    assert all(order["taken_at"] < order["closed_at"] < NOON for order in orders)
    assert all(order["fare"] >= 20_000 and order["fare"] % 1_000 == 0 for order in orders)


def test_one_text_is_one_pin() -> None:
    pins: dict[str, set[tuple[float, float]]] = defaultdict(set)
    for order in past(4).orders:
        pins[order["origin_text"]].add((order["origin_lat"], order["origin_lon"]))
        pins[order["destination_text"]].add((order["destination_lat"], order["destination_lon"]))
    assert all(len(found) == 1 for found in pins.values())
