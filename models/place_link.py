"""A caller shows where he is: the link that was texted to him for it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key


class PlaceLink(Base):
    """A link for one order's caller, good once and until `expires_at`. Only the SHA-256 of its token is kept.

    `number` is the telephone that it was texted to; `used_with` is the SHA-256 of the request that used it: the same request,
    repeated because its answer was lost, is answered again. `lat`, `lon` and `accuracy_m` are what the telephone said, also
    where the order's pin was left as it was.
    """

    __tablename__ = "place_link"
    __table_args__ = (
        Index("ix_place_link_order", "order_id", "created_at"),
        Index("ix_place_link_number", "number", "created_at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"))
    number: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_by: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_with: Mapped[str | None] = mapped_column(String(64))
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    accuracy_m: Mapped[int | None]
