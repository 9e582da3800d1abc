"""Texts that come in, offers by text, and texts to many."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
MEANINGS = "'accept', 'decline', 'opt_out', 'automatic', 'other'"
OUTCOMES = "'accepted', 'declined', 'refused', 'opted_out', 'ignored', 'inbox'"


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def upgrade() -> None:
    op.create_table(
        "incoming_text",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("identity", sa.String(length=40), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("session", sa.String(length=32), nullable=False),
        sa.Column("sender", sa.String(length=20), nullable=False),
        sa.Column("recipient", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("meaning", sa.String(length=16), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("offer_id", KEY, nullable=True),
        sa.Column("read_at", MOMENT, nullable=True),
        sa.Column("handled_at", MOMENT, nullable=True),
        sa.Column("handled_by", KEY, nullable=True),
        sa.CheckConstraint(f"meaning in ({MEANINGS})", name=op.f("ck_incoming_text_meaning")),
        sa.CheckConstraint(f"outcome in ({OUTCOMES})", name=op.f("ck_incoming_text_outcome")),
        _key("incoming_text", "office_id", "office"),
        _key("incoming_text", "offer_id", "offer"),
        _key("incoming_text", "handled_by", "operator"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incoming_text")),
        sa.UniqueConstraint(
            "provider", "identity", "occurrence", name=op.f("uq_incoming_text_provider_identity_occurrence")
        ),
    )
    with op.batch_alter_table("incoming_text", schema=None) as batch_op:
        batch_op.create_index("ix_incoming_text_office", ["office_id", "outcome", "id"], unique=False)
        batch_op.create_index("ix_incoming_text_sender", ["office_id", "sender", "received_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_incoming_text_read_at"), ["read_at"], unique=False)
    op.create_table(
        "incoming_part",
        sa.Column("id", KEY, nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("identity", sa.String(length=40), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("session", sa.String(length=32), nullable=False),
        sa.Column("joint", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("sender", sa.String(length=40), nullable=False),
        sa.Column("recipient", sa.String(length=40), nullable=False),
        sa.Column("alphabet", sa.String(length=8), nullable=False),
        sa.Column("octets", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("text_id", KEY, nullable=True),
        _key("incoming_part", "text_id", "incoming_text"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incoming_part")),
        sa.UniqueConstraint(
            "provider", "identity", "occurrence", name=op.f("uq_incoming_part_provider_identity_occurrence")
        ),
    )
    with op.batch_alter_table("incoming_part", schema=None) as batch_op:
        batch_op.create_index("ix_incoming_part_joint", ["provider", "joint", "received_at"], unique=False)
        batch_op.create_index("ix_incoming_part_waiting", ["text_id", "received_at"], unique=False)
    op.create_table(
        "ad_consent",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("refused_at", MOMENT, nullable=True),
        sa.Column("night_at", MOMENT, nullable=True),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("text_id", KEY, nullable=True),
        sa.Column("operator_id", KEY, nullable=True),
        _key("ad_consent", "office_id", "office"),
        _key("ad_consent", "text_id", "incoming_text"),
        _key("ad_consent", "operator_id", "operator"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ad_consent")),
        sa.UniqueConstraint("office_id", "number", name=op.f("uq_ad_consent_office_id_number")),
    )
    op.create_table(
        "campaign",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("picked", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", KEY, nullable=False),
        sa.Column("send_at", MOMENT, nullable=False),
        sa.Column("cancelled_at", MOMENT, nullable=True),
        sa.Column("cancelled_by", KEY, nullable=True),
        sa.CheckConstraint("kind in ('notice', 'ad')", name=op.f("ck_campaign_kind")),
        _key("campaign", "office_id", "office"),
        _key("campaign", "created_by", "operator"),
        _key("campaign", "cancelled_by", "operator"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
    )
    with op.batch_alter_table("campaign", schema=None) as batch_op:
        batch_op.create_index("ix_campaign_office", ["office_id", "id"], unique=False)
    op.create_table(
        "text_template",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("trade", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", KEY, nullable=True),
        sa.CheckConstraint("kind in ('notice', 'ad')", name=op.f("ck_text_template_kind")),
        _key("text_template", "office_id", "office"),
        _key("text_template", "changed_by", "operator"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_template")),
        sa.UniqueConstraint(
            "office_id", "trade", "language", "name", name=op.f("uq_text_template_office_id_trade_language_name")
        ),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("valid_until", MOMENT, nullable=True))
        batch_op.add_column(sa.Column("by_day_only", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("campaign_id", KEY, nullable=True))
        batch_op.create_foreign_key(op.f("fk_message_campaign_id_campaign"), "campaign", ["campaign_id"], ["id"])
        batch_op.create_index(batch_op.f("ix_message_campaign_id"), ["campaign_id"], unique=False)
        batch_op.drop_constraint(op.f("ck_message_audience"), type_="check")
        batch_op.create_check_constraint(op.f("ck_message_audience"), "audience in ('customer', 'driver', 'other')")
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("code", sa.String(length=4), nullable=True))
        batch_op.add_column(sa.Column("message_id", KEY, nullable=True))
        batch_op.create_foreign_key(op.f("fk_offer_message_id_message"), "message", ["message_id"], ["id"])
    with op.batch_alter_table("driver", schema=None) as batch_op:
        batch_op.add_column(sa.Column("by_text", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("driver", schema=None) as batch_op:
        batch_op.drop_column("by_text")
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_offer_message_id_message"), type_="foreignkey")
        batch_op.drop_column("message_id")
        batch_op.drop_column("code")
    # The older code knows two audiences; who is neither was a customer to it.
    op.execute("update message set audience = 'customer' where audience = 'other'")
    # Its sender knows neither the night nor the end of an offer: what has not left by then does not leave any more.
    op.execute(
        "update message set state = 'expired', detail = 'an older version was installed' "
        "where state = 'queued' and (campaign_id is not null or valid_until is not null)"
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_message_audience"), type_="check")
        batch_op.create_check_constraint(op.f("ck_message_audience"), "audience in ('customer', 'driver')")
        batch_op.drop_index(batch_op.f("ix_message_campaign_id"))
        batch_op.drop_constraint(op.f("fk_message_campaign_id_campaign"), type_="foreignkey")
        batch_op.drop_column("campaign_id")
        batch_op.drop_column("by_day_only")
        batch_op.drop_column("valid_until")
    for table in ("text_template", "campaign", "ad_consent", "incoming_part", "incoming_text"):
        op.drop_table(table)
