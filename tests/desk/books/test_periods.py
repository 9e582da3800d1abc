"""Closing a month: by the office's own calendar, in turn, whole, and the same bytes each time."""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from desk.books import ledger, periods
from desk.books.ledger import Booking, Line
from desk.books.periods import OutOfTurn
from desk.errors import Invalid, NotFound
from desk.work import Desk
from models import Account, Office, PeriodBalance
from tests.desk.conftest import Clock
from tests.desk.nights import Nights
from tests.site import Site, make_site

BookAt = Callable[[str, int], Awaitable[None]]
CHECKOUT = Path(__file__).parents[3]


@pytest.fixture
def book_at(desk: Desk, site: Site, clock: Clock) -> BookAt:
    """Book a call fee of a driver at a moment."""

    async def book(at: str, amount: int) -> None:
        clock.now = datetime.fromisoformat(at)
        async with desk.work() as work:
            lines = (Line("driver", amount, 7), Line("fees", -amount))
            await ledger.book(work, Booking(site.office_id, "call_fee", f"fee:{at}", lines))

    return book


@pytest.mark.parametrize(
    ("zone", "year", "number", "since", "until"),
    [
        ("Asia/Seoul", 2026, 11, "2026-10-31T15:00:00", "2026-11-30T15:00:00"),
        ("Asia/Seoul", 2026, 12, "2026-11-30T15:00:00", "2026-12-31T15:00:00"),
        ("Asia/Seoul", 2028, 2, "2028-01-31T15:00:00", "2028-02-29T15:00:00"),
        ("Europe/Berlin", 2026, 3, "2026-02-28T23:00:00", "2026-03-31T22:00:00"),
        ("America/New_York", 2026, 11, "2026-11-01T04:00:00", "2026-12-01T05:00:00"),
    ],
)
def test_a_month_begins_at_local_midnight(zone: str, year: int, number: int, since: str, until: str) -> None:
    expected = tuple(datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in (since, until))
    assert periods.month(zone, year, number) == expected


@pytest.mark.parametrize("zone", ["Asia/Seoul", "Europe/Berlin", "America/New_York"])
def test_months_leave_no_gap_and_do_not_overlap(zone: str) -> None:
    ends = None
    for year in range(2024, 2030):
        for number in range(1, 13):
            since, until = periods.month(zone, year, number)
            assert ends in (None, since)
            ends = until


@pytest.mark.parametrize(("year", "number"), [(2026, 0), (2026, 13), (1999, 1), (3000, 1)])
def test_what_is_no_month_is_refused(year: int, number: int) -> None:
    with pytest.raises(Invalid):
        periods.month("Asia/Seoul", year, number)


async def test_each_booking_is_in_exactly_one_month_to_the_microsecond(
    desk: Desk, site: Site, clock: Clock, book_at: BookAt
) -> None:
    await book_at("2026-11-30T14:59:59.999999+00:00", 4_000)
    await book_at("2026-11-30T15:00:00+00:00", 5_000)
    clock.now = datetime(2027, 1, 5, tzinfo=UTC)
    statements = []
    for number in (11, 12):
        async with desk.look() as session:
            since, until = periods.month("Asia/Seoul", 2026, number)
            statements.append((await periods.statement(session, site.office_id, since, until)).decode())
    november, december = statements
    assert '{"account":"fees","owner":0,"currency":"KRW","before":0,"debit":0,"credit":-4000,"after":-4000}' in november
    assert (
        '{"account":"fees","owner":0,"currency":"KRW","before":-4000,"debit":0,"credit":-5000,"after":-9000}'
        in december
    )
    assert '"owner":7,"currency":"KRW","before":4000,"debit":5000,"credit":0,"after":9000}' in december


async def test_a_closed_month_takes_nothing_more_and_stays_as_it_was(
    desk: Desk, site: Site, clock: Clock, book_at: BookAt
) -> None:
    await book_at("2026-11-10T12:00:00+00:00", 4_000)
    clock.now = datetime(2026, 11, 30, 15, tzinfo=UTC)
    async with desk.work() as work:
        period = await periods.close(work, site.operator_id, site.office_id, 2026, 11)
    await book_at("2026-11-30T14:59:59.999999+00:00", 1)
    await book_at("2026-12-01T00:00:00+00:00", 7_000)
    async with desk.work() as work:
        again = await periods.close(work, site.colleague_id, site.office_id, 2026, 11)
    assert (again.id, again.digest, again.closed_by) == (period.id, period.digest, site.operator_id)
    async with desk.look() as session:
        assert await periods.is_unchanged(session, again)


async def test_what_was_wrong_in_a_closed_month_is_put_right_in_the_open_one(
    desk: Desk, site: Site, clock: Clock, book_at: BookAt
) -> None:
    await book_at("2026-11-10T12:00:00+00:00", 4_000)
    clock.now = datetime(2026, 12, 2, tzinfo=UTC)
    async with desk.work() as work:
        period = await periods.close(work, site.operator_id, site.office_id, 2026, 11)
    async with desk.work() as work:
        entry = await ledger.by_key(work.session, site.office_id, "fee:2026-11-10T12:00:00+00:00")
        assert entry is not None
        undone = await ledger.reverse(work, site.operator_id, entry.id, "손님 취소")
    assert undone.at == clock.now
    async with desk.look() as session:
        assert await periods.is_unchanged(session, period)
        assert await ledger.balance(session, site.office_id, "driver", 7) == 0


@pytest.mark.parametrize(("year", "number"), [(2026, 12), (2027, 1)])
async def test_a_month_that_is_not_over_is_not_closed(
    desk: Desk, site: Site, clock: Clock, year: int, number: int
) -> None:
    clock.now = datetime(2026, 12, 31, 14, 59, 59, tzinfo=UTC)
    with pytest.raises(OutOfTurn):
        async with desk.work() as work:
            await periods.close(work, site.operator_id, site.office_id, year, number)


async def test_months_are_closed_in_turn(desk: Desk, site: Site, clock: Clock) -> None:
    clock.now = datetime(2027, 3, 1, tzinfo=UTC)
    async with desk.work() as work:
        await periods.close(work, site.operator_id, site.office_id, 2026, 11)
    for number, refused in ((10, True), (12, False)):
        try:
            async with desk.work() as work:
                await periods.close(work, site.operator_id, site.office_id, 2026, number)
        except OutOfTurn:
            assert refused
        else:
            assert not refused


async def test_an_office_that_is_not_there_has_no_books(desk: Desk, site: Site, clock: Clock) -> None:
    with pytest.raises(NotFound):
        async with desk.work() as work:
            await periods.close(work, None, 999, 2026, 10)


async def test_two_who_close_at_once_make_one_close(desk: Desk, site: Site, clock: Clock, book_at: BookAt) -> None:
    await book_at("2026-11-10T12:00:00+00:00", 4_000)
    clock.now = datetime(2026, 12, 2, tzinfo=UTC)

    async def close() -> int:
        async with desk.work() as work:
            return (await periods.close(work, site.operator_id, site.office_id, 2026, 11)).id

    assert len(set(await asyncio.gather(*(close() for _ in range(6))))) == 1


async def test_a_booking_that_is_not_yet_committed_holds_up_the_close(desk: Desk, site: Site, clock: Clock) -> None:
    clock.now = datetime(2026, 11, 30, 14, 59, 59, tzinfo=UTC)
    booked, go_on = asyncio.Event(), asyncio.Event()

    async def book() -> None:
        async with desk.work() as work:
            lines = (Line("driver", 1_000, 7), Line("fees", -1_000))
            await ledger.book(work, Booking(site.office_id, "call_fee", "fee:1", lines))
            booked.set()
            await go_on.wait()

    async def close() -> str:
        async with desk.work() as work:
            return (await periods.close(work, None, site.office_id, 2026, 11)).digest

    booking = asyncio.create_task(book())
    await booked.wait()
    clock.now += timedelta(seconds=1)
    closing = asyncio.create_task(close())
    done, _ = await asyncio.wait({closing}, timeout=0.5)
    go_on.set()
    await booking
    assert not done
    digest = await closing
    async with desk.look() as session:
        since, until = periods.month("Asia/Seoul", 2026, 11)
        written = await periods.statement(session, site.office_id, since, until)
    assert b'"owner":7' in written
    assert hashlib.sha256(written).hexdigest() == digest


async def test_an_account_of_another_office_is_not_in_the_statement(
    desk: Desk, site: Site, clock: Clock, book_at: BookAt
) -> None:
    await book_at("2026-11-10T12:00:00+00:00", 4_000)
    async with desk.work() as work:
        other = Office(name="x", country="KR", currency="KRW", timezone="Asia/Seoul", trade="proxy", sms_sender="1")
        work.session.add(other)
        await work.session.flush()
    async with desk.look() as session:
        since, until = periods.month("Asia/Seoul", 2026, 11)
        assert (await periods.statement(session, other.id, since, until)).count(b"\n") == 1


MONTHS = """
from desk.books import periods
print([periods.month("Asia/Seoul", y, m) for y in (2026, 2028) for m in range(1, 13)])
"""


def test_the_servers_own_zone_changes_nothing() -> None:
    told = {
        subprocess.run(
            [sys.executable, "-c", MONTHS],
            env={**os.environ, "TZ": zone},
            cwd=CHECKOUT,
            capture_output=True,
            check=True,
        ).stdout
        for zone in ("UTC", "Asia/Seoul", "America/New_York")
    }
    assert len(told) == 1


async def test_a_row_that_was_changed_behind_our_back_is_found(
    desk: Desk, site: Site, clock: Clock, book_at: BookAt
) -> None:
    await book_at("2026-11-10T12:00:00+00:00", 4_000)
    clock.now = datetime(2026, 12, 2, tzinfo=UTC)
    async with desk.work() as work:
        period = await periods.close(work, site.operator_id, site.office_id, 2026, 11)
    async with desk.work() as work:
        await work.session.execute(update(Account).where(Account.kind == "fees").values(kind="cash"))
    async with desk.look() as session:
        assert not await periods.is_unchanged(session, period)


async def test_a_close_begins_at_the_balances_of_the_one_before_and_finds_the_same(
    desk: Desk, site: Site, clock: Clock
) -> None:
    """Seen failing with accounts left out whose balance was nothing, and with the balances of an earlier period taken."""
    nights = Nights(desk, await make_site(desk, name="둘째", did="15880002"), clock, 3)
    for number in (11, 12, 1):
        await nights.pass_by(12, datetime(2026 + (number == 1), number, 2, tzinfo=UTC))
        year = 2027 if number == 1 else 2026
        clock.now = periods.month("Asia/Seoul", year, number)[1]
        async with desk.work() as work:
            period = await periods.close(work, nights.site.operator_id, nights.site.office_id, year, number)
        async with desk.look() as session:
            whole = await periods.statement(session, period.office_id, period.since, period.until)
            kept = await periods.statement(session, period.office_id, period.since, period.until, from_kept=True)
            count = await session.scalar(
                select(func.count()).select_from(PeriodBalance).where(PeriodBalance.period_id == period.id)
            )
        assert whole == kept
        assert hashlib.sha256(whole).hexdigest() == period.digest
        assert count == len(whole.splitlines()) - 1
