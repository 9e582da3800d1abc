"""Fake orders in numbers: from one telephone, or to one place, they send nobody anywhere before a person has looked."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from desk.dispatching import crowds, searching
from desk.dispatching.crowds import TooManyAlike
from desk.ordering import order_history, orders
from desk.ordering.order_views import order_json, orders_json
from desk.ordering.orders import PlaceText, TakeOrder
from desk.trades import proxy
from desk.work import Desk
from models import AuditEntry, Offer, Order, Search
from tests.desk.conftest import Clock
from tests.site import GANGNAM, Site, make_site

FROM_A_NUMBER, TO_A_PLACE = proxy.TRADE.open_from_a_number, proxy.TRADE.open_to_a_place
FLOOD = {"sqlite": 200, "postgres": 40}


@pytest.fixture
async def site(desk: Desk, clock: Clock) -> Site:
    return await make_site(desk, drivers=2)


async def taken(desk: Desk, site: Site, number: int, place: str) -> int:
    form = TakeOrder(PlaceText(place, *GANGNAM, 15), number=f"010{number:08}")
    async with desk.work() as work:
        return (await orders.take(work, site.operator_id, form)).id


async def begin(desk: Desk, operator_id: int | None, order_id: int, reason: str | None = None) -> None:
    async with desk.work() as work:
        await searching.start(work, operator_id, order_id, reason)


async def asked(desk: Desk) -> int:
    async with desk.look() as session:
        return int(await session.scalar(select(func.count(Offer.id))) or 0)


async def test_orders_from_one_number_beyond_what_is_usual_wait_for_a_person(desk: Desk, site: Site) -> None:
    ids = [await taken(desk, site, 55501234, f"강남역 {n}번 출구") for n in range(FROM_A_NUMBER)]
    async with desk.look() as session:
        assert [each["crowd"] for each in await orders_json(session, ids)] == [None] * len(ids)
    ids.append(await taken(desk, site, 55501234, "역삼역"))
    other = await taken(desk, site, 55509999, "선릉역")
    for silent in (None, "", " \u200b "):
        with pytest.raises(TooManyAlike) as refused:
            await begin(desk, site.operator_id, ids[-1], silent)
        assert (refused.value.details["why"], refused.value.details["count"]) == ("many_from_number", len(ids))
    async with desk.work() as work:
        held = await work.session.get_one(Order, ids[0])
        assert not await searching.begin_by_itself(work, held, proposes=False)
        with pytest.raises(TooManyAlike):
            await searching.start(work, None, ids[0], "because")
    async with desk.look() as session:
        for row in (Search, Offer, AuditEntry):
            assert await session.scalar(select(func.count()).select_from(row)) == 0
        assert (await order_json(session, ids[0]))["crowd"] == {"why": "many_from_number", "count": len(ids)}
        assert (await order_json(session, other))["crowd"] is None
    await begin(desk, site.operator_id, other)
    assert await asked(desk) == 1


async def test_who_offers_one_of_a_crowd_all_the_same_is_kept_with_his_words(desk: Desk, site: Site) -> None:
    ids = [await taken(desk, site, 55501234, f"강남역 {n}번 출구") for n in range(FROM_A_NUMBER + 1)]
    await begin(desk, site.operator_id, ids[0], "회식, 여섯 대 맞음")
    async with desk.look() as session:
        deeds = await order_history.of_order(session, ids[0], site.office_id)
    assert [(deed.by, deed.state, deed.words) for deed in deeds if deed.what == "all_the_same"] == [
        ("김상담", "many_from_number", "회식, 여섯 대 맞음")
    ]
    assert await asked(desk) == 1


async def test_two_hundred_fake_orders_to_one_address_send_nobody_there(
    desk: Desk, site: Site, engine_name: str
) -> None:
    """On PostgreSQL forty: it is the number that counts, and not the database."""
    flood = FLOOD[engine_name]
    ids = [await taken(desk, site, 60000000 + n, "없는 번지 1") for n in range(flood)]
    async with desk.look() as session:
        there = [await session.get_one(Order, each) for each in ids]
        crowd = await crowds.of_orders(session, there)
    assert {each: (one.why, one.count) for each, one in crowd.items()} == dict.fromkeys(ids, ("many_to_place", flood))
    for each in ids[::20]:
        with pytest.raises(TooManyAlike):
            await begin(desk, site.operator_id, each)
    assert await asked(desk) == 0


async def test_who_is_closed_or_in_another_office_counts_for_nobody(desk: Desk, site: Site) -> None:
    elsewhere = await make_site(desk, drivers=1, name="다른 사무실", did="15880002")
    for n in range(TO_A_PLACE):
        await taken(desk, elsewhere, 70000000 + n, "강남역")
    closed = [await taken(desk, site, 71000000 + n, "강남역") for n in range(TO_A_PLACE)]
    for each in closed:
        async with desk.work() as work:
            await orders.cancel(work, site.operator_id, each, "취소")
    await begin(desk, site.operator_id, await taken(desk, site, 72000000, "강남역"))
    assert await asked(desk) == 1
