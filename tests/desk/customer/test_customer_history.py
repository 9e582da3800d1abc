"""A customer's history: everything in one order of time, as far back as it goes; and who opened his page, on record."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from desk.customer import customer_edits, customer_history, openings
from desk.customer.customer_edits import CustomerForm
from desk.customer.customer_history import Event
from desk.errors import Invalid, NotFound
from desk.work import Desk
from models import AuditEntry, Call, Customer, CustomerDeed, IncomingText, Message, Order
from tests.desk.conftest import NOON, AddCustomer, Clock
from tests.site import Site, make_site

MINE = "+821055501234"
ROUNDS = 60
"""So many of each kind: more than one page of all of them together, and than two of some."""


async def a_long_time(desk: Desk, site: Site, customer_id: int) -> None:
    """Of each kind one every minute, in turn; of each minute several at the same moment."""
    office_id = site.office_id
    async with desk.work() as work:
        for n in range(ROUNDS):
            at = NOON - timedelta(minutes=n // 3)
            work.session.add_all(
                [
                    Call(
                        office_id=office_id, line_id=site.line_id, source="pbx", number=MINE, presentation="allowed",
                        state="ended", disposition="answered", arrived_at=at, customer_id=customer_id,
                    ),
                    Order(
                        office_id=office_id, trade="proxy", state="completed", customer_id=customer_id, number=MINE,
                        origin_text=f"출발 {n}", origin_source="operator", currency="KRW", taken_at=at, closed_at=at,
                    ),
                    Message(
                        office_id=office_id, recipient=MINE, audience="customer", sender="15880001", text_key="x",
                        language="ko", text=f"보냄 {n}", state="delivered", next_try_at=at, created_at=at, updated_at=at,
                    ),
                    IncomingText(
                        office_id=office_id, provider="console", identity=str(n), session="x", sender=MINE, recipient="15880001",
                        text=f"받음 {n}", received_at=at,
                    ),
                    CustomerDeed(
                        office_id=office_id, customer_id=customer_id, at=at, operator_id=site.operator_id,
                        what="changed", words=f"{n}",
                    ),
                ]
            )  # fmt: skip


async def read(desk: Desk, customer_id: int, limit: int) -> list[list[Event]]:
    """All of it, page after page."""
    pages: list[list[Event]] = []
    cursor = None
    while not pages or cursor is not None:
        async with desk.look() as session:
            customer = await session.get_one(Customer, customer_id)
            told = await customer_history.of_customer(session, customer, cursor, limit)
        pages.append(list(told.items))
        cursor = told.older
    return pages


@pytest.mark.parametrize("limit", [100, 7])
async def test_calls_texts_both_ways_orders_and_deeds_are_all_there_in_one_order_of_time(
    desk: Desk, site: Site, clock: Clock, add_customer: AddCustomer, limit: int
) -> None:
    """As far back as it goes. Seen failing with the newest part of it alone, and with a cursor that is a moment alone."""
    customer_id = await add_customer(MINE)
    await a_long_time(desk, site, customer_id)
    pages = await read(desk, customer_id, limit)
    assert all(len(page) == limit for page in pages[:-1])
    told = [each for page in pages for each in page]
    assert [(each.at, each.kind, each.id) for each in told] == sorted(
        {(each.at, each.kind, each.id) for each in told}, reverse=True
    )
    for kind in ("call", "order", "text", "received", "deed"):
        assert len([each for each in told if each.kind == kind]) == ROUNDS


async def test_what_comes_in_meanwhile_moves_nothing_of_what_was_before(
    desk: Desk, site: Site, clock: Clock, add_customer: AddCustomer
) -> None:
    customer_id = await add_customer(MINE)
    await a_long_time(desk, site, customer_id)
    async with desk.look() as session:
        customer = await session.get_one(Customer, customer_id)
        first = await customer_history.of_customer(session, customer, None, 10)
        second = await customer_history.of_customer(session, customer, first.older, 10)
    clock.forward(minutes=1)
    form = CustomerForm("다른 이름")
    await desk.do(lambda work: customer_edits.change(work, site.operator_id, customer_id, 1, form))
    async with desk.look() as session:
        customer = await session.get_one(Customer, customer_id)
        assert await customer_history.of_customer(session, customer, first.older, 10) == second


@pytest.mark.parametrize(
    "cursor", ["x", "20261122T030000.000000-call-", "20261122T030000.000000-nothing-1", "2026-call-1", "-call-1",
               "20261122T030000.000000-call-٣", "20261122T030000.000000-call-1'--", "20261399T030000.000000-call-1"]
)  # fmt: skip
async def test_a_cursor_that_is_none_of_ours_is_refused(
    desk: Desk, site: Site, add_customer: AddCustomer, cursor: str
) -> None:
    customer_id = await add_customer(MINE)
    async with desk.look() as session:
        customer = await session.get_one(Customer, customer_id)
        with pytest.raises(Invalid):
            await customer_history.of_customer(session, customer, cursor)


async def opened(desk: Desk) -> list[tuple[int | None, str]]:
    async with desk.look() as session:
        query = select(AuditEntry).where(AuditEntry.what == openings.OPENED).order_by(AuditEntry.id)
        return [(row.operator_id, row.subject) for row in await session.scalars(query)]


async def test_who_opens_a_customer_is_on_record_once_an_hour(
    desk: Desk, site: Site, clock: Clock, add_customer: AddCustomer
) -> None:
    """Each person and each customer by himself. Seen failing with the hour, the person or the customer not looked at."""
    one, other = await add_customer(MINE), await add_customer("+821055509999")
    for minutes in (5, 10, 30):
        clock.now = NOON + timedelta(minutes=minutes)
        await openings.note(desk, site.operator_id, one)
    assert await opened(desk) == [(site.operator_id, f"customer {one}")]
    await openings.note(desk, site.colleague_id, one)
    await openings.note(desk, site.operator_id, other)
    clock.now = NOON + timedelta(hours=1)
    await openings.note(desk, site.operator_id, one)
    assert await opened(desk) == [
        (site.operator_id, f"customer {one}"),
        (site.colleague_id, f"customer {one}"),
        (site.operator_id, f"customer {other}"),
        (site.operator_id, f"customer {one}"),
    ]


async def test_who_opens_nobody_or_another_office_s_customer_finds_nothing(
    desk: Desk, site: Site, clock: Clock, add_customer: AddCustomer
) -> None:
    customer_id = await add_customer(MINE)
    elsewhere = await make_site(desk, drivers=0, name="다른 사무실", did="15880009")
    for operator_id, whom in ((site.operator_id, 999), (elsewhere.operator_id, customer_id)):
        with pytest.raises(NotFound):
            await openings.note(desk, operator_id, whom)
    assert await opened(desk) == []
