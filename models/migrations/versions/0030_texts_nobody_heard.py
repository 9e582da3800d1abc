"""Texts that did not get through, and who saw to it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
TABLE = "text_alarm"


def _key(column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{TABLE}_{column}_{other}"))


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("message_id", KEY, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ending", sa.String(length=16), nullable=True),
        sa.Column("ended_by", KEY, nullable=True),
        sa.Column("resent_id", KEY, nullable=True),
        sa.CheckConstraint("ending in ('delivered', 'seen', 'resent', 'over')", name=op.f(f"ck_{TABLE}_ending")),
        _key("office_id", "office"),
        _key("order_id", "order"),
        _key("message_id", "message"),
        _key("ended_by", "operator"),
        _key("resent_id", "message"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("message_id", name=op.f(f"uq_{TABLE}_message_id")),
    )
    op.create_index(op.f(f"ix_{TABLE}_order_id"), TABLE, ["order_id"], unique=False)
    still = sa.text("ended_at is null")
    op.create_index(
        "ix_text_alarm_open", TABLE, ["office_id", "order_id"], unique=False,
        sqlite_where=still, postgresql_where=still,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table(TABLE)
