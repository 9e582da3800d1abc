"""Consent to advertising by number, who was left out of a sending and why, and calls that come sooner."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def upgrade() -> None:
    # By themselves, and not in a batch: on SQLite a batch writes the whole table anew, and there are millions of calls.
    op.add_column("call", sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("call", sa.Column("heard", sa.String(length=200), nullable=True))
    op.add_column("segment", sa.Column("sound", sa.String(length=40), nullable=True))
    op.add_column("segment", sa.Column("said", sa.String(length=200), nullable=True))
    op.add_column("ad_consent", sa.Column("agreed_at", MOMENT, nullable=True))
    op.add_column("ad_consent", sa.Column("confirmed_at", MOMENT, nullable=True))
    # Who agreed to texts by night agreed to texts. When anybody else agreed, nobody wrote down: he is to be asked again.
    op.execute("update ad_consent set agreed_at = night_at where night_at is not null and refused_at is null")
    op.create_table(
        "campaign_left_out",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("campaign_id", KEY, nullable=False),
        sa.Column("why", sa.String(length=16), nullable=False),
        sa.Column("customer_id", KEY, nullable=True),
        sa.Column("driver_id", KEY, nullable=True),
        sa.Column("number", sa.String(length=20), nullable=True),
        _key("campaign_left_out", "office_id", "office"),
        _key("campaign_left_out", "campaign_id", "campaign"),
        _key("campaign_left_out", "customer_id", "customer"),
        _key("campaign_left_out", "driver_id", "driver"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_left_out")),
    )
    for column in ("campaign_id", "customer_id"):
        op.create_index(op.f(f"ix_campaign_left_out_{column}"), "campaign_left_out", [column], unique=False)


def downgrade() -> None:
    op.drop_table("campaign_left_out")
    # The older code asks nobody's consent: what waits and rests on it does not leave any more.
    op.execute(
        "update message set state = 'expired', detail = 'an older version was installed' where state = 'queued' "
        "and campaign_id in (select id from campaign where kind = 'ad')"
    )
    for table, columns in (
        ("ad_consent", ("confirmed_at", "agreed_at")),
        ("segment", ("said", "sound")),
        ("call", ("heard", "priority")),
    ):
        for column in columns:
            op.drop_column(table, column)
