"""When operators took no calls, and why."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
TABLE = "operator_pause"


def _key(column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{TABLE}_{column}_{other}"))


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("operator_id", KEY, nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("begun_by", KEY, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_by", KEY, nullable=True),
        sa.CheckConstraint("reason in ('break', 'after_call', 'other')", name=op.f(f"ck_{TABLE}_reason")),
        _key("office_id", "office"),
        _key("operator_id", "operator"),
        _key("begun_by", "operator"),
        _key("ended_by", "operator"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index(op.f(f"ix_{TABLE}_operator_id"), TABLE, ["operator_id"], unique=False)
    op.create_index("ix_operator_pause_office", TABLE, ["office_id", "begun_at"], unique=False)
    still = sa.text("ended_at is null")
    op.create_index(
        "uq_operator_pause_open", TABLE, ["operator_id"], unique=True, sqlite_where=still, postgresql_where=still
    )


def downgrade() -> None:
    op.drop_table(TABLE)
