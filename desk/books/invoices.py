"""What a firm that rides on account is billed for some days: what it owed, every trip and payment, what it owes then.

Made from the postings alone, so it adds up whatever else is changed. Of closed days nothing in it changes any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.books import credit, dead_runs, ledger
from desk.clock.days import Span
from desk.figures.report_rows import reference_of
from desk.figures.reports import effective_kind
from desk.office import offices
from desk.views import Json, moment
from models import Account, CreditAccount, Customer, Entry, Office, Operator, Order, Posting

CHARGES = ("credit_trip", dead_runs.FIRM)
"""What a firm is billed for; everything else is what it paid."""


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """One posting: `amount` is what it added to what is owed (minus: paid or taken back), `balance` what was owed after it.

    `about` is the entry's kind; of a reversal, the kind of what it undoes. The trip's own words stand beside it.
    """

    entry_id: int
    at: datetime
    kind: str
    about: str
    reverses_id: int | None
    amount: int
    balance: int
    order_id: int | None
    driven_at: datetime | None
    rider: str | None
    number: str | None
    origin: str | None
    destination: str | None
    cost_centre: str | None
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
            "driven_at": moment(self.driven_at),
            "rider": self.rider,
            "number": self.number,
            "origin": self.origin,
            "destination": self.destination,
            "cost_centre": self.cost_centre,
            "reference": self.reference,
            "evidence": self.evidence,
            "by": self.by,
        }


@dataclass(frozen=True, slots=True)
class Invoice:
    """`closing` is `opening` + `charged` - `paid`; the rows add up to `charged` - `paid`. `final`: its days are closed."""

    number: str
    office: Office
    account: CreditAccount
    span: Span
    opening: int
    rows: tuple[InvoiceRow, ...]
    charged: int
    paid: int
    closing: int
    final: bool


async def of_account(session: AsyncSession, office_id: int, credit_id: int, span: Span) -> Invoice:
    """The bill of these days. Raises NotFound, also for another office's account."""
    office = await offices.by_id(session, office_id)
    account = await credit.of_office(session, office_id, credit_id)
    books = await session.scalar(
        select(Account.id).where(
            Account.office_id == office.id,
            Account.kind == "customer",
            Account.owner_id == account.id,
            Account.currency == office.currency,
        )
    )
    opening = await ledger.balance_of_postings(session, books, span.since) if books is not None else 0
    rows = await _rows(session, books, span, opening) if books is not None else ()
    charged = sum(row.amount for row in rows if row.about in CHARGES)
    paid = -sum(row.amount for row in rows if row.about not in CHARGES)
    until = await ledger.closed_until(session, office.id)
    return Invoice(
        f"{span.first:%Y%m%d}-{span.last:%Y%m%d}-{account.id}",
        office,
        account,
        span,
        opening,
        rows,
        charged,
        paid,
        rows[-1].balance if rows else opening,
        until is not None and span.until <= until,
    )


async def _rows(session: AsyncSession, books: int, span: Span, opening: int) -> tuple[InvoiceRow, ...]:
    found = await session.execute(
        select(Entry, effective_kind(), Posting.amount, Order, Customer.name, Operator.name)
        .select_from(Posting)
        .join(Entry, Entry.id == Posting.entry_id)
        .outerjoin(Order, Order.id == Entry.order_id)
        .outerjoin(Customer, Customer.id == Order.customer_id)
        .outerjoin(Operator, Operator.id == Entry.operator_id)
        .where(Posting.account_id == books, Entry.at >= span.since, Entry.at < span.until)
        .order_by(Entry.at, Entry.id)
    )
    rows, balance = [], opening
    for entry, about, amount, order, rider, by in found:
        balance += amount
        rows.append(
            InvoiceRow(
                entry.id,
                entry.at,
                entry.kind,
                about,
                entry.reverses_id,
                amount,
                balance,
                entry.order_id,
                entry.happened_at,
                rider,
                order.number if order else None,
                order.origin_text if order else None,
                order.destination_text if order else None,
                order.cost_centre if order else None,
                reference_of(entry),
                entry.evidence,
                by,
            )
        )
    return tuple(rows)
