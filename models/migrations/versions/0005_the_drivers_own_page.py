"""The driver's own page: log-in links, sessions, answers kept for his phone, appeals, and which steps he took himself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "driver_link",
        sa.Column("id", KEY, nullable=False),
        sa.Column("driver_id", KEY, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("used_with", sa.String(length=64), nullable=True),
        sa.Column("made_by", KEY, nullable=True),
        sa.Column("message_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(["driver_id"], ["driver.id"], name=op.f("fk_driver_link_driver_id_driver")),
        sa.ForeignKeyConstraint(["made_by"], ["operator.id"], name=op.f("fk_driver_link_made_by_operator")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_driver_link_message_id_message")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_driver_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_driver_link_token_hash")),
    )
    with op.batch_alter_table("driver_link", schema=None) as batch_op:
        batch_op.create_index("ix_driver_link_driver", ["driver_id", "created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_driver_link_message_id"), ["message_id"], unique=False)

    op.create_table(
        "driver_session",
        sa.Column("id", KEY, nullable=False),
        sa.Column("driver_id", KEY, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["driver_id"], ["driver.id"], name=op.f("fk_driver_session_driver_id_driver")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_driver_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_driver_session_token_hash")),
    )
    with op.batch_alter_table("driver_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_driver_session_driver_id"), ["driver_id"], unique=False)

    op.create_table(
        "driver_request",
        sa.Column("id", KEY, nullable=False),
        sa.Column("driver_id", KEY, nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["driver_id"], ["driver.id"], name=op.f("fk_driver_request_driver_id_driver")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_driver_request")),
        sa.UniqueConstraint("driver_id", "key", name=op.f("uq_driver_request_driver_id_key")),
    )
    with op.batch_alter_table("driver_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_driver_request_created_at"), ["created_at"], unique=False)

    op.create_table(
        "appeal",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("driver_id", KEY, nullable=False),
        sa.Column("entry_id", KEY, nullable=True),
        sa.Column("weighing_id", KEY, nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("answer", sa.String(length=500), nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("answered_by", KEY, nullable=True),
        sa.CheckConstraint("state in ('open', 'answered')", name=op.f("ck_appeal_state")),
        sa.CheckConstraint("(entry_id is null) <> (weighing_id is null)", name=op.f("ck_appeal_subject")),
        sa.CheckConstraint("(state = 'answered') = (answer is not null)", name=op.f("ck_appeal_answer")),
        sa.ForeignKeyConstraint(["answered_by"], ["operator.id"], name=op.f("fk_appeal_answered_by_operator")),
        sa.ForeignKeyConstraint(["driver_id"], ["driver.id"], name=op.f("fk_appeal_driver_id_driver")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_appeal_entry_id_entry")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_appeal_office_id_office")),
        sa.ForeignKeyConstraint(["weighing_id"], ["weighing.id"], name=op.f("fk_appeal_weighing_id_weighing")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
        sa.UniqueConstraint("driver_id", "entry_id", name=op.f("uq_appeal_driver_id_entry_id")),
        sa.UniqueConstraint("driver_id", "weighing_id", name=op.f("uq_appeal_driver_id_weighing_id")),
    )
    with op.batch_alter_table("appeal", schema=None) as batch_op:
        batch_op.create_index("ix_appeal_office", ["office_id", "state", "id"], unique=False)

    with op.batch_alter_table("order_step", schema=None) as batch_op:
        batch_op.add_column(sa.Column("driver_id", KEY, nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_order_step_driver_id_driver"), "driver", ["driver_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("order_step", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_order_step_driver_id_driver"), type_="foreignkey")
        batch_op.drop_column("driver_id")
    op.drop_table("appeal")
    op.drop_table("driver_request")
    op.drop_table("driver_session")
    op.drop_table("driver_link")
