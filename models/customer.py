"""Who calls: the customer, his numbers, and the places where he is usually picked up or taken."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEVER_AGAIN, Base, Key


def _only(which: str) -> dict[str, Any]:
    return {f"{dialect}_where": text(which) for dialect in ("sqlite", "postgresql")}


class Customer(Base):
    """One person or firm that orders. `grade` is the firm's own mark (for example VIP), shown as it stands."""

    __tablename__ = "customer"
    __table_args__ = (
        Index("ix_customer_recent", "office_id", "last_trip_at", "id"),
        Index("ix_customer_trips", "office_id", "trips", "id"),
        Index("ix_customer_grade", "office_id", "grade", "id"),
        # Not the office first: SQLite would take such an index, of which it knows nothing yet, for the short way to any customer.
        Index("ix_customer_cancels", "cancels", "office_id", "id"),
        # Few have one: the others stand in no index.
        Index("ix_customer_language", "office_id", "language", "id", **_only("language is not null")),
        Index("ix_customer_blocked_reason", "office_id", "id", **_only("blocked_reason is not null")),
        NEVER_AGAIN,
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    name: Mapped[str] = mapped_column(String(80))
    grade: Mapped[str | None] = mapped_column(String(16))
    note: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(String(8))
    blocked_reason: Mapped[str | None] = mapped_column(Text)
    trips: Mapped[int] = mapped_column(default=0)
    cancels: Mapped[int] = mapped_column(default=0)
    last_trip_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 -- SQLAlchemy reads it from the class


class CustomerPhone(Base):
    """A number (E.164) by which a customer is known. One number belongs to one customer of an office."""

    __tablename__ = "customer_phone"
    __table_args__ = (UniqueConstraint("office_id", "number"), NEVER_AGAIN)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    number: Mapped[str] = mapped_column(String(20))


class Place(Base):
    """A place of one customer, with where it is known from. Degrees are WGS 84, `accuracy_m` is a radius in metres.

    `label` is what it is to him ("home"). `corrected_at`: somebody set it right, and what past orders say of it is wrong;
    `former` are the texts that it had before, one a line. `removed_at`: it is his no more, and is offered nowhere.
    """

    __tablename__ = "place"
    __table_args__ = (Index("ix_place_customer_recent", "customer_id", "last_used_at"), NEVER_AGAIN)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    text: Mapped[str] = mapped_column(String(200))
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    accuracy_m: Mapped[int | None]
    source: Mapped[str] = mapped_column(String(16))
    uses: Mapped[int] = mapped_column(default=0)
    last_used_at: Mapped[datetime]
    label: Mapped[str | None] = mapped_column(String(40))
    former: Mapped[str] = mapped_column(Text, default="", server_default="")
    corrected_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]


class FormerNumber(Base):
    """A number (E.164) that was this customer's until `until`: what came or went by it later is somebody else's."""

    __tablename__ = "former_number"
    __table_args__ = (Index("ix_former_number_number", "office_id", "number", "until"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    number: Mapped[str] = mapped_column(String(20))
    until: Mapped[datetime]


class CustomerWords(Base):
    """By which words the customer `id` is found (models.words). The database keeps an inverted index of them by itself."""

    __tablename__ = "customer_words"

    id: Mapped[int] = mapped_column(
        Key, ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    words: Mapped[str] = mapped_column(Text)


class BookPlace(Base):
    """A place of the office's own place book. `aliases` are other names, one a line; `source` says whose knowledge it is.

    Degrees are WGS 84, `accuracy_m` is a radius in metres. Several places may have one name: `district` tells them apart.
    """

    __tablename__ = "book_place"
    __table_args__ = (UniqueConstraint("office_id", "name", "district"), NEVER_AGAIN)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    name: Mapped[str] = mapped_column(String(200))
    district: Mapped[str] = mapped_column(String(80), default="")
    aliases: Mapped[str] = mapped_column(Text, default="")
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    accuracy_m: Mapped[int | None]
    source: Mapped[str] = mapped_column(String(80))
    added_at: Mapped[datetime]


class BookPlaceWords(Base):
    """By which words the place `id` of the book is found, as CustomerWords."""

    __tablename__ = "book_place_words"

    id: Mapped[int] = mapped_column(
        Key, ForeignKey("book_place.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    words: Mapped[str] = mapped_column(Text)
