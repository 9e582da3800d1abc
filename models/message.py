"""A text message from the moment it is owed until what became of it is known."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key

STATES = ("queued", "sending", "sent", "delivered", "failed", "expired", "unknown")
_STATES_SQL = ", ".join(f"'{state}'" for state in STATES)


class Message(Base):
    """One text to one person, written in the transaction that made it due.

    queued -> sending (claimed) -> sent (the provider took it) -> delivered | failed | expired; `unknown` where a
    submit was cut off before its answer, which is shown to a person and never repeated unasked.
    `recipient` is E.164, `sender` as registered with the provider; `next_try_at` is when a queued row is due.
    """

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint(f"state in ({_STATES_SQL})", name="state"),
        CheckConstraint("audience in ('customer', 'driver')", name="audience"),
        UniqueConstraint("assignment_id", "audience"),
        UniqueConstraint("provider", "provider_id"),
        Index("ix_message_due", "state", "next_try_at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("order.id"), index=True)
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignment.id"))
    audience: Mapped[str] = mapped_column(String(16))
    recipient: Mapped[str] = mapped_column(String(20))
    sender: Mapped[str] = mapped_column(String(20))
    text_key: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    provider: Mapped[str | None] = mapped_column(String(32))
    provider_id: Mapped[str | None] = mapped_column(String(80))
    detail: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class EarlyReceipt(Base):
    """A delivery receipt that came before the provider's id was stored; it is applied, and removed, once the id is known."""

    __tablename__ = "early_receipt"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    provider: Mapped[str] = mapped_column(String(32))
    provider_id: Mapped[str] = mapped_column(String(80), index=True)
    state: Mapped[str] = mapped_column(String(16))
    detail: Mapped[str | None] = mapped_column(String(200))
    received_at: Mapped[datetime]
