"""A caller shows where he is: the link that is texted to him, what it may do, and what becomes of his order's pin."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from desk.dispatching import searching
from desk.errors import Conflict, Invalid, NotFound, WrongState
from desk.message import messages
from desk.ordering import order_history, orders, place_links
from desk.ordering.orders import PlaceText, TakeOrder
from desk.ordering.place_links import NoMobile, TooManyPlaceLinks, WrongPlaceLink
from desk.trades import proxy
from desk.work import Desk
from models import AuditEntry, Message, Offer, Order, PlaceLink, Search
from tests.desk.conftest import Clock
from tests.site import GANGNAM, Site, make_site

PAGE = "https://desk.example/here"
SURE = proxy.TRADE.sure_within_m
SEOCHO = (37.4870, 127.0150)


@pytest.fixture
async def site(desk: Desk, clock: Clock) -> Site:
    return await make_site(desk, drivers=2)


async def taken(desk: Desk, site: Site, place: PlaceText | None = None, number: str | None = "010-1234-5678") -> int:
    async with desk.work() as work:
        return (await orders.take(work, site.operator_id, TakeOrder(place or PlaceText("신촌"), number=number))).id


async def sent(desk: Desk, site: Site, order_id: int) -> str:
    """The token of a link that was just texted."""
    async with desk.work() as work:
        message = await place_links.send(work, site.operator_id, order_id, PAGE)
        return message.text.partition("#")[2][: place_links.TOKEN_LENGTH]


async def show(desk: Desk, token: str, accuracy_m: float = 20, key: str | None = None) -> place_links.Shown:
    async with desk.work() as work:
        return await place_links.show(work, token, *SEOCHO, accuracy_m, key)


async def order_of(desk: Desk, order_id: int) -> Order:
    async with desk.look() as session:
        return await session.get_one(Order, order_id)


async def test_the_link_is_a_text_to_the_caller_and_nobody_reads_what_is_in_it(desk: Desk, site: Site) -> None:
    order_id = await taken(desk, site)
    token = await sent(desk, site, order_id)
    async with desk.look() as session:
        message = (await session.scalars(select(Message))).one()
        link = (await session.scalars(select(PlaceLink))).one()
        deeds = await order_history.of_order(session, order_id, site.office_id)
    assert (message.recipient, message.audience, message.state) == ("+821012345678", "customer", "queued")
    assert f"{PAGE}#{token}" in message.text
    assert token not in str([deed.as_json() for deed in deeds])
    assert token not in link.token_hash
    async with desk.work() as work:
        (claimed,) = await messages.claim_due(work, 5)
        await messages.submitted(work, claimed.id, "console", ("1",))
    async with desk.look() as session:
        assert token not in (await session.scalars(select(Message.text))).one()


async def test_what_the_telephone_says_becomes_the_pin_and_every_trace_of_it_is_kept(
    desk: Desk, site: Site, clock: Clock
) -> None:
    order_id = await taken(desk, site)
    token = await sent(desk, site, order_id)
    clock.forward(minutes=2)
    shown = await show(desk, token, 19.2)
    assert (shown.area, shown.accuracy_m, shown.taken) == ("서울 서초구 서초동", 20, True)
    order = await order_of(desk, order_id)
    assert (order.origin_text, order.origin_lat, order.origin_lon) == ("신촌", *SEOCHO)
    assert (order.origin_accuracy_m, order.origin_source, order.origin_at) == (20, "link", clock.now)
    async with desk.look() as session:
        deeds = await order_history.of_order(session, order_id, site.office_id)
        entry = (await session.scalars(select(AuditEntry).where(AuditEntry.what == place_links.SHOWN))).one()
    (moved,) = [deed for deed in deeds if deed.what == "changed"]
    assert (moved.field, moved.before, moved.by) == ("origin_pin", None, None)
    assert moved.after == "37.48700, 127.01500 ±20 m (link) 서울 서초구 서초동"
    assert (entry.operator_id, entry.detail["taken"]) == (None, True)
    async with desk.work() as work:
        assert (await searching.start(work, site.operator_id, order_id)).state == "running"


async def test_a_link_is_good_once_but_the_same_request_is_answered_again(desk: Desk, site: Site) -> None:
    token = await sent(desk, site, await taken(desk, site))
    first = await show(desk, token, key="key-1")
    assert await show(desk, token, key="key-1") == first
    for key in ("key-2", None):
        with pytest.raises(WrongPlaceLink):
            await show(desk, token, key=key)


async def test_a_link_dies_with_its_time_with_its_order_and_by_a_newer_one(
    desk: Desk, site: Site, clock: Clock
) -> None:
    order_id = await taken(desk, site)
    old = await sent(desk, site, order_id)
    newer = await sent(desk, site, order_id)
    with pytest.raises(WrongPlaceLink):
        await show(desk, old)
    clock.forward(minutes=30)
    with pytest.raises(WrongPlaceLink):
        await show(desk, newer)
    last = await sent(desk, site, order_id)
    async with desk.work() as work:
        await orders.cancel(work, site.operator_id, order_id, "마음이 바뀜")
    with pytest.raises(WrongPlaceLink):
        await show(desk, last)
    with pytest.raises(WrongState):
        await sent(desk, site, order_id)
    with pytest.raises(WrongPlaceLink):
        await show(desk, "never-was")
    assert (await order_of(desk, order_id)).origin_lat is None


async def test_nobody_s_telephone_is_filled_with_links(desk: Desk, site: Site, clock: Clock) -> None:
    first, second = await taken(desk, site), await taken(desk, site)
    for order_id in (first, first, second):
        await sent(desk, site, order_id)
    for order_id in (first, second):
        with pytest.raises(TooManyPlaceLinks):
            await sent(desk, site, order_id)
    clock.forward(hours=1)
    await sent(desk, site, first)


@pytest.mark.parametrize("number", [None, "02-555-1234", "1588-0001", "112"])
async def test_what_takes_no_texts_is_sent_none(desk: Desk, site: Site, number: str | None) -> None:
    order_id = await taken(desk, site, number=number)
    with pytest.raises(NoMobile):
        await sent(desk, site, order_id)
    async with desk.look() as session:
        assert await session.scalar(select(func.count()).select_from(Message)) == 0


async def test_a_vague_telephone_does_not_move_a_sure_pin_but_does_help_an_order_that_has_none(
    desk: Desk, site: Site
) -> None:
    sure = await taken(desk, site, PlaceText("강남역", *GANGNAM, accuracy_m=100, source="book"))
    shown = await show(desk, await sent(desk, site, sure), SURE + 1)
    order = await order_of(desk, sure)
    assert (shown.taken, order.origin_source, order.origin_lat) == (False, "book", GANGNAM[0])
    async with desk.look() as session:
        link = (await session.scalars(select(PlaceLink))).one()
        assert (link.lat, link.lon, link.accuracy_m) == (*SEOCHO, SURE + 1)
    none = await taken(desk, site, number="010-1234-5679")
    assert (await show(desk, await sent(desk, site, none), 1e9)).taken
    assert (await order_of(desk, none)).origin_accuracy_m == place_links.WIDEST_M


async def test_a_running_search_goes_on_from_the_place_that_was_shown_unless_that_is_vague(
    desk: Desk, site: Site
) -> None:
    order_id = await taken(desk, site)
    token = await sent(desk, site, order_id)
    async with desk.work() as work:
        await searching.start(work, site.operator_id, order_id, "손님과 통화함")
    await show(desk, token, SURE + 1)
    async with desk.look() as session:
        search = (await session.scalars(select(Search))).one()
        assert (search.state, search.ended_why) == ("stopped", "uncertain")
        assert (await session.scalars(select(Offer.state))).all() == ["withdrawn"]


@pytest.mark.parametrize(
    "place", [(91.0, 0.0, 5.0), (0.0, 181.0, 5.0), (0.0, 0.0, -1.0), (float("nan"), 0.0, 5.0), (0.0, 0.0, float("inf"))]
)
async def test_what_is_no_place_on_the_globe_uses_no_link_up(
    desk: Desk, site: Site, place: tuple[float, float, float]
) -> None:
    token = await sent(desk, site, await taken(desk, site))
    with pytest.raises(Invalid):
        async with desk.work() as work:
            await place_links.show(work, token, *place)
    assert (await show(desk, token)).taken


async def test_another_office_sends_nobody_a_link(desk: Desk, site: Site) -> None:
    order_id = await taken(desk, site)
    other = await make_site(desk, name="다른 사무실", did="15880002")
    with pytest.raises((NotFound, Conflict)):
        await sent(desk, other, order_id)
