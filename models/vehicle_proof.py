"""How the customer's car was: photos and odometer before the key changed hands and after, and the link that shows them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key

STAGES = ("before", "after")
CAR_SIDES = ("front", "rear", "left", "right")
_STAGES_SQL = ", ".join(f"'{stage}'" for stage in STAGES)
_CAR_SIDES_SQL = ", ".join(f"'{side}'" for side in CAR_SIDES)


class CarPhoto(Base):
    """One photo. `sent_sha256` is that of the bytes as the phone sent them, `sha256` that of what is kept, without EXIF.

    The same bytes for the same order, stage and side are one row, however often they come. A photo that was taken again is a
    second row; the newest is shown first. `path` is null once it was erased; the row with its digests stays.
    """

    __tablename__ = "car_photo"
    __table_args__ = (
        CheckConstraint(f"stage in ({_STAGES_SQL})", name="stage"),
        CheckConstraint(f"side in ({_CAR_SIDES_SQL})", name="side"),
        UniqueConstraint("order_id", "stage", "side", "sent_sha256"),
        Index("ix_car_photo_received_at", "received_at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"))
    driver_id: Mapped[int] = mapped_column(ForeignKey("driver.id"), index=True)
    stage: Mapped[str] = mapped_column(String(8))
    side: Mapped[str] = mapped_column(String(8))
    sent_sha256: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))
    path: Mapped[str | None] = mapped_column(String(64), unique=True)
    size: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    received_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


class CarReading(Base):
    """What the odometer showed, in whole kilometres, as the driver typed it. Rows are only ever added; the newest counts."""

    __tablename__ = "car_reading"
    __table_args__ = (
        CheckConstraint(f"stage in ({_STAGES_SQL})", name="stage"),
        CheckConstraint("km >= 0", name="km"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), index=True)
    driver_id: Mapped[int] = mapped_column(ForeignKey("driver.id"))
    stage: Mapped[str] = mapped_column(String(8))
    km: Mapped[int]
    at: Mapped[datetime]


class CarSkip(Base):
    """The driver went on without photos at this stage, and why."""

    __tablename__ = "car_skip"
    __table_args__ = (
        CheckConstraint(f"stage in ({_STAGES_SQL})", name="stage"),
        UniqueConstraint("order_id", "driver_id", "stage"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"))
    driver_id: Mapped[int] = mapped_column(ForeignKey("driver.id"))
    stage: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]


class CarCover(Base):
    """With which insurance the driver drove, and its last day, as his record said when he began this stage. Never changed."""

    __tablename__ = "car_cover"
    __table_args__ = (
        CheckConstraint(f"stage in ({_STAGES_SQL})", name="stage"),
        UniqueConstraint("order_id", "driver_id", "stage"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"))
    driver_id: Mapped[int] = mapped_column(ForeignKey("driver.id"))
    stage: Mapped[str] = mapped_column(String(8))
    insurance_number: Mapped[str | None] = mapped_column(String(60))
    insurance_until: Mapped[date | None]
    at: Mapped[datetime]


class CarLink(Base):
    """A texted link to one order's photos: its token opens once, for one browser, which may look until `expires_at`.

    Only hashes are kept: of the token, and of the cookie of the browser that opened it.
    """

    __tablename__ = "car_link"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    viewer_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"), index=True)
