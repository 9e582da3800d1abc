"""A driver's own month: what he had, each entry with its reason, what he had then; the postings of the office's statement."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.books import statements
from desk.books.statements import Statement
from desk.clock import days
from desk.clock.days import Span
from desk.driver_page import driver_views
from desk.errors import Invalid
from desk.office import offices
from desk.views import Json
from models import Account, Entry, Posting


async def month(session: AsyncSession, office_id: int, driver_id: int, asked: str | None, now: datetime) -> Json:
    """The month that is `asked` for ("2026-11"; None: the present one), newest entry first, and the months beside it.

    Opening balance and entries add up to the closing one; minus is what he owes. Raises Invalid for no month.
    """
    told = await statement(session, office_id, driver_id, asked, now)
    office = await offices.by_id(session, office_id)
    first = await _first(session, office_id, driver_id)
    begun = days.today(office.timezone, first) if first is not None else told.span.first
    more = {row["id"]: row for row in await driver_views.entries(session, office_id, driver_id, span=told.span)}
    return {
        "month": _name(told.span.first),
        "earlier": _name(told.span.first - timedelta(days=1)) if begun < told.span.first else None,
        "later": _name(told.span.last + timedelta(days=1))
        if told.span.last < days.today(office.timezone, now)
        else None,
        "currency": told.currency,
        "opening": told.opening,
        "closing": told.closing,
        "items": [{**more[row.entry_id], "balance": row.balance} for row in reversed(told.rows)],
    }


async def statement(
    session: AsyncSession, office_id: int, driver_id: int, asked: str | None, now: datetime
) -> Statement:
    """The same as the office's statement of that month; who of the office booked something is not told."""
    office = await offices.by_id(session, office_id)
    span = _span(office.timezone, asked, now)
    told = await statements.of_driver(session, office_id, driver_id, span)
    return replace(told, rows=tuple(replace(row, by=None) for row in told.rows))


def _span(timezone: str, asked: str | None, now: datetime) -> Span:
    if asked is None:
        return days.month_of(timezone, days.today(timezone, now))
    try:
        return days.month_of(timezone, date.fromisoformat(f"{asked}-01"))
    except ValueError as error:
        raise Invalid("that is no month", field="month") from error


def _name(day: date) -> str:
    return f"{day:%Y-%m}"


async def _first(session: AsyncSession, office_id: int, driver_id: int) -> datetime | None:
    query = (
        select(func.min(Entry.at))
        .join(Posting, Posting.entry_id == Entry.id)
        .join(Account, Account.id == Posting.account_id)
        .where(Account.office_id == office_id, Account.kind == "driver", Account.owner_id == driver_id)
    )
    found: datetime | None = await session.scalar(query)
    return found
