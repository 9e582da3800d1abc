"""What a call was about, as the operator who had it says by one key."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key


class CallWrapUp(Base):
    """A call and its code: one of the trade's (words in `panel.wrap_up.code`), or one in the office's own words.

    `operator_id` and `coded_at` are of who said it last; what was said before stands in the record.
    """

    __tablename__ = "call_wrap_up"
    __table_args__ = (Index("ix_call_wrap_up_office", "office_id", "code"),)

    call_id: Mapped[int] = mapped_column(Key, ForeignKey("call.id"), primary_key=True, autoincrement=False)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    code: Mapped[str] = mapped_column(String(40))
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    coded_at: Mapped[datetime]
