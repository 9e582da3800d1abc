"""A text about an order that did not get through, or of which nobody knows: somebody has to phone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key

ENDINGS = ("delivered", "seen", "resent", "over")
_ENDINGS_SQL = ", ".join(f"'{ending}'" for ending in ENDINGS)


class TextAlarm(Base):
    """The desk is to see to it that `message_id` is heard, from `raised_at` until `ended_at`; once for each text.

    `ending`: "delivered" (it arrived after all), "seen" (`ended_by` says that he is done with it), "resent" (`ended_by` has
    sent it again as `resent_id`), "over" (nobody needs to hear it any more). `state` is how the text stood when it was raised.
    """

    __tablename__ = "text_alarm"
    __table_args__ = (
        CheckConstraint(f"ending in ({_ENDINGS_SQL})", name="ending"),
        Index(
            "ix_text_alarm_open",
            "office_id",
            "order_id",
            sqlite_where=text("ended_at is null"),
            postgresql_where=text("ended_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), index=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), unique=True)
    state: Mapped[str] = mapped_column(String(16))
    raised_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ending: Mapped[str | None] = mapped_column(String(16))
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    resent_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
