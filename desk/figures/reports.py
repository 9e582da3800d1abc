"""What the days brought, and what each driver did: totals made in the database from the rows that `report_rows` lists.

An order counts on the day it was closed, money on the day it was booked. A reversal counts against what it undoes, on its own
day: what is closed stays as it was. Amounts are whole minor units of the office's currency.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, case, column, func, select, values
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from desk.clock import days
from desk.clock.days import By, Span
from desk.customer.order_sides import driver_at_the_end
from desk.figures import duty
from desk.office import offices
from desk.trades import COMPLETED
from models import Account, Assignment, Driver, Entry, Order, Posting
from models.base import UtcDateTime

OWN_LEG = {
    "call_fee": ("fees", -1), "penalty": ("penalties", -1), "top_up": ("cash", 1), "withdrawal": ("cash", -1),
    "dead_run": ("dead_runs", 1),
}  # fmt: skip
"""Which of the office's accounts shows what an entry was about, and with which sign."""
DRIVER_LEG = {"call_fee": 1, "penalty": 1, "top_up": -1, "withdrawal": 1, "dead_run": -1}
"""The same, seen from the driver's account."""
FIELD = {
    "call_fee": "call_fees", "penalty": "penalties", "top_up": "top_ups", "withdrawal": "withdrawals",
    "dead_run": "dead_runs",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figures:
    """Orders by their end (`cancelled`: every end but a completed trip) and sums of money; all add up.

    `dead_runs` is what drivers got because nobody came out to them.
    """

    completed: int = 0
    cancelled: int = 0
    fares: int = 0
    call_fees: int = 0
    penalties: int = 0
    top_ups: int = 0
    withdrawals: int = 0
    dead_runs: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def __sub__(self, other: Figures) -> Figures:
        return Figures(*(getattr(self, one.name) - getattr(other, one.name) for one in fields(self)))

    def as_json(self) -> dict[str, int]:
        return {one.name: getattr(self, one.name) for one in fields(self)}


@dataclass(frozen=True, slots=True)
class CompanyReport:
    """A span, cut into parts; `total` is the sum of the parts."""

    currency: str
    span: Span
    by: By
    lines: tuple[tuple[Span, Figures], ...]
    total: Figures


@dataclass(frozen=True, slots=True)
class DriverLine:
    """What one driver did and where his account stood: `closing` is `opening` + top-ups - withdrawals - fees - penalties
    + dead runs + `other`. `on_duty_s` is how long he was on duty.

    The line without a driver has what belongs to none: orders that were closed before anybody had them.
    """

    driver_id: int | None
    number: str | None
    name: str | None
    figures: Figures
    opening: int = 0
    other: int = 0
    closing: int = 0
    on_duty_s: int = 0


@dataclass(frozen=True, slots=True)
class DriversReport:
    """All drivers of a span, by number; `total` is the sum of the lines and the same as the company's."""

    currency: str
    span: Span
    lines: tuple[DriverLine, ...]
    total: DriverLine


async def company(session: AsyncSession, office_id: int, span: Span, by: By) -> CompanyReport:
    """The office's totals by part of the calendar. Raises Invalid for too many parts, NotFound."""
    office = await offices.by_id(session, office_id)
    pieces = days.parts(office.timezone, span, by)
    orders, money = await _orders(session, office_id, pieces), await _money(session, office_id, pieces)
    lines = tuple(
        (piece, orders.get(n, Figures()) + money.get(n, Figures())) for n, piece in enumerate(pieces)
    )  # fmt: skip
    return CompanyReport(office.currency, span, by, lines, total(figures for _, figures in lines))


async def drivers(session: AsyncSession, office_id: int, span: Span, now: datetime | None = None) -> DriversReport:
    """Every driver who did anything, was on duty or whose account is not empty, in one batch of queries.

    A shift that is not over counts until `now` (null: to the end of the span). Raises NotFound.
    """
    office = await offices.by_id(session, office_id)
    figures = await _orders_by_driver(session, office_id, span)
    moved, own = await _moved(session, office_id, span)
    closing = await closing_by_driver(session, office_id, span.until)
    on_duty = await duty.seconds(session, office_id, span.since, span.until, now)
    lines = []
    for driver_id, number, name in await _names(session, office_id):
        sums = moved.get(driver_id, {})
        line = DriverLine(
            driver_id,
            number,
            name,
            figures.get(driver_id, Figures()) + _of_kinds(sums),
            opening=closing.get(driver_id, 0) + sum(sums.values()),
            other=-sum(amount for kind, amount in sums.items() if kind not in DRIVER_LEG),
            closing=closing.get(driver_id, 0),
            on_duty_s=on_duty.get(driver_id, 0),
        )
        if line.figures != Figures() or sums or line.closing or line.on_duty_s:
            lines.append(line)
    whole = total(figures.values()) + own
    nobody = DriverLine(None, None, None, whole - total(line.figures for line in lines))
    if nobody.figures != Figures():
        lines.append(nobody)
    return DriversReport(office.currency, span, tuple(lines), _sum(lines))


def total(lines: Iterable[Figures]) -> Figures:
    """Their sum."""
    return sum(lines, Figures())


def effective_kind() -> ColumnElement[str]:
    """What an entry is about: a reversal about what it undoes. Looked up for reversals alone, which are few; not by a join."""
    undone = aliased(Entry)
    theirs = select(undone.kind).where(undone.id == Entry.reverses_id).correlate(Entry).scalar_subquery()
    return case((Entry.reverses_id.is_not(None), theirs), else_=Entry.kind)


def _counts() -> tuple[ColumnElement[int], ColumnElement[int], ColumnElement[int]]:
    done = Order.state == COMPLETED
    return (
        func.count().filter(done),
        func.count().filter(~done),
        func.coalesce(func.sum(Order.fare).filter(done), 0),
    )


def parts_table(pieces: Sequence[Span]) -> Any:
    """The parts as rows, so that one query sums them all by way of the index on time."""
    columns = (column("part", BigInteger), column("since", UtcDateTime), column("until", UtcDateTime))
    rows = [(n, piece.since, piece.until) for n, piece in enumerate(pieces)]
    return values(*columns, name="given").data(rows).cte("parts")


async def _orders(session: AsyncSession, office_id: int, pieces: Sequence[Span]) -> Mapping[int, Figures]:
    table = parts_table(pieces)
    within = and_(Order.office_id == office_id, Order.closed_at >= table.c.since, Order.closed_at < table.c.until)
    rows = await session.execute(
        select(table.c.part, *_counts()).select_from(table).join(Order, within).group_by(table.c.part)
    )
    return {part: Figures(int(done), int(not_done), int(fares)) for part, done, not_done, fares in rows}


async def _money(session: AsyncSession, office_id: int, pieces: Sequence[Span]) -> Mapping[int, Figures]:
    own = await own_accounts(session, office_id)
    table = parts_table(pieces)
    within = and_(Entry.office_id == office_id, Entry.at >= table.c.since, Entry.at < table.c.until)
    rows = (
        await session.execute(
            select(table.c.part, Entry.kind, Entry.reverses_id, Posting.account_id, func.sum(Posting.amount))
            .select_from(table)
            .join(Entry, within)
            .join(Posting, Posting.entry_id == Entry.id)
            # Reckoned with, so that the way is by the entries of the part and not by all the postings of an account.
            .where((Posting.account_id + 0).in_(own))
            .group_by(table.c.part, Entry.kind, Entry.reverses_id, Posting.account_id)
        )
    ).all()
    about = await _kinds_of(session, (row[2] for row in rows))
    found: dict[int, Figures] = {}
    for part, kind, reverses_id, account_id, amount in rows:
        what = about.get(reverses_id, kind)
        leg, sign = OWN_LEG.get(what, ("", 0))
        if leg == own[account_id]:
            figures = Figures(**{FIELD[what]: sign * int(amount)})
            found[part] = found.get(part, Figures()) + figures
    return found


async def _kinds_of(session: AsyncSession, entry_ids: Iterable[int | None]) -> Mapping[int | None, str]:
    """What the reversed entries are about. They are few; a join would look up one for each entry that is not reversed, too."""
    wanted = sorted({entry_id for entry_id in entry_ids if entry_id is not None})
    found: dict[int | None, str] = {}
    for at in range(0, len(wanted), 10_000):
        query = select(Entry.id, Entry.kind).where(Entry.id.in_(wanted[at : at + 10_000]))
        found |= {row.id: row.kind for row in await session.execute(query)}
    return found


async def own_accounts(session: AsyncSession, office_id: int) -> Mapping[int, str]:
    """The office's own accounts that its reports are made of: their kinds by id."""
    kinds = {account for account, _ in OWN_LEG.values()}
    rows = await session.execute(
        select(Account.id, Account.kind).where(Account.office_id == office_id, Account.kind.in_(kinds))
    )
    return {row.id: row.kind for row in rows}


async def _orders_by_driver(session: AsyncSession, office_id: int, span: Span) -> Mapping[int | None, Figures]:
    """Null: the orders that nobody had at the end."""
    rows = await session.execute(
        select(Assignment.driver_id, *_counts())
        .select_from(Order)
        .outerjoin(Assignment, driver_at_the_end())
        .where(Order.office_id == office_id, Order.closed_at >= span.since, Order.closed_at < span.until)
        .group_by(Assignment.driver_id)
    )
    return {driver_id: Figures(int(done), int(not_done), int(fares)) for driver_id, done, not_done, fares in rows}


async def _moved(
    session: AsyncSession, office_id: int, span: Span
) -> tuple[Mapping[int | None, Mapping[str, int]], Figures]:
    """By driver, what each kind of entry did to his account (debit positive); and the office's own sums, in one pass."""
    kinds = ("driver", *{account for account, _ in OWN_LEG.values()})
    known = await session.execute(
        select(Account.id, Account.kind, Account.owner_id).where(
            Account.office_id == office_id, Account.kind.in_(kinds)
        )
    )
    accounts = {account_id: (leg, owner_id) for account_id, leg, owner_id in known}
    rows = (
        await session.execute(
            select(Posting.account_id, Entry.kind, Entry.reverses_id, func.sum(Posting.amount))
            .select_from(Entry)
            .join(Posting, Posting.entry_id == Entry.id)
            .where(Entry.office_id == office_id, Entry.at >= span.since, Entry.at < span.until)
            .group_by(Posting.account_id, Entry.kind, Entry.reverses_id)
        )
    ).all()
    about = await _kinds_of(session, (row[2] for row in rows))
    moved: dict[int | None, dict[str, int]] = {}
    own = Figures()
    for account_id, kind, reverses_id, amount in rows:
        leg, owner_id = accounts.get(account_id, ("", None))
        what = about.get(reverses_id, kind)
        if leg == "driver":
            sums = moved.setdefault(owner_id, {})
            sums[what] = sums.get(what, 0) + int(amount)
        elif what in OWN_LEG and OWN_LEG[what][0] == leg:
            own += Figures(**{FIELD[what]: OWN_LEG[what][1] * int(amount)})
    return moved, own


async def closing_by_driver(session: AsyncSession, office_id: int, until: datetime) -> dict[int, int]:
    """What each driver had before `until`: what he has now, without what was booked since. Nothing of whom has no account.

    His statement adds it up from the first posting on, and must find the same.
    """
    kept = await session.execute(
        select(Account.owner_id, Account.balance).where(Account.office_id == office_id, Account.kind == "driver")
    )
    has = {driver_id: -balance for driver_id, balance in kept}
    since = await session.execute(
        select(Account.owner_id, func.sum(Posting.amount))
        .select_from(Entry)
        .join(Posting, Posting.entry_id == Entry.id)
        .join(Account, and_(Account.id == Posting.account_id, Account.kind == "driver"))
        .where(Entry.office_id == office_id, Entry.at >= until)
        .group_by(Account.owner_id)
    )
    for driver_id, amount in since:
        has[driver_id] += int(amount)
    return has


async def _names(session: AsyncSession, office_id: int) -> Sequence[tuple[int, str, str]]:
    query = select(Driver.id, Driver.number, Driver.name).where(Driver.office_id == office_id)
    rows = await session.execute(query.order_by(func.length(Driver.number), Driver.number))
    return [(driver_id, number, name) for driver_id, number, name in rows]


def _of_kinds(sums: Mapping[str, int]) -> Figures:
    return Figures(**{FIELD[kind]: DRIVER_LEG[kind] * amount for kind, amount in sums.items() if kind in DRIVER_LEG})


def _sum(lines: Sequence[DriverLine]) -> DriverLine:
    return DriverLine(
        None,
        None,
        None,
        total(line.figures for line in lines),
        opening=sum(line.opening for line in lines),
        other=sum(line.other for line in lines),
        closing=sum(line.closing for line in lines),
        on_duty_s=sum(line.on_duty_s for line in lines),
    )
