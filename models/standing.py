"""Texts that go out again and again by a rule: the rule, each day on which it ran or did not, who got one, and who did not."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key
from models.repeating import Repeating

RUN_STATES = ("done", "missed", "refused")
_STATES_SQL = ", ".join(f"'{state}'" for state in RUN_STATES)


class StandingSend(Repeating, Base):
    """A rule by which whoever is in the segment gets `body`; its texts leave until `to_minute`."""

    __tablename__ = "standing_send"
    __table_args__ = (
        CheckConstraint("kind in ('notice', 'ad')", name="kind"),
        CheckConstraint("from_minute >= 0 and from_minute < to_minute and to_minute <= 1440", name="minutes"),
        CheckConstraint("every_days >= 1 and most >= 1", name="limits"),
        Index("ix_standing_send_due_at", "due_at"),
        Index(
            "uq_standing_send_name",
            "office_id",
            "name",
            unique=True,
            sqlite_where=text("removed_at is null"),
            postgresql_where=text("removed_at is null"),
        ),
    )

    kind: Mapped[str] = mapped_column(String(8))
    body: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8))


class StandingRun(Base):
    """One day of a rule, written in the transaction that wrote its texts: there is never a second one for the day.

    `state` "done": its texts are `campaign_id` (null: there was nobody to write to); "missed": its hours were over, or somebody
    changed the rule before it began (`why`); "refused": the text could not be sent as it was (`why`). `found` were in the
    segment, `texts` were written, `counts` says of how many others why they got none, `beyond` were more than a run may have.
    `version` is the rule's, `late_s` is how long after its time it began.
    """

    __tablename__ = "standing_run"
    __table_args__ = (
        UniqueConstraint("rule_id", "day"),
        CheckConstraint(f"state in ({_STATES_SQL})", name="state"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    rule_id: Mapped[int] = mapped_column(ForeignKey("standing_send.id"))
    day: Mapped[date]
    version: Mapped[int]
    due_at: Mapped[datetime]
    at: Mapped[datetime]
    late_s: Mapped[int]
    state: Mapped[str] = mapped_column(String(8))
    why: Mapped[str | None] = mapped_column(String(24))
    found: Mapped[int] = mapped_column(default=0)
    texts: Mapped[int] = mapped_column(default=0)
    beyond: Mapped[int] = mapped_column(default=0)
    counts: Mapped[Any] = mapped_column(JSON, default=dict)
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"), index=True)


class StandingRecipient(Base):
    """A customer to whom a run wrote, and by which number (E.164)."""

    __tablename__ = "standing_recipient"

    run_id: Mapped[int] = mapped_column(ForeignKey("standing_run.id"), primary_key=True, autoincrement=False)
    customer_id: Mapped[int] = mapped_column(
        ForeignKey("customer.id"), primary_key=True, autoincrement=False, index=True
    )
    number: Mapped[str] = mapped_column(String(20))


class StandingLeftOut(Base):
    """A customer of the segment who got none in a run, and `why` (desk/message/standing_runs.py): the first of each kind."""

    __tablename__ = "standing_left_out"

    run_id: Mapped[int] = mapped_column(ForeignKey("standing_run.id"), primary_key=True, autoincrement=False)
    customer_id: Mapped[int] = mapped_column(
        ForeignKey("customer.id"), primary_key=True, autoincrement=False, index=True
    )
    why: Mapped[str] = mapped_column(String(16))
