"""What the office keeps of a driver beside his name: phones, skills, groups, papers, grade, and whom he is kept apart from."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEVER_AGAIN, Base, Key

PAPERS = ("licence", "insurance")
SIDES = ("customer", "driver", "office")
_PAPERS_SQL = ", ".join(f"'{paper}'" for paper in PAPERS)
_SIDES_SQL = ", ".join(f"'{side}'" for side in SIDES)


class DriverPhone(Base):
    """Another phone of a driver, E.164. Texts and links go to the one in his own row."""

    __tablename__ = "driver_phone"
    __table_args__ = (UniqueConstraint("driver_id", "number"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    driver_id: Mapped[int] = mapped_column(ForeignKey("driver.id"))
    number: Mapped[str] = mapped_column(String(20), index=True)


class DriverSkill(Base):
    """Something that the driver can drive, by its name in the trade's data."""

    __tablename__ = "driver_skill"
    __table_args__ = (UniqueConstraint("driver_id", "skill"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    driver_id: Mapped[int] = mapped_column(ForeignKey("driver.id"))
    skill: Mapped[str] = mapped_column(String(16), index=True)


class DriverGroup(Base):
    """A group that the office has put the driver into, by a name of the office's own."""

    __tablename__ = "driver_group"
    __table_args__ = (UniqueConstraint("driver_id", "name"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    driver_id: Mapped[int] = mapped_column(ForeignKey("driver.id"))
    name: Mapped[str] = mapped_column(String(40), index=True)


class DriverGrade(Base):
    """One change of a driver's grade: from what to what, who, and why. Rows are only ever added; the newest counts."""

    __tablename__ = "driver_grade"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    driver_id: Mapped[int] = mapped_column(ForeignKey("driver.id"), index=True)
    at: Mapped[datetime]
    before: Mapped[str | None] = mapped_column(String(8))
    after: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(String(200))
    by: Mapped[int] = mapped_column(ForeignKey("operator.id"))


class DriverBlock(Base):
    """A driver and a customer who are kept apart: who asked for it (`side`), and why. At most one of a pair is open."""

    __tablename__ = "driver_block"
    __table_args__ = (
        CheckConstraint(f"side in ({_SIDES_SQL})", name="side"),
        Index(
            "uq_driver_block_open",
            "customer_id",
            "driver_id",
            unique=True,
            sqlite_where=text("ended_at is null"),
            postgresql_where=text("ended_at is null"),
        ),
        NEVER_AGAIN,
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    driver_id: Mapped[int] = mapped_column(ForeignKey("driver.id"), index=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    side: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(String(200))
    made_at: Mapped[datetime]
    made_by: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))


class DriverDocument(Base):
    """A file about a driver. `path` is a random name under the state folder; `name` is what people read, never a path."""

    __tablename__ = "driver_document"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    driver_id: Mapped[int] = mapped_column(ForeignKey("driver.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(80))
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    path: Mapped[str] = mapped_column(String(64), unique=True)
    added_at: Mapped[datetime]
    added_by: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    removed_at: Mapped[datetime | None]
    removed_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))


class PaperAlarm(Base):
    """The office was told that a paper of a driver runs out on `until`, `days` before it. Each is told once."""

    __tablename__ = "paper_alarm"
    __table_args__ = (
        CheckConstraint(f"paper in ({_PAPERS_SQL})", name="paper"),
        UniqueConstraint("driver_id", "paper", "until", "days"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    driver_id: Mapped[int] = mapped_column(ForeignKey("driver.id"))
    paper: Mapped[str] = mapped_column(String(16))
    until: Mapped[date]
    days: Mapped[int]
    told_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    seen_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))


class DriverErasure(Base):
    """A driver's personal data were erased: whose row (which stays as nobody), by whom, how many rows of each table.

    `files` still have to go from the disk, as "folder/name"; they are named in the transaction that takes their rows, so that a
    crash between the two leaves none behind.
    """

    __tablename__ = "driver_erasure"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    driver_id: Mapped[int] = mapped_column(ForeignKey("driver.id"), unique=True)
    at: Mapped[datetime]
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    reason: Mapped[str] = mapped_column(String(200))
    counts: Mapped[Any] = mapped_column(JSON)
    files: Mapped[Any] = mapped_column(JSON)
    files_gone_at: Mapped[datetime | None]
