"""Segments of customers, what was done to a customer, merges that can be undone, and people who were forgotten."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
TABLES = ("segment", "segment_member", "customer_deed", "customer_merge", "merged_row", "erasure")


def _key(table: str) -> tuple[sa.Column[int], sa.PrimaryKeyConstraint]:
    return sa.Column("id", KEY, nullable=False), sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def upgrade() -> None:
    _segments()
    _changes()
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.create_index("ix_customer_trips", ["office_id", "trips", "id"], unique=False)
        batch_op.create_index("ix_customer_grade", ["office_id", "grade", "id"], unique=False)


def _segments() -> None:
    op.create_table(
        "segment",
        *_key("segment"),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("greeting", sa.String(length=200), nullable=True),
        sa.Column("hint", sa.String(length=200), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("made_by", KEY, nullable=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind in ('query', 'list')", name=op.f("ck_segment_kind")),
        sa.CheckConstraint("priority between 0 and 10", name=op.f("ck_segment_priority")),
        sa.UniqueConstraint("office_id", "name", name=op.f("uq_segment_office_id_name")),
        _refers("segment", "office_id", "office"),
        _refers("segment", "made_by", "operator"),
    )
    op.create_table(
        "segment_member",
        sa.Column("segment_id", KEY, autoincrement=False, nullable=False),
        sa.Column("customer_id", KEY, autoincrement=False, nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("segment_id", "customer_id", name=op.f("pk_segment_member")),
        _refers("segment_member", "segment_id", "segment"),
        _refers("segment_member", "customer_id", "customer"),
    )
    op.create_index(op.f("ix_segment_member_customer_id"), "segment_member", ["customer_id"], unique=False)


def _changes() -> None:
    op.create_table(
        "customer_deed",
        *_key("customer_deed"),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("operator_id", KEY, nullable=True),
        sa.Column("what", sa.String(length=24), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        _refers("customer_deed", "office_id", "office"),
        _refers("customer_deed", "customer_id", "customer"),
        _refers("customer_deed", "order_id", "order"),
        _refers("customer_deed", "operator_id", "operator"),
    )
    op.create_index("ix_customer_deed_customer", "customer_deed", ["customer_id", "id"], unique=False)
    op.create_table(
        "customer_merge",
        *_key("customer_merge"),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("kept_id", sa.BigInteger(), nullable=False),
        sa.Column("gone_id", sa.BigInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("operator_id", KEY, nullable=True),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.Column("undone_by", KEY, nullable=True),
        sa.Column("forgotten_at", MOMENT, nullable=True),
        sa.CheckConstraint("gone_id < kept_id", name=op.f("ck_customer_merge_ids")),
        _refers("customer_merge", "office_id", "office"),
        _refers("customer_merge", "operator_id", "operator"),
        _refers("customer_merge", "undone_by", "operator"),
    )
    op.create_index("ix_customer_merge_kept", "customer_merge", ["kept_id"], unique=False)
    op.create_index("ix_customer_merge_gone", "customer_merge", ["gone_id"], unique=False)
    op.create_table(
        "merged_row",
        *_key("merged_row"),
        sa.Column("merge_id", KEY, nullable=False),
        sa.Column("table", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.UniqueConstraint("merge_id", "table", "key", name=op.f("uq_merged_row_merge_id_table_key")),
        _refers("merged_row", "merge_id", "customer_merge"),
    )
    op.create_table(
        "erasure",
        *_key("erasure"),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("operator_id", KEY, nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("files_gone_at", MOMENT, nullable=True),
        _refers("erasure", "office_id", "office"),
        _refers("erasure", "customer_id", "customer"),
        _refers("erasure", "operator_id", "operator"),
    )
    op.create_index(op.f("ix_erasure_customer_id"), "erasure", ["customer_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.drop_index("ix_customer_grade")
        batch_op.drop_index("ix_customer_trips")
    for table in reversed(TABLES):
        op.drop_table(table)
