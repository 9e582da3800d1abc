"""Closing the books: months by the office's own calendar, a statement that is the same bytes each time it is made.

A month begins at local midnight of its first day, to the microsecond, whatever the server's zone; days of 23 and 25 hours
are what they are. Nothing is booked into a closed month any more: what comes late is booked in the open one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.clock import days
from desk.clock.days import Span
from desk.errors import Conflict, Invalid, NotFound
from desk.work import Work
from models import Account, Entry, Office, Period, PeriodBalance, Posting


class OutOfTurn(Conflict):
    """Months are closed one after the other, each when it is over."""

    code = "period_out_of_turn"


def month(timezone: str, year: int, number: int) -> tuple[datetime, datetime]:
    """The moments (UTC) at which a month of that calendar begins and ends; the end belongs to the next one."""
    if not (1 <= number <= 12 and 2000 <= year <= 2999):
        raise Invalid("that is not a month", field="month")
    zone = ZoneInfo(timezone)
    following = (year, number + 1) if number < 12 else (year + 1, 1)
    since, until = (datetime(*first, 1, tzinfo=zone).astimezone(UTC) for first in ((year, number), following))
    return since, until


async def close(work: Work, operator_id: int | None, office_id: int, year: int, number: int) -> Period:
    """Close a month; closed before, it is given back as it is. Raises OutOfTurn, NotFound, Invalid."""
    # Nobody books while this is held, so the statement is whole.
    held = await work.session.scalars(select(Office).where(Office.id == office_id).with_for_update())
    office = held.one_or_none()
    if office is None:
        raise NotFound(f"there is no office {office_id}", office_id=office_id)
    since, until = month(office.timezone, year, number)
    known = await work.session.scalars(
        select(Period).where(Period.office_id == office_id, Period.since == since, Period.until == until)
    )
    if (period := known.one_or_none()) is not None:
        return period
    await _check_turn(work, office_id, since, until)
    written = await statement(work.session, office_id, since, until, from_kept=True)
    period = Period(
        office_id=office_id,
        since=since,
        until=until,
        closed_at=work.now,
        closed_by=operator_id,
        digest=hashlib.sha256(written).hexdigest(),
    )
    work.session.add(period)
    await work.session.flush()
    await _keep(work, period, written)
    return period


async def statement(
    session: AsyncSession, office_id: int, since: datetime, until: datetime, *, from_kept: bool = False
) -> bytes:
    """Every account with its balance at both ends and what went in and out, as canonical JSON lines; it sums to zero.

    Added up from the first posting on; `from_kept`, from the balances that the period before has left, if it has: the same
    bytes, as long as nobody has changed a row behind the database's back.
    """
    kept = await _kept(session, office_id, since) if from_kept else {}
    sums = await _moved(session, office_id, since if kept else None, until, since)
    accounts = await session.execute(
        select(Account.id, Account.kind, Account.owner_id, Account.currency)
        .where(Account.office_id == office_id)
        .order_by(Account.kind, Account.owner_id, Account.currency)
    )
    lines = []
    for account_id, kind, owner_id, currency in accounts:
        if account_id not in kept and account_id not in sums:
            continue
        before, debit, credit = sums.get(account_id, (0, 0, 0))
        before += kept.get(account_id, 0)
        told = {
            "account": kind,
            "owner": owner_id,
            "currency": currency,
            "before": before,
            "debit": debit,
            "credit": credit,
            "after": before + debit + credit,
        }
        lines.append(json.dumps(told, separators=(",", ":")))
    head = json.dumps({"office": office_id, "since": since.isoformat(), "until": until.isoformat()})
    return ("\n".join([head, *lines]) + "\n").encode("ascii")


async def _kept(session: AsyncSession, office_id: int, until: datetime) -> dict[int, int]:
    """The balances by account that the period which ends at `until` has left."""
    rows = await session.execute(
        select(PeriodBalance.account_id, PeriodBalance.balance)
        .join(Period, Period.id == PeriodBalance.period_id)
        .where(Period.office_id == office_id, Period.until == until)
    )
    return {row.account_id: row.balance for row in rows}


async def _moved(
    session: AsyncSession, office_id: int, from_: datetime | None, until: datetime, since: datetime
) -> dict[int, tuple[int, int, int]]:
    """By account: what was booked before `since`, and what went in and out of it from then on, before `until`."""
    query = (
        select(
            Posting.account_id,
            func.coalesce(func.sum(Posting.amount).filter(Entry.at < since), 0),
            func.coalesce(func.sum(Posting.amount).filter(Entry.at >= since, Posting.amount > 0), 0),
            func.coalesce(func.sum(Posting.amount).filter(Entry.at >= since, Posting.amount < 0), 0),
        )
        .join(Entry, Entry.id == Posting.entry_id)
        .where(Entry.office_id == office_id, Entry.at < until)
        .group_by(Posting.account_id)
    )
    if from_ is not None:
        query = query.where(Entry.at >= from_)
    rows = await session.execute(query)
    return {account_id: (int(before), int(debit), int(credit)) for account_id, before, debit, credit in rows}


async def _keep(work: Work, period: Period, written: bytes) -> None:
    """Leave the balances of `written` to the next period."""
    ids = {
        (kind, owner_id, currency): account_id
        for account_id, kind, owner_id, currency in await work.session.execute(
            select(Account.id, Account.kind, Account.owner_id, Account.currency).where(
                Account.office_id == period.office_id
            )
        )
    }
    told = [json.loads(line) for line in written.splitlines()[1:]]
    work.session.add_all(
        PeriodBalance(
            period_id=period.id,
            account_id=ids[line["account"], line["owner"], line["currency"]],
            balance=line["after"],
        )
        for line in told
    )
    await work.session.flush()


async def closed(session: AsyncSession, office_id: int) -> Sequence[Period]:
    """The closed periods of an office, newest first."""
    found = await session.scalars(select(Period).where(Period.office_id == office_id).order_by(Period.since.desc()))
    return found.all()


async def following(session: AsyncSession, office: Office) -> Span | None:
    """The month that is closed next: the one after the last, or that of the first booking. None where nothing was booked."""
    until = await session.scalar(select(func.max(Period.until)).where(Period.office_id == office.id))
    first = until or await session.scalar(select(func.min(Entry.at)).where(Entry.office_id == office.id))
    return None if first is None else days.month_of(office.timezone, days.today(office.timezone, first))


async def of_office(session: AsyncSession, office_id: int, period_id: int) -> Period:
    """A closed period. Raises NotFound, also for another office's."""
    period = await session.get(Period, period_id)
    if period is None or period.office_id != office_id:
        raise NotFound(f"there is no closed period {period_id}", period_id=period_id)
    return period


async def is_unchanged(session: AsyncSession, period: Period) -> bool:
    """Whether the statement of a closed period, made again from the very first posting, is the one that was closed."""
    again = await statement(session, period.office_id, period.since, period.until)
    return hashlib.sha256(again).hexdigest() == period.digest


async def _check_turn(work: Work, office_id: int, since: datetime, until: datetime) -> None:
    if work.now < until:
        raise OutOfTurn("a month is closed when it is over", until=until.isoformat())
    last = await work.session.scalar(select(func.max(Period.until)).where(Period.office_id == office_id))
    if last is not None and last != since:
        raise OutOfTurn("the month before it is closed first", closed_until=last.isoformat())
