"""How drivers are looked for: searches, offers, and why each driver was asked or was not."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "search",
        sa.Column("id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("ring", sa.Integer(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("started_by", KEY, nullable=True),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint("state in ('running', 'assigned', 'unassigned', 'stopped')", name=op.f("ck_search_state")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_search_order_id_order")),
        sa.ForeignKeyConstraint(["started_by"], ["operator.id"], name=op.f("fk_search_started_by_operator")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search")),
    )
    with op.batch_alter_table("search", schema=None) as batch_op:
        batch_op.create_index("ix_search_due", ["state", "due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_search_order_id"), ["order_id"], unique=False)
        batch_op.create_index(
            "uq_search_running",
            ["order_id"],
            unique=True,
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        )

    op.create_table(
        "offer",
        sa.Column("id", KEY, nullable=False),
        sa.Column("search_id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("driver_id", KEY, nullable=False),
        sa.Column("ring", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("offered_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "state in ('open', 'accepted', 'declined', 'expired', 'withdrawn')", name=op.f("ck_offer_state")
        ),
        sa.ForeignKeyConstraint(["driver_id"], ["driver.id"], name=op.f("fk_offer_driver_id_driver")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_offer_order_id_order")),
        sa.ForeignKeyConstraint(["search_id"], ["search.id"], name=op.f("fk_offer_search_id_search")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
        sa.UniqueConstraint("search_id", "driver_id", name=op.f("uq_offer_search_id_driver_id")),
    )
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.create_index("ix_offer_driver", ["driver_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_offer_order_id"), ["order_id"], unique=False)

    op.create_table(
        "weighing",
        sa.Column("id", KEY, nullable=False),
        sa.Column("search_id", KEY, nullable=False),
        sa.Column("driver_id", KEY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("ring", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Boolean(), nullable=False),
        sa.Column("reason_key", sa.String(length=64), nullable=False),
        sa.Column("reason_args", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["driver_id"], ["driver.id"], name=op.f("fk_weighing_driver_id_driver")),
        sa.ForeignKeyConstraint(["search_id"], ["search.id"], name=op.f("fk_weighing_search_id_search")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weighing")),
    )
    with op.batch_alter_table("weighing", schema=None) as batch_op:
        batch_op.create_index("ix_weighing_driver", ["driver_id", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_weighing_search_id"), ["search_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("weighing", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_weighing_search_id"))
        batch_op.drop_index("ix_weighing_driver")

    op.drop_table("weighing")
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offer_order_id"))
        batch_op.drop_index("ix_offer_driver")

    op.drop_table("offer")
    with op.batch_alter_table("search", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_search_running",
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        )
        batch_op.drop_index(batch_op.f("ix_search_order_id"))
        batch_op.drop_index("ix_search_due")

    op.drop_table("search")
