"""A driver's statement: what he had, each posting with its reason, and what he had then. Made from the postings alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.books import ledger
from desk.clock.days import Span
from desk.driver.drivers import of_office
from desk.figures.report_rows import DriverName, reference_of
from desk.figures.reports import effective_kind
from desk.office import offices
from desk.views import Json, moment
from models import Account, Entry, Office, Operator, Order, Posting


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One posting. `amount` is what it did to the driver's money (minus: charged), `balance` what he had after it.

    `about` is the entry's kind; of a reversal, the kind of what it undoes. `origin`, `destination` and `fare` are the trip's.
    """

    entry_id: int
    at: datetime
    kind: str
    about: str
    reverses_id: int | None
    amount: int
    balance: int
    order_id: int | None
    origin: str | None
    destination: str | None
    fare: int | None
    reference: str | None
    evidence: str | None
    by: str | None

    def as_json(self) -> Json:
        return {
            "entry_id": self.entry_id,
            "at": moment(self.at),
            "kind": self.kind,
            "about": self.about,
            "reverses_id": self.reverses_id,
            "amount": self.amount,
            "balance": self.balance,
            "order_id": self.order_id,
            "origin": self.origin,
            "destination": self.destination,
            "fare": self.fare,
            "reference": self.reference,
            "evidence": self.evidence,
            "by": self.by,
        }


@dataclass(frozen=True, slots=True)
class Statement:
    """`closing` is `opening` and the sum of the rows."""

    office: str
    driver: DriverName
    currency: str
    span: Span
    opening: int
    rows: tuple[StatementRow, ...]
    closing: int


async def of_driver(session: AsyncSession, office_id: int, driver_id: int, span: Span) -> Statement:
    """The driver's statement of these days. Raises NotFound, also for another office's driver."""
    office = await offices.by_id(session, office_id)
    driver = await of_office(session, office_id, driver_id)
    account_id = await _account(session, office, driver_id)
    opening = -await ledger.balance_of_postings(session, account_id, span.since) if account_id is not None else 0
    rows = await _rows(session, account_id, span, opening) if account_id is not None else ()
    return Statement(
        office.name,
        DriverName(driver.id, driver.number, driver.name),
        office.currency,
        span,
        opening,
        rows,
        rows[-1].balance if rows else opening,
    )


async def _account(session: AsyncSession, office: Office, driver_id: int) -> int | None:
    found: int | None = await session.scalar(
        select(Account.id).where(
            Account.office_id == office.id,
            Account.kind == "driver",
            Account.owner_id == driver_id,
            Account.currency == office.currency,
        )
    )
    return found


async def _rows(session: AsyncSession, account_id: int, span: Span, opening: int) -> tuple[StatementRow, ...]:
    found = await session.execute(
        select(
            Entry, effective_kind(), Posting.amount, Order.origin_text, Order.destination_text, Order.fare, Operator.name
        )
        .select_from(Posting)
        .join(Entry, Entry.id == Posting.entry_id)
        .outerjoin(Order, Order.id == Entry.order_id)
        .outerjoin(Operator, Operator.id == Entry.operator_id)
        .where(Posting.account_id == account_id, Entry.at >= span.since, Entry.at < span.until)
        .order_by(Entry.at, Entry.id)
    )  # fmt: skip
    rows, balance = [], opening
    for entry, about, amount, origin, destination, fare, by in found:
        balance -= amount
        rows.append(
            StatementRow(
                entry.id, entry.at, entry.kind, about, entry.reverses_id, -amount, balance, entry.order_id,
                origin, destination, fare, reference_of(entry), entry.evidence, by,
            )
        )  # fmt: skip
    return tuple(rows)


async def undone_of(session: AsyncSession, rows: Sequence[StatementRow]) -> frozenset[int]:
    """Which of the entries were undone up to now, whenever that was booked."""
    ids = [row.entry_id for row in rows]
    found = await session.scalars(select(Entry.reverses_id).where(Entry.reverses_id.in_(ids)))
    return frozenset(entry_id for entry_id in found if entry_id is not None)
