"""What was done to a customer's own row: each deed with who and why, two rows made one, and one person forgotten."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key

DEEDS = (
    "registered",
    "changed",
    "blocked",
    "unblocked",
    "served_all_the_same",
    "merged",
    "merge_undone",
    "number_shown",
    "number_added",
    "number_detached",
    "place_added",
    "place_changed",
    "place_removed",
    "place_back",
)


class CustomerDeed(Base):
    """One thing that somebody did to a customer. `words` is his reason; it goes when the customer is forgotten.

    The record (AuditEntry) says the same without words, and stays for ever.
    """

    __tablename__ = "customer_deed"
    __table_args__ = (Index("ix_customer_deed_customer", "customer_id", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("order.id"))
    at: Mapped[datetime]
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    what: Mapped[str] = mapped_column(String(24))
    words: Mapped[str | None] = mapped_column(Text)


class CustomerMerge(Base):
    """Customer `gone_id` became part of `kept_id`, which is the greater id: so that no new customer is given `gone_id`.

    `gone_id` names no row until the merge is undone. `forgotten_at`: the person was erased, and there is nothing to undo with.
    """

    __tablename__ = "customer_merge"
    __table_args__ = (
        CheckConstraint("gone_id < kept_id", name="ids"),
        Index("ix_customer_merge_kept", "kept_id"),
        Index("ix_customer_merge_gone", "gone_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    kept_id: Mapped[int] = mapped_column(BigInteger)
    gone_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    forgotten_at: Mapped[datetime | None]


class MergedRow(Base):
    """One row that a merge changed: `table`, its key, and the whole of it before and after (null: it was taken out)."""

    __tablename__ = "merged_row"
    __table_args__ = (UniqueConstraint("merge_id", "table", "key"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    merge_id: Mapped[int] = mapped_column(ForeignKey("customer_merge.id"))
    table: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(80))
    before: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    after: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)


class Erasure(Base):
    """One person was forgotten: whose row (`customer_id`, which stays as nobody), by whom, how many rows of each table.

    `files` are recordings that still have to go from the disk; they are named in the transaction that forgets, so that a crash
    between the two leaves none behind.
    """

    __tablename__ = "erasure"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    at: Mapped[datetime]
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    reason: Mapped[str] = mapped_column(String(200))
    counts: Mapped[Any] = mapped_column(JSON)
    files: Mapped[Any] = mapped_column(JSON)
    files_gone_at: Mapped[datetime | None]
