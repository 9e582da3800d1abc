"""After the night: the owner closes the month on it, and every total is held against the sum of its rows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import days, periods, report_rows, reports, statements
from desk.days import Span
from desk.work import Desk
from models import Assignment, Entry, Office, Order, Posting


@dataclass
class Books:
    """Counts by name, and every total that is not the sum of its rows."""

    counts: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def same(self, what: str, one: object, other: object) -> None:
        """Hold two figures against each other."""
        if one != other:
            self.wrong.append(f"{what}: {one} is not {other}")


async def close_and_check(desk: Desk, office_id: int, owner_id: int, night: datetime) -> Books:
    """Close the month of `night` once it is over (the desk's clock is put there), and look through everything.

    What the month says must be the same bytes when it is made again.
    """
    books = Books()
    async with desk.look() as session:
        office = await session.get_one(Office, office_id)
    local = days.today(office.timezone, night)
    span = days.month_of(office.timezone, local)
    desk.clock = lambda: span.until + timedelta(hours=12)
    async with desk.work() as work:
        await periods.close(work, owner_id, office_id, local.year, local.month)
    async with desk.look() as session:
        written = await periods.statement(session, office_id, span.since, span.until, from_kept=True)
        again = await periods.statement(session, office_id, span.since, span.until)
        books.same(
            "the closed month, made again", hashlib.sha256(written).hexdigest(), hashlib.sha256(again).hexdigest()
        )
        await _reports(books, session, office_id, span)
        await _rows(books, session, office_id, span)
    return books


async def _reports(books: Books, session: AsyncSession, office_id: int, span: Span) -> None:
    """The company's report, its days, the drivers' report, the statements, and the rows behind all of them."""
    rows = [
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
        books.same(
            f"driver {line.number}: the report and his statement",
            (line.opening, line.closing),
            (told.opening, told.closing),
        )
        books.same(
            f"driver {line.number}: his statement and its rows",
            told.closing,
            told.opening + sum(row.amount for row in told.rows),
        )
    books.counts |= company.total.as_json() | {"drivers in the report": len(drivers.lines), "rows behind it": len(rows)}


async def _rows(books: Books, session: AsyncSession, office_id: int, span: Span) -> None:
    """What only the tables tell: every entry sums to zero, each trip was booked once, nobody drove two orders."""
    uneven = select(Posting.entry_id).group_by(Posting.entry_id).having(func.sum(Posting.amount) != 0)
    books.same("entries that do not sum to zero", len((await session.scalars(uneven)).all()), 0)
    ended = select(func.count()).where(
        Order.office_id == office_id,
        Order.state == "completed",
        Order.closed_at >= span.since,
        Order.closed_at < span.until,
    )
    drove = ended.where(
        select(Assignment.id).where(Assignment.order_id == Order.id, Assignment.state == "completed").exists()
    )
    fees = select(func.count(Entry.id), func.count(Entry.order_id.distinct())).where(
        Entry.office_id == office_id, Entry.kind == "call_fee", Entry.at >= span.since, Entry.at < span.until
    )
    booked, of_orders = (await session.execute(fees)).one()
    books.same("trips with a driver, and those booked", await session.scalar(drove), booked)
    books.same("fees, and orders with a fee", booked, of_orders)
    twice = select(Assignment.driver_id).where(Assignment.state == "active").group_by(Assignment.driver_id)
    books.same("drivers with two orders at once", len((await session.scalars(twice.having(func.count() > 1))).all()), 0)
    books.counts["trips"] = booked
