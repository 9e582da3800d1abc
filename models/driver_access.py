"""How a driver comes to his page: the link that was texted to him, the session of his phone, and his repeated requests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key


class DriverLink(Base):
    """A log-in link for one driver, good once and until `expires_at`. Only the SHA-256 of its token is kept.

    `made_by` is null where the driver asked for it himself. `used_with` is the SHA-256 of the request that used it: the same
    request, repeated because its answer was lost, is let in again.
    """

    __tablename__ = "driver_link"
    __table_args__ = (Index("ix_driver_link_driver", "driver_id", "created_at"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    driver_id: Mapped[int] = mapped_column(ForeignKey("driver.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_with: Mapped[str | None] = mapped_column(String(64))
    made_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"), index=True)


class DriverSession(Base):
    """A phone that a driver is signed in with. Only the SHA-256 of its cookie is kept."""

    __tablename__ = "driver_session"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    driver_id: Mapped[int] = mapped_column(ForeignKey("driver.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class DriverRequest(Base):
    """The saved answer to a driver's POST: his phone repeats it until it is answered, and it is done once."""

    __tablename__ = "driver_request"
    __table_args__ = (UniqueConstraint("driver_id", "key"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    driver_id: Mapped[int] = mapped_column(ForeignKey("driver.id"))
    key: Mapped[str] = mapped_column(String(255))
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    answer: Mapped[Any] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(index=True)
