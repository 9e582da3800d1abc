"""A text message from the moment it is owed until what became of it is known."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key

# Each state with those that may follow. `unknown` becomes `sent` when the provider's answer is found after all.
NEXT_STATES = {
    "queued": ("sending", "expired"),
    "sending": ("sent", "queued", "failed", "unknown"),
    "sent": ("delivered", "failed", "expired", "unknown"),
    "unknown": ("sent", "delivered", "failed", "expired"),
    "delivered": (),
    "failed": (),
    "expired": (),
}
STATES = tuple(NEXT_STATES)
_STATES_SQL = ", ".join(f"'{state}'" for state in STATES)


class Message(Base):
    """One text to one person, written in the transaction that made it due.

    queued -> sending (claimed) -> sent (the provider took it) -> delivered | failed | expired; `unknown` where a
    submit was cut off before its answer, which is shown to a person and never repeated unasked.
    `recipient` is E.164 (empty where the caller withheld it: the row is then born failed, so that somebody sees it),
    `sender` as registered with the provider; `next_try_at` is when a queued row is due. `parts` is how many segments the
    provider took, null until all of them are taken; their ids stand in `message_part`, the first one also here.
    After `valid_until` (null: half an hour after it was written) it leaves no more; `by_day_only` ones wait out the night.
    `campaign_id` is the text to many that it is part of.
    """

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint(f"state in ({_STATES_SQL})", name="state"),
        CheckConstraint("audience in ('customer', 'driver', 'other')", name="audience"),
        UniqueConstraint("assignment_id", "audience"),
        Index("ix_message_due", "state", "next_try_at"),
        Index("ix_message_recipient", "recipient", "office_id", "id"),
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
    valid_until: Mapped[datetime | None]
    by_day_only: Mapped[bool] = mapped_column(default=False)
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"), index=True)
    claimed_at: Mapped[datetime | None]
    provider: Mapped[str | None] = mapped_column(String(32))
    provider_id: Mapped[str | None] = mapped_column(String(80))
    parts: Mapped[int | None]
    detail: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class MessagePart(Base):
    """One segment of a text as the provider knows it: a receipt names the segment, and the text is what its segments are.

    Providers count their ids anew after a restart, so an id is not unique for ever: the newest segment with it is meant.
    """

    __tablename__ = "message_part"
    __table_args__ = (
        CheckConstraint(f"state in ({_STATES_SQL})", name="state"),
        Index("ix_message_part_provider", "provider", "provider_id"),
        UniqueConstraint("message_id", "provider", "provider_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    provider: Mapped[str] = mapped_column(String(32))
    provider_id: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(16))
    detail: Mapped[str | None] = mapped_column(String(200))


class EarlyReceipt(Base):
    """A delivery receipt that came before the provider's id was stored; it is applied, and removed, once the id is known."""

    __tablename__ = "early_receipt"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    provider: Mapped[str] = mapped_column(String(32))
    provider_id: Mapped[str] = mapped_column(String(80), index=True)
    state: Mapped[str] = mapped_column(String(16))
    detail: Mapped[str | None] = mapped_column(String(200))
    received_at: Mapped[datetime]
