"""All drivers of an office settled at once: who is paid out and who is billed, line by line, and who said so."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key

BATCH_STATES = ("open", "posted", "dropped")
LINE_KINDS = ("pay", "bill", "none")
_STATES_SQL = ", ".join(f"'{state}'" for state in BATCH_STATES)
_KINDS_SQL = ", ".join(f"'{kind}'" for kind in LINE_KINDS)


class SettlementBatch(Base):
    """The days from `first` to `last` (both included) and the rule, in whole minor units; an office has one open batch at most.

    `keep` stays with a driver who is paid out, the rest is rounded down to `unit`; who has less than `needed` is billed for it.
    """

    __tablename__ = "settlement_batch"
    __table_args__ = (
        CheckConstraint(f"state in ({_STATES_SQL})", name="state"),
        CheckConstraint("first <= last", name="days"),
        CheckConstraint("unit > 0 and needed >= 0 and keep >= needed", name="rule"),
        CheckConstraint("(state = 'open') = (decided_at is null)", name="decided"),
        Index(
            "uq_settlement_batch_open",
            "office_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_settlement_batch_office", "office_id", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    first: Mapped[date]
    last: Mapped[date]
    keep: Mapped[int] = mapped_column(BigInteger)
    unit: Mapped[int] = mapped_column(BigInteger)
    needed: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(8))
    made_at: Mapped[datetime]
    made_by: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))


class SettlementLine(Base):
    """One driver of a batch: what he `had` at the end of its days and `has` when it was made, and what is proposed.

    `included` is the tick, `ticked_by` who changed it last. `reason` says why nothing is booked; `entry_id` is what was booked,
    `payee_version` which account the driver was paid to then.
    """

    __tablename__ = "settlement_line"
    __table_args__ = (
        UniqueConstraint("batch_id", "driver_id"),
        UniqueConstraint("entry_id"),
        CheckConstraint(f"kind in ({_KINDS_SQL})", name="kind"),
        CheckConstraint("amount >= 0 and (kind = 'none') = (amount = 0)", name="amount"),
        CheckConstraint("not (included and kind = 'none')", name="included"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("settlement_batch.id"))
    driver_id: Mapped[int] = mapped_column(ForeignKey("driver.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    amount: Mapped[int] = mapped_column(BigInteger)
    had: Mapped[int] = mapped_column(BigInteger)
    has: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str | None] = mapped_column(String(16))
    included: Mapped[bool]
    ticked_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    payee_version: Mapped[int | None]
