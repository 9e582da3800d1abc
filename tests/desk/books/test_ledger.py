"""The books: sums of zero, written once, undone by reversals only, closed for good."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

from desk.books import ledger
from desk.books.ledger import AlreadyReversed, Booking, Line, ReferenceUsed
from desk.errors import Invalid, NotFound
from desk.work import Desk
from models import Account, Entry, Period, Posting
from tests.desk.conftest import Clock
from tests.site import Site

DRIVER = 7


def top_up(site: Site, amount: int = 50_000, key: str = "top-up:1") -> Booking:
    """A driver brings money."""
    lines = (Line("cash", amount), Line("driver", -amount, DRIVER))
    return Booking(site.office_id, "top_up", key, lines, operator_id=site.operator_id)


async def test_an_entry_moves_both_balances_and_its_postings_sum_to_zero(desk: Desk, site: Site, clock: Clock) -> None:
    async with desk.work() as work:
        entry = await ledger.book(work, top_up(site))
    async with desk.look() as session:
        assert await ledger.balance(session, site.office_id, "cash") == 50_000
        assert await ledger.balance(session, site.office_id, "driver", DRIVER) == -50_000
        postings = (await session.scalars(select(Posting.amount).where(Posting.entry_id == entry.id))).all()
    assert sorted(postings) == [-50_000, 50_000]
    assert entry.at == clock.now


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (Line("cash", 0), Line("driver", 0, DRIVER)),
        (Line("cash", 10), Line("driver", -9, DRIVER)),
        (Line("cash", 10), Line("cash", -10)),
        (Line("cash", 2**53), Line("driver", -(2**53), DRIVER)),
    ],
)
async def test_what_does_not_balance_is_not_booked(
    desk: Desk, site: Site, clock: Clock, lines: tuple[Line, ...]
) -> None:
    """Seen failing with the sum not looked at."""
    with pytest.raises(Invalid):
        async with desk.work() as work:
            await ledger.book(work, Booking(site.office_id, "top_up", "odd", lines))
    async with desk.look() as session:
        assert await session.scalar(select(func.count()).select_from(Entry)) == 0


async def test_the_same_fact_is_booked_once(desk: Desk, site: Site, clock: Clock) -> None:
    """Seen failing with neither the look-up of the key nor its unique constraint."""
    async with desk.work() as work:
        first = await ledger.book(work, top_up(site))
    async with desk.work() as work:
        second = await ledger.book(work, top_up(site))
    assert first.id == second.id
    async with desk.look() as session:
        assert await ledger.balance(session, site.office_id, "cash") == 50_000


async def test_another_fact_under_a_name_that_is_taken_is_refused_and_books_nothing(
    desk: Desk, site: Site, clock: Clock
) -> None:
    """Seen failing with the entry that has the key given back without a look at it."""
    async with desk.work() as work:
        first = await ledger.book(work, top_up(site))
    mine = top_up(site)
    others = (top_up(site, 90_000), replace(mine, kind="penalty"), replace(mine, order_id=1),
              replace(mine, lines=(Line("card", 50_000), mine.lines[1])))  # fmt: skip
    for other in others:
        with pytest.raises(ReferenceUsed) as refused:
            async with desk.work() as work:
                await ledger.book(work, other)
        assert refused.value.details["entry_id"] == first.id
    async with desk.look() as session:
        assert await ledger.balance(session, site.office_id, "cash") == 50_000
        assert await session.scalar(select(func.count()).select_from(Entry)) == 1


async def test_many_who_book_at_once_lose_nothing_and_double_nothing(desk: Desk, site: Site, clock: Clock) -> None:
    """Seen failing with a balance read and then written."""

    async def book(n: int) -> None:
        async with desk.work() as work:
            await ledger.book(work, top_up(site, 1_000 + n // 2, f"top-up:{n // 2}"))

    await asyncio.gather(*(book(n) for n in range(20)))
    async with desk.look() as session:
        accounts = (await session.scalars(select(Account))).all()
        assert {account.kind: account.balance for account in accounts} == {"cash": 10_045, "driver": -10_045}
        for account in accounts:
            assert await ledger.balance_of_postings(session, account.id) == account.balance


async def test_a_reversal_undoes_an_entry_once_and_says_why(desk: Desk, site: Site, clock: Clock) -> None:
    async with desk.work() as work:
        entry = await ledger.book(work, top_up(site))
    clock.forward(hours=1)
    async with desk.work() as work:
        undone = await ledger.reverse(work, site.operator_id, entry.id, "잘못 입금")
    async with desk.look() as session:
        assert await ledger.balance(session, site.office_id, "driver", DRIVER) == 0
    assert (undone.kind, undone.reverses_id, undone.evidence) == ("reversal", entry.id, "잘못 입금")
    for entry_id, refusal in ((entry.id, AlreadyReversed), (undone.id, AlreadyReversed), (999, NotFound)):
        with pytest.raises(refusal):
            async with desk.work() as work:
                await ledger.reverse(work, site.operator_id, entry_id, "again")


async def test_a_reversal_without_a_reason_is_refused(desk: Desk, site: Site, clock: Clock) -> None:
    async with desk.work() as work:
        entry = await ledger.book(work, top_up(site))
    with pytest.raises(Invalid):
        async with desk.work() as work:
            await ledger.reverse(work, site.operator_id, entry.id, " \u200b")


@pytest.mark.parametrize("table", [Entry, Posting])
@pytest.mark.parametrize("change", [update, delete])
async def test_the_database_itself_keeps_what_is_written(
    desk: Desk, site: Site, clock: Clock, table: type, change: object
) -> None:
    """Seen failing without the triggers."""
    async with desk.work() as work:
        await ledger.book(work, top_up(site))
    statement = update(table).values(id=table.id + 100) if change is update else delete(table)  # type: ignore[attr-defined]
    with pytest.raises(DBAPIError, match="written once"):
        async with desk.work() as work:
            await work.session.execute(statement)


async def test_the_database_itself_refuses_an_entry_in_a_closed_time(desk: Desk, site: Site, clock: Clock) -> None:
    """Seen failing without the trigger on entries."""
    async with desk.work() as work:
        period = Period(
            office_id=site.office_id,
            since=clock.now - timedelta(days=30),
            until=clock.now,
            closed_at=clock.now,
            digest="x",
        )
        work.session.add(period)
    early = Entry(office_id=site.office_id, kind="top_up", key="late", at=clock.now - timedelta(microseconds=1))
    with pytest.raises(DBAPIError, match="closed"):
        async with desk.work() as work:
            work.session.add(early)
    async with desk.work() as work:
        work.session.add(Entry(office_id=site.office_id, kind="top_up", key="in time", at=clock.now))


async def test_a_clock_that_was_set_back_books_nothing_into_a_closed_time(desk: Desk, site: Site, clock: Clock) -> None:
    until = clock.now
    async with desk.work() as work:
        work.session.add(
            Period(office_id=site.office_id, since=until - timedelta(days=30), until=until, closed_at=until, digest="x")
        )
    clock.forward(seconds=-1)
    async with desk.work() as work:
        assert (await ledger.book(work, top_up(site))).at == until


async def test_a_penalty_without_evidence_is_refused_by_the_database(desk: Desk, site: Site, clock: Clock) -> None:
    lines = (Line("driver", 5_000, DRIVER), Line("penalties", -5_000))
    with pytest.raises(DBAPIError):
        async with desk.work() as work:
            await ledger.book(work, Booking(site.office_id, "penalty", "penalty:1", lines))


async def test_a_balance_can_be_added_up_to_any_moment(desk: Desk, site: Site, clock: Clock) -> None:
    moments: list[datetime] = []
    for n in range(3):
        async with desk.work() as work:
            await ledger.book(work, top_up(site, 1_000, f"top-up:{n}"))
        moments.append(clock.now)
        clock.forward(minutes=1)
    async with desk.look() as session:
        cash = (await session.scalars(select(Account.id).where(Account.kind == "cash"))).one()
        sums = [await ledger.balance_of_postings(session, cash, moment) for moment in (*moments, clock.now)]
    assert sums == [0, 1_000, 2_000, 3_000]
