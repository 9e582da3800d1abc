"""Texts that go out again and again by a rule."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def upgrade() -> None:
    op.create_table(
        "standing_send",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("segment_id", KEY, nullable=True),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
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
        sa.CheckConstraint("kind in ('notice', 'ad')", name=op.f("ck_standing_send_kind")),
        sa.CheckConstraint(
            "from_minute >= 0 and from_minute < to_minute and to_minute <= 1440", name=op.f("ck_standing_send_minutes")
        ),
        sa.CheckConstraint("every_days >= 1 and most >= 1", name=op.f("ck_standing_send_limits")),
        _key("standing_send", "office_id", "office"),
        _key("standing_send", "segment_id", "segment"),
        _key("standing_send", "changed_by", "operator"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_send")),
    )
    op.create_index(op.f("ix_standing_send_segment_id"), "standing_send", ["segment_id"], unique=False)
    op.create_index("ix_standing_send_due_at", "standing_send", ["due_at"], unique=False)
    there = sa.text("removed_at is null")
    op.create_index(
        "uq_standing_send_name",
        "standing_send",
        ["office_id", "name"],
        unique=True,
        sqlite_where=there,
        postgresql_where=there,
    )
    op.create_table(
        "standing_run",
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
        sa.Column("texts", sa.Integer(), nullable=False),
        sa.Column("beyond", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("campaign_id", KEY, nullable=True),
        sa.CheckConstraint("state in ('done', 'missed', 'refused')", name=op.f("ck_standing_run_state")),
        _key("standing_run", "office_id", "office"),
        _key("standing_run", "rule_id", "standing_send"),
        _key("standing_run", "campaign_id", "campaign"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_run")),
        sa.UniqueConstraint("rule_id", "day", name=op.f("uq_standing_run_rule_id_day")),
    )
    op.create_index(op.f("ix_standing_run_campaign_id"), "standing_run", ["campaign_id"], unique=False)
    for table, said in (
        ("standing_recipient", sa.Column("number", sa.String(length=20), nullable=False)),
        ("standing_left_out", sa.Column("why", sa.String(length=16), nullable=False)),
    ):
        op.create_table(
            table,
            sa.Column("run_id", KEY, nullable=False),
            sa.Column("customer_id", KEY, nullable=False),
            said,
            _key(table, "run_id", "standing_run"),
            _key(table, "customer_id", "customer"),
            sa.PrimaryKeyConstraint("run_id", "customer_id", name=op.f(f"pk_{table}")),
        )
        op.create_index(op.f(f"ix_{table}_customer_id"), table, ["customer_id"], unique=False)


def downgrade() -> None:
    # What a rule wrote stays: it is texts like others, and leaves as they do.
    for table in ("standing_left_out", "standing_recipient", "standing_run", "standing_send"):
        op.drop_table(table)
