"""Who drives: the driver as the desk calls him (by his number), where he is, and the shifts that he works."""

from __future__ import annotations

from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEVER_AGAIN, Base, Key


class Driver(Base):
    """`number` is the short number that operators type and speak; `phone` is E.164; degrees are WGS 84.

    While he drives a customer home, `done_lat`, `done_lon` and `done_at` are where and about when he will be done.
    A paper without a date is one that the office has not written down. `works_days` are ISO weekdays ("12345"), with the hours
    in the office's time zone; hours over midnight belong to the day that they begin on. Null: at any time.
    `by_text`: what he is offered is texted to him as well, and he may answer by text. `bank` (a Korean bank's three digits, or a
    name), `bank_account` and `bank_holder` are where he is paid to; every change of them counts `payee_version` up.
    `erased_at`: his personal data are gone, and the row is nobody's (desk/driver_data/erasure.py).
    """

    __tablename__ = "driver"
    __table_args__ = (
        UniqueConstraint("office_id", "number"),
        CheckConstraint("state in ('off', 'free', 'busy')", name="state"),
        Index("ix_driver_waiting", "office_id", "state", "free_since"),
        # Who is near is looked for in a band of latitude; the longitude is in the index to spare the rows of the rest of it.
        Index("ix_driver_place", "office_id", "state", "lat", "lon"),
        Index("ix_driver_done", "office_id", "state", "done_lat", "done_lon"),
        NEVER_AGAIN,
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    number: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(80))
    phone: Mapped[str] = mapped_column(String(20))
    language: Mapped[str | None] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(8))
    free_since: Mapped[datetime | None]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    located_at: Mapped[datetime | None]
    heard_at: Mapped[datetime | None]
    done_lat: Mapped[float | None]
    done_lon: Mapped[float | None]
    done_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    licence_number: Mapped[str | None] = mapped_column(String(40))
    licence_until: Mapped[date | None]
    insurance_number: Mapped[str | None] = mapped_column(String(60))
    insurance_until: Mapped[date | None]
    base_area: Mapped[str | None] = mapped_column(String(80))
    works_days: Mapped[str | None] = mapped_column(String(7))
    works_from: Mapped[time | None]
    works_until: Mapped[time | None]
    grade: Mapped[str | None] = mapped_column(String(8))
    note: Mapped[str | None] = mapped_column(String(500))
    by_text: Mapped[bool] = mapped_column(default=False)
    bank: Mapped[str | None] = mapped_column(String(40))
    bank_account: Mapped[str | None] = mapped_column(String(30))
    bank_holder: Mapped[str | None] = mapped_column(String(80))
    payee_version: Mapped[int] = mapped_column(default=0, server_default="0")
    erased_at: Mapped[datetime | None]


class Shift(Base):
    """From when to when a driver was on duty. At most one shift of a driver is open."""

    __tablename__ = "shift"
    __table_args__ = (
        Index(
            "uq_shift_open",
            "driver_id",
            unique=True,
            sqlite_where=text("ended_at is null"),
            postgresql_where=text("ended_at is null"),
        ),
        Index("ix_shift_ended", "ended_at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    driver_id: Mapped[int] = mapped_column(ForeignKey("driver.id"), index=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
