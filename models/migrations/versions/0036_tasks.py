"""What somebody is to do for a customer, what came of it, and the rules that make such tasks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def upgrade() -> None:
    _rules()
    _tasks()


def _rules() -> None:
    op.create_table(
        "task_rule",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("segment_id", KEY, nullable=True),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("assignee_id", KEY, nullable=True),
        sa.Column("weekdays", sa.String(length=7), nullable=False),
        sa.Column("from_minute", sa.Integer(), nullable=False),
        sa.Column("to_minute", sa.Integer(), nullable=False),
        sa.Column("every_days", sa.Integer(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", KEY, nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind in ('care', 'ad')", name=op.f("ck_task_rule_kind")),
        sa.CheckConstraint(
            "from_minute >= 0 and from_minute < to_minute and to_minute <= 1440", name=op.f("ck_task_rule_minutes")
        ),
        sa.CheckConstraint("every_days >= 1 and most >= 1", name=op.f("ck_task_rule_limits")),
        _key("task_rule", "office_id", "office"),
        _key("task_rule", "segment_id", "segment"),
        _key("task_rule", "assignee_id", "operator"),
        _key("task_rule", "changed_by", "operator"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_rule")),
    )
    op.create_index(op.f("ix_task_rule_segment_id"), "task_rule", ["segment_id"], unique=False)
    op.create_index("ix_task_rule_due_at", "task_rule", ["due_at"], unique=False)
    there = sa.text("removed_at is null")
    op.create_index(
        "uq_task_rule_name", "task_rule", ["office_id", "name"], unique=True, sqlite_where=there, postgresql_where=there
    )
    op.create_table(
        "task_run",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("rule_id", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("late_s", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("why", sa.String(length=24), nullable=True),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("tasks", sa.Integer(), nullable=False),
        sa.Column("beyond", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.CheckConstraint("state in ('done', 'missed')", name=op.f("ck_task_run_state")),
        _key("task_run", "office_id", "office"),
        _key("task_run", "rule_id", "task_rule"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_run")),
        sa.UniqueConstraint("rule_id", "day", name=op.f("uq_task_run_rule_id_day")),
    )


def _tasks() -> None:
    op.create_table(
        "task",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=True),
        sa.Column("rule_id", KEY, nullable=True),
        sa.Column("run_id", KEY, nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("assignee_id", KEY, nullable=True),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", KEY, nullable=True),
        sa.Column("taken_by", KEY, nullable=True),
        sa.Column("taken_at", MOMENT, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        _key("task", "office_id", "office"),
        _key("task", "customer_id", "customer"),
        _key("task", "order_id", "order"),
        _key("task", "rule_id", "task_rule"),
        _key("task", "run_id", "task_run"),
        *(_key("task", column, "operator") for column in ("assignee_id", "made_by", "taken_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    for column in ("customer_id", "order_id", "run_id"):
        op.create_index(op.f(f"ix_task_{column}"), "task", [column], unique=False)
    still = sa.text("done_at is null")
    op.create_index("ix_task_open", "task", ["office_id", "due_at"], sqlite_where=still, postgresql_where=still)
    op.create_index("ix_task_rule_id_customer_id", "task", ["rule_id", "customer_id"], unique=False)
    op.create_table(
        "task_try",
        sa.Column("id", KEY, nullable=False),
        sa.Column("task_id", KEY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("operator_id", KEY, nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("again_at", MOMENT, nullable=True),
        sa.CheckConstraint("outcome in ('reached', 'again', 'not_needed')", name=op.f("ck_task_try_outcome")),
        _key("task_try", "task_id", "task"),
        _key("task_try", "operator_id", "operator"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_try")),
    )
    op.create_index(op.f("ix_task_try_task_id"), "task_try", ["task_id"], unique=False)


def downgrade() -> None:
    for table in ("task_try", "task", "task_run", "task_rule"):
        op.drop_table(table)
