"""A driver's word against something that was done to him, and what the office says to it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key


class Appeal(Base):
    """Against one row of the books, or against not having been asked for an order; once for each. `reason` is in words."""

    __tablename__ = "appeal"
    __table_args__ = (
        CheckConstraint("state in ('open', 'answered')", name="state"),
        CheckConstraint("(entry_id is null) <> (weighing_id is null)", name="subject"),
        CheckConstraint("(state = 'answered') = (answer is not null)", name="answer"),
        UniqueConstraint("driver_id", "entry_id"),
        UniqueConstraint("driver_id", "weighing_id"),
        Index("ix_appeal_office", "office_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    driver_id: Mapped[int] = mapped_column(ForeignKey("driver.id"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    weighing_id: Mapped[int | None] = mapped_column(ForeignKey("weighing.id"))
    reason: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))
    answer: Mapped[str | None] = mapped_column(String(500))
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
