"""When an operator was not there to take calls: rows, so that a report can count them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key

PAUSES = ("break", "after_call", "other")
_PAUSES_SQL = ", ".join(f"'{reason}'" for reason in PAUSES)


class OperatorPause(Base):
    """An operator takes no calls from `begun_at` until `ended_at` (null: still); at most one at a time.

    `begun_by` and `ended_by` are who said so at the panel; null: the PBX told it (his phone's key, or a supervisor there).
    """

    __tablename__ = "operator_pause"
    __table_args__ = (
        CheckConstraint(f"reason in ({_PAUSES_SQL})", name="reason"),
        Index(
            "uq_operator_pause_open",
            "operator_id",
            unique=True,
            sqlite_where=text("ended_at is null"),
            postgresql_where=text("ended_at is null"),
        ),
        Index("ix_operator_pause_office", "office_id", "begun_at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"), index=True)
    reason: Mapped[str] = mapped_column(String(16))
    begun_at: Mapped[datetime]
    begun_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
