"""The second factor of those who sign in: what it is derived from, and the codes for whoever has lost it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key


class SecondFactor(Base):
    """A person's one-time codes (RFC 6238). The secret is derived from `nonce` and a key that is not in the database.

    `last_step` is the 30 s step of the newest code that was used: no code is taken twice. Unconfirmed it guards nothing.
    """

    __tablename__ = "second_factor"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"), unique=True)
    nonce: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int | None] = mapped_column(BigInteger)


class RecoveryCode(Base):
    """A code that lets in once in place of a one-time code; kept as an argon2id hash."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"), index=True)
    code_hash: Mapped[str] = mapped_column(Text)
    used_at: Mapped[datetime | None]
