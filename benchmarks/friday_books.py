"""After the night: the owner closes the month on it, and every total is held against the sum of its rows, also by plain SQL."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.async_api import Browser
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.friday_owner import close_by_keys, panel
from desk.books import periods, statements
from desk.clock import days
from desk.clock.days import Span
from desk.figures import report_rows, reports
from desk.figures.reports import Figures
from desk.work import Desk
from models import Office, Period

# What the figures of a month are, said without any of the code that makes the reports.
_ORDERS = """select coalesce(sum(state = 'completed'), 0), coalesce(sum(state <> 'completed'), 0),
  coalesce(sum(case when state = 'completed' then fare end), 0) from "order"
  where office_id = :office and closed_at >= :since and closed_at < :until"""
_FEES = """select coalesce(sum(-posting.amount), 0), count(distinct entry.id), count(distinct entry.order_id)
  from entry join posting on posting.entry_id = entry.id join account on account.id = posting.account_id
  where entry.office_id = :office and entry.kind = 'call_fee' and account.kind = 'fees'
    and entry.at >= :since and entry.at < :until"""
_NO_FARE = """select count(*) from "order" where state = 'completed' and fare is null and taken_at >= :night"""
_NOTHING = {
    "all postings together": "select coalesce(sum(amount), 0) from posting",
    "entries that do not sum to zero": "select count(*) from (select 1 from posting group by entry_id having sum(amount) <> 0)",
    "drivers with two orders at once": """select count(*) from (select 1 from assignment where state = 'active'
      group by driver_id having count(*) > 1)""",
    "trips of the night that nobody was charged for, or twice": """select count(*) from "order" where state = 'completed'
      and fare is not null and taken_at >= :night
      and exists (select 1 from assignment where order_id = "order".id and state = 'completed')
      and (select count(*) from entry where kind = 'call_fee' and order_id = "order".id) <> 1""",
    "orders of the night with a driver and without both texts": """select count(*) from (select distinct assignment.order_id
      from assignment join "order" on "order".id = assignment.order_id where "order".taken_at >= :night) had
      where (select count(distinct audience) from message where order_id = had.order_id) < 2""",
}


@dataclass
class Books:
    """Counts by name, and every total that is not the sum of its rows."""

    counts: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    held: int = 0

    def same(self, what: str, one: object, other: object) -> None:
        """Hold two figures against each other."""
        self.held += 1
        if one != other:
            self.wrong.append(f"{what}: {one} is not {other}")


async def close_and_check(
    desk: Desk, file: Path, office_id: int, browser: Browser, login: dict[str, str], night: datetime
) -> Books:
    """Have the owner close the month of `night` once it is over (the desk's clock is put there), and look through everything.

    What the month says must be the same bytes when it is made again, by whatever way.
    """
    books = Books()
    async with desk.look() as session:
        office = await session.get_one(Office, office_id)
    local = days.today(office.timezone, night)
    span = days.month_of(office.timezone, local)
    desk.clock = lambda: span.until + timedelta(hours=12)
    last = days.today(office.timezone, span.until - timedelta(seconds=1))
    async with panel(desk, file.parent / "recordings") as base:
        seen = await close_by_keys(browser, base, login, f"{local:%Y-%m}-01", f"{last:%Y-%m-%d}")
    total, digest = await look_through(books, desk, file, office_id, span, night)
    books.same("the digest on the owner's page", seen.digest, digest)
    for who, (last_line, lines) in (("firm", seen.company), ("drivers", seen.drivers)):
        books.same(f"the owner's page of the {who}: its total and its lines", last_line, lines)
        books.same(f"the owner's page of the {who}, and the report", last_line, total)
    return books


async def look_through(
    books: Books, desk: Desk, file: Path, office_id: int, span: Span, night: datetime
) -> tuple[Figures, str]:
    """Hold the month `span`, which was just closed, against its rows; its totals, and its digest."""
    async with desk.look() as session:
        period = (await session.scalars(select(Period).order_by(Period.id.desc()).limit(1))).one()
        meant = (span.since, span.until)
        books.same("the closed month, and the one that the owner meant", (period.since, period.until), meant)
        for kept in (True, False):
            made = await periods.statement(session, office_id, span.since, span.until, from_kept=kept)
            books.same("the closed month, made again", hashlib.sha256(made).hexdigest(), period.digest)
        total = await _reports(books, session, office_id, span)
    _plain_sql(books, file, office_id, span, total, night)
    return total, period.digest


async def _reports(books: Books, session: AsyncSession, office_id: int, span: Span) -> Figures:
    """The company's report, its days, the drivers' report, the statements, and the rows behind all of them."""
    rows: list[report_rows.OrderRow | report_rows.MoneyRow] = [
        *await report_rows.orders(session, office_id, span, limit=None),
        *await report_rows.money(session, office_id, span, limit=None),
    ]
    company = await reports.company(session, office_id, span, "day")
    drivers = await reports.drivers(session, office_id, span)
    books.same("the company's total and its rows", company.total, report_rows.figures_of(rows))
    books.same(
        "the company's total and its days", company.total, reports.total(figures for _, figures in company.lines)
    )
    books.same(
        "the company's total and its drivers", company.total, reports.total(line.figures for line in drivers.lines)
    )
    for line in drivers.lines:
        if line.driver_id is None:
            continue
        told = await statements.of_driver(session, office_id, line.driver_id, span)
        of_driver = f"driver {line.number}"
        books.same(
            f"{of_driver}: the report and his statement", (line.opening, line.closing), (told.opening, told.closing)
        )
        moved = sum(row.amount for row in told.rows)
        books.same(f"{of_driver}: his statement and its rows", told.closing, told.opening + moved)
    books.counts |= {"drivers in the report": len(drivers.lines), "rows behind the month": len(rows)}
    return company.total


def _plain_sql(books: Books, file: Path, office_id: int, span: Span, total: Figures, night: datetime) -> None:
    known = {"office": office_id, "since": _stored(span.since), "until": _stored(span.until), "night": _stored(night)}
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        done, not_done, fares = database.execute(_ORDERS, known).fetchone()
        fees, entries, of_orders = database.execute(_FEES, known).fetchone()
        books.same("the month, and plain SQL", total, Figures(done, not_done, fares, fees))
        books.same("fees, and orders with a fee", entries, of_orders)
        for what, query in _NOTHING.items():
            books.same(what, database.execute(query, known).fetchone()[0], 0)
        states = database.execute('select state, count(*) from "order" where taken_at >= :night group by state', known)
        books.counts |= {f"orders {state}": count for state, count in states}
        books.counts["fees of the month, won"] = fees
        books.counts["trips whose fare stayed open"] = database.execute(_NO_FARE, known).fetchone()[0]
        books.counts["calls"] = database.execute(
            "select count(*) from call where arrived_at >= :night", known
        ).fetchone()[0]
        books.counts["texts"] = database.execute(
            "select count(*) from message where created_at >= :night", known
        ).fetchone()[0]


def _stored(moment: datetime) -> str:
    """As SQLite has it, which compares moments as text."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
