"""From when each consent to advertising runs, and who was told of his with which text."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
TABLE = "consent_notice"


def _key(column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{TABLE}_{column}_{other}"))


def upgrade() -> None:
    op.add_column("ad_consent", sa.Column("held_since", MOMENT, nullable=True))
    op.execute(
        "update ad_consent set held_since = case when confirmed_at > agreed_at then confirmed_at else agreed_at end"
        " where agreed_at is not null and refused_at is null"
    )
    op.create_index("ix_ad_consent_held", "ad_consent", ["office_id", "held_since", "id"], unique=False)
    op.add_column("office", sa.Column("ad_refusal", sa.String(length=20), nullable=True))
    op.create_table(
        TABLE,
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("message_id", KEY, nullable=False),
        sa.Column("operator_id", KEY, nullable=False),
        sa.Column("agreed_at", MOMENT, nullable=False),
        sa.Column("confirmed_before", MOMENT, nullable=True),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.Column("told_at", MOMENT, nullable=True),
        _key("office_id", "office"),
        _key("message_id", "message"),
        _key("operator_id", "operator"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("message_id", name=op.f(f"uq_{TABLE}_message_id")),
    )
    op.create_index("ix_consent_notice_number", TABLE, ["office_id", "number", "id"], unique=False)
    still = sa.text("told_at is null")
    op.create_index(
        "ix_consent_notice_open", TABLE, ["office_id"], unique=False, sqlite_where=still, postgresql_where=still
    )
    _kinds("'notice', 'ad', 'consent'")


def downgrade() -> None:
    op.execute("delete from text_template where kind = 'consent'")
    _kinds("'notice', 'ad'")
    op.drop_table(TABLE)
    op.drop_column("office", "ad_refusal")
    op.drop_index("ix_ad_consent_held", "ad_consent")
    op.drop_column("ad_consent", "held_since")


def _kinds(every: str) -> None:
    with op.batch_alter_table("text_template") as batch_op:
        batch_op.drop_constraint(op.f("ck_text_template_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_text_template_kind"), f"kind in ({every})")
