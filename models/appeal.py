"""A driver's word against something that was done to him, and what the office says to it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key

_SUBJECTS_SQL = " + ".join(
    f"(case when {column} is null then 0 else 1 end)" for column in ("entry_id", "weighing_id", "grade_id")
)


class Appeal(Base):
    """Against a row of the books, not having been asked for an order, or a change of one's grade; once for each.

    `reason` is in words. Until `due_at` the office is to answer.
    """

    __tablename__ = "appeal"
    __table_args__ = (
        CheckConstraint("state in ('open', 'answered')", name="state"),
        CheckConstraint(f"{_SUBJECTS_SQL} = 1", name="subject"),
        CheckConstraint("(state = 'answered') = (answer is not null)", name="answer"),
        UniqueConstraint("driver_id", "entry_id"),
        UniqueConstraint("driver_id", "weighing_id"),
        UniqueConstraint("driver_id", "grade_id"),
        Index("ix_appeal_office", "office_id", "state", "id"),
        Index("ix_appeal_due", "office_id", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    driver_id: Mapped[int] = mapped_column(ForeignKey("driver.id"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    weighing_id: Mapped[int | None] = mapped_column(ForeignKey("weighing.id"))
    grade_id: Mapped[int | None] = mapped_column(ForeignKey("driver_grade.id"))
    reason: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))
    answer: Mapped[str | None] = mapped_column(String(500))
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
