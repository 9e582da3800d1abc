"""A driver is told how the trip is paid before he accepts, while he drives and in his text: nobody collects twice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from desk.books.credit import Payment
from desk.dispatching import dispatch, searching
from desk.driver_page import driver_views
from desk.ordering import order_changes, orders
from desk.ordering.order_changes import ChangeOrder
from desk.ordering.orders import PlaceText, TakeOrder
from desk.work import Desk
from models import Driver, Message
from tests.desk.conftest import Clock
from tests.site import GANGNAM, Site, make_site


@pytest.fixture
def engine_name() -> str:
    return "sqlite"


@pytest.fixture
async def site(desk: Desk, clock: Clock) -> Site:
    return await make_site(desk, drivers=1)


async def taken(desk: Desk, site: Site, payment: str) -> int:
    form = TakeOrder(PlaceText("강남역", *GANGNAM), PlaceText("판교역"), number="01055501234", fare=20_000)
    async with desk.work() as work:
        return (await orders.take(work, site.operator_id, replace(form, payment=Payment(payment)))).id


async def assigned(desk: Desk, site: Site, payment: str) -> int:
    order_id = await taken(desk, site, payment)
    async with desk.work() as work:
        await dispatch.assign(work, site.operator_id, order_id, site.drivers[0])
    return order_id


async def texts(desk: Desk, key: str) -> list[tuple[str, str]]:
    async with desk.look() as session:
        query = select(Message).where(Message.text_key == key).order_by(Message.id)
        return [(row.state, row.text) for row in await session.scalars(query)]


@pytest.mark.parametrize(
    ("payment", "collected", "said"),
    [
        ("cash", True, "20,000원 현금 고객"),
        ("transfer", True, "20,000원 이체 고객"),
        ("card", False, "20,000원 카드(받지 마세요) 고객"),
    ],
)
async def test_the_driver_who_has_it_knows_whether_he_collects(
    desk: Desk, site: Site, payment: str, collected: bool, said: str
) -> None:
    await assigned(desk, site, payment)
    async with desk.look() as session:
        trip = (await driver_views.me(session, site.drivers[0], desk.clock()))["order"]
    assert (trip["payment"], trip["is_collected"]) == (payment, collected)
    [(_, text)] = await texts(desk, "sms.assigned.driver")
    assert said in text


async def test_an_offer_says_it_too_on_the_page_and_by_text(desk: Desk, site: Site) -> None:
    async with desk.work() as work:
        await work.session.execute(update(Driver).values(by_text=True))
    order_id = await taken(desk, site, "card")
    async with desk.work() as work:
        await searching.start(work, site.operator_id, order_id)
    async with desk.look() as session:
        [offer] = (await driver_views.me(session, site.drivers[0], desk.clock()))["offers"]
    assert (offer["payment"], offer["is_collected"]) == ("card", False)
    [(_, text)] = await texts(desk, "sms.offer.driver")
    assert "20,000원 카드 답장" in text


async def test_who_has_it_already_is_texted_that_it_is_paid_otherwise(desk: Desk, site: Site) -> None:
    order_id = await assigned(desk, site, "cash")
    for version, payment in ((2, "card"), (3, "cash")):
        async with desk.work() as work:
            form = ChangeOrder(version, frozenset({"payment"}), payment=payment)
            await order_changes.change(work, site.operator_id, order_id, form)
    assert await texts(desk, "sms.pay.changed") == [
        ("expired", "[결제변경] 카드(받지 마세요) 강남역→판교역 20,000원"),
        ("queued", "[결제변경] 현금 강남역→판교역 20,000원"),
    ]


async def test_while_nobody_has_it_nobody_is_texted(desk: Desk, site: Site) -> None:
    order_id = await taken(desk, site, "cash")
    async with desk.work() as work:
        form = ChangeOrder(1, frozenset({"payment"}), payment="card")
        await order_changes.change(work, site.operator_id, order_id, form)
    assert await texts(desk, "sms.pay.changed") == []
