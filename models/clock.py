"""What is due for an order and when: reminders, searches that begin by themselves, and promises that are watched."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key

TIMERS = ("remind_desk", "remind_customer", "search", "promise", "promise_broken", "given_back")
_TIMERS_SQL = ", ".join(f"'{kind}'" for kind in TIMERS)
PROMISES = ("open", "kept", "broken", "off")
_PROMISES_SQL = ", ".join(f"'{state}'" for state in PROMISES)


class OrderTimer(Base):
    """Something that is due for an order at `due_at`; at most one of a kind waits. `late_s` is by how much it was done too late.

    `outcome`: "alarm" (the desk is to see to it, until `seen_at`), "texted", "started", "off" (there was no need any more),
    "failed" (it could not be done: the desk is told, too).
    """

    __tablename__ = "order_timer"
    __table_args__ = (
        CheckConstraint(f"kind in ({_TIMERS_SQL})", name="kind"),
        Index(
            "ix_order_timer_due",
            "due_at",
            sqlite_where=text("done_at is null"),
            postgresql_where=text("done_at is null"),
        ),
        Index(
            "uq_order_timer_waiting",
            "order_id",
            "kind",
            unique=True,
            sqlite_where=text("done_at is null"),
            postgresql_where=text("done_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(8))
    late_s: Mapped[int | None]
    seen_at: Mapped[datetime | None]
    seen_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))


class Promise(Base):
    """By when a driver was promised to be there, and what that rests on: how long it took before at such an hour and place.

    `cell` is the square of the map (null without a pin), `drivers_free` how many were free when it was made. `basis` says which
    orders it was learned from ("place", "hour", "all"), or "usual" where there is no history, "wanted" for a reserved time.
    Seconds: `median_s` and `spread_s` together are what was promised; `error_s` is by how much the median was wrong, on
    average, for the `samples` orders; `actual_s` is what it took.
    """

    __tablename__ = "promise"
    __table_args__ = (
        CheckConstraint(f"state in ({_PROMISES_SQL})", name="state"),
        Index("ix_promise_learned", "office_id", "hour", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), unique=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    made_at: Mapped[datetime]
    hour: Mapped[int]
    cell: Mapped[str | None] = mapped_column(String(16))
    drivers_free: Mapped[int]
    promised_at: Mapped[datetime]
    basis: Mapped[str] = mapped_column(String(8))
    samples: Mapped[int]
    median_s: Mapped[int]
    spread_s: Mapped[int]
    error_s: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(8))
    actual_s: Mapped[int | None]
    told_at: Mapped[datetime | None]
