"""The books: accounts, entries and their postings. Rows are only ever added; the database itself refuses anything else."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key

ACCOUNTS = ("driver", "customer", "cash", "fees", "penalties", "card", "held", "earned", "dead_runs", "billed", "bills")
OWNED = ("driver", "customer", "held", "earned", "billed")
"""Accounts that are somebody's: a driver's, or (customer) a credit account's."""
ENTRIES = (
    "top_up", "withdrawal", "call_fee", "credit_trip", "payment", "penalty", "reversal", "dead_run", "dead_run_charge",
    "bill",
)  # fmt: skip
_ACCOUNTS_SQL = ", ".join(f"'{kind}'" for kind in ACCOUNTS)
_OWNED_SQL = ", ".join(f"'{kind}'" for kind in OWNED)
_ENTRIES_SQL = ", ".join(f"'{kind}'" for kind in ENTRIES)


class Account(Base):
    """Where money lies or is owed. `owner_id` is the driver or the credit account (kind "customer"); 0 for the office's own.

    `balance` is the sum of the account's postings, kept in the transaction that adds them: debit is positive. A driver's
    prepaid money is owed to him, so what he has is `-balance`. "card" is what the card company has yet to pay; "held" the fares
    that a driver was paid by his customers, against "earned", the same as his own: both only tell, and move nothing of his.
    "billed" is what a driver was asked to pay in, against "bills": they only tell, too.
    "dead_runs" is what the office spends on drivers to whom nobody came out, less what firms on account pay of it.
    """

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("office_id", "kind", "owner_id", "currency"),
        CheckConstraint(f"kind in ({_ACCOUNTS_SQL})", name="kind"),
        CheckConstraint(f"(owner_id = 0) = (kind not in ({_OWNED_SQL}))", name="owner"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    kind: Mapped[str] = mapped_column(String(16))
    owner_id: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    balance: Mapped[int] = mapped_column(BigInteger, default=0)


class Entry(Base):
    """One thing that happened to money, booked at `at`; its postings sum to zero.

    `key` is unique: the same fact is booked once. `happened_at` is when the trip or the payment was, where that is another
    moment than the booking. `evidence` says why, where a person is charged; `reverses_id` names the entry that this one undoes,
    which can be undone once.
    """

    __tablename__ = "entry"
    __table_args__ = (
        UniqueConstraint("office_id", "key"),
        UniqueConstraint("reverses_id"),
        CheckConstraint(f"kind in ({_ENTRIES_SQL})", name="kind"),
        CheckConstraint("(kind = 'reversal') = (reverses_id is not null)", name="reversal"),
        CheckConstraint("kind not in ('penalty', 'reversal') or evidence is not null", name="evidence"),
        Index("ix_entry_office_at", "office_id", "at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    kind: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]
    happened_at: Mapped[datetime | None]
    order_id: Mapped[int | None] = mapped_column(ForeignKey("order.id"), index=True)
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    evidence: Mapped[str | None] = mapped_column(Text)
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))


class Posting(Base):
    """What one entry does to one account, in whole minor units: debit positive, credit negative, never nothing."""

    __tablename__ = "posting"
    __table_args__ = (
        UniqueConstraint("entry_id", "account_id"),
        CheckConstraint("amount <> 0", name="amount"),
        Index("ix_posting_account", "account_id", "entry_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    amount: Mapped[int] = mapped_column(BigInteger)


class Period(Base):
    """A closed time of the books, `since` <= booked < `until`, by the office's own calendar. No entry is booked into it any more.

    `digest` is the SHA-256 of the statement as it was written at the close: made again, it must be the same.
    """

    __tablename__ = "period"
    __table_args__ = (
        UniqueConstraint("office_id", "since"),
        UniqueConstraint("office_id", "until"),
        CheckConstraint("since < until", name="span"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    since: Mapped[datetime]
    until: Mapped[datetime]
    closed_at: Mapped[datetime]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    digest: Mapped[str] = mapped_column(String(64))


class PeriodBalance(Base):
    """What an account stood at when a period was closed: the next one begins there and adds up nothing anew."""

    __tablename__ = "period_balance"
    __table_args__ = (UniqueConstraint("period_id", "account_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    period_id: Mapped[int] = mapped_column(ForeignKey("period.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    balance: Mapped[int] = mapped_column(BigInteger)
