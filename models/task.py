"""What somebody of the office is to do for a customer, what came of each try, and the rules that make such tasks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key
from models.repeating import Repeating

OUTCOMES = ("reached", "again", "not_needed")
RUN_STATES = ("done", "missed")
_OUTCOMES_SQL, _STATES_SQL = (", ".join(f"'{each}'" for each in every) for every in (OUTCOMES, RUN_STATES))


class Task(Base):
    """A customer is to be called, or something to be looked after for him: `body` says what, `due_at` when.

    `assignee_id` is for whom it is; null: for anybody. `taken_by` is who is at it. `made_by` null: the rule `rule_id` made it.
    It is open while `done_at` is null; `tries` counts how often nobody was reached, and `due_at` is then when it is tried again.
    """

    __tablename__ = "task"
    __table_args__ = (
        Index(
            "ix_task_open",
            "office_id",
            "due_at",
            sqlite_where=text("done_at is null"),
            postgresql_where=text("done_at is null"),
        ),
        Index("ix_task_rule_id_customer_id", "rule_id", "customer_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("order.id"), index=True)
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("task_rule.id"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("task_run.id"), index=True)
    body: Mapped[str] = mapped_column(Text)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    due_at: Mapped[datetime]
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    taken_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]


class TaskTry(Base):
    """What came of a task once: "reached" and "not_needed" end it; "again": nobody was reached, and `again_at` is when next."""

    __tablename__ = "task_try"
    __table_args__ = (CheckConstraint(f"outcome in ({_OUTCOMES_SQL})", name="outcome"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), index=True)
    at: Mapped[datetime]
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    outcome: Mapped[str] = mapped_column(String(12))
    note: Mapped[str | None] = mapped_column(Text)
    again_at: Mapped[datetime | None]


class TaskRule(Repeating, Base):
    """A rule that makes a task of each customer of the segment; it is to be done by `to_minute`, by `assignee_id` or anybody."""

    __tablename__ = "task_rule"
    __table_args__ = (
        CheckConstraint("kind in ('care', 'ad')", name="kind"),
        CheckConstraint("from_minute >= 0 and from_minute < to_minute and to_minute <= 1440", name="minutes"),
        CheckConstraint("every_days >= 1 and most >= 1", name="limits"),
        Index("ix_task_rule_due_at", "due_at"),
        Index(
            "uq_task_rule_name",
            "office_id",
            "name",
            unique=True,
            sqlite_where=text("removed_at is null"),
            postgresql_where=text("removed_at is null"),
        ),
    )

    kind: Mapped[str] = mapped_column(String(8))
    body: Mapped[str] = mapped_column(Text)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))


class TaskRun(Base):
    """One day of a rule, written in the transaction that made its tasks: there is never a second one for the day.

    `state` "done": `tasks` were made; "missed": its hours were over, or somebody changed the rule before it began (`why`).
    `found` were in the segment, `counts` says of how many others why they got none, `beyond` were more than a run may have.
    `version` is the rule's, `late_s` is how long after its time it began.
    """

    __tablename__ = "task_run"
    __table_args__ = (
        UniqueConstraint("rule_id", "day"),
        CheckConstraint(f"state in ({_STATES_SQL})", name="state"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    rule_id: Mapped[int] = mapped_column(ForeignKey("task_rule.id"))
    day: Mapped[date]
    version: Mapped[int]
    due_at: Mapped[datetime]
    at: Mapped[datetime]
    late_s: Mapped[int]
    state: Mapped[str] = mapped_column(String(8))
    why: Mapped[str | None] = mapped_column(String(24))
    found: Mapped[int] = mapped_column(default=0)
    tasks: Mapped[int] = mapped_column(default=0)
    beyond: Mapped[int] = mapped_column(default=0)
    counts: Mapped[Any] = mapped_column(JSON, default=dict)
