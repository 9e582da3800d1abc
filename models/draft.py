"""What an operator has typed for a call and not yet saved."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key


class CallDraft(Base):
    """One operator's form for one call, as it stands. It goes when an order is saved for the call."""

    __tablename__ = "call_draft"
    __table_args__ = (
        UniqueConstraint("call_id", "operator_id"),
        Index("ix_call_draft_operator", "operator_id", "updated_at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"))
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    form: Mapped[Any] = mapped_column(JSON)
    updated_at: Mapped[datetime]
