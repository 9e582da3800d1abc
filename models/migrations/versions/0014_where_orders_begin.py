"""Places of an order say since when they are known so, and how sure its end is; a caller shows where he is by a link."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("order", sa.Column("origin_at", MOMENT, nullable=True))
    op.add_column("order", sa.Column("destination_accuracy_m", sa.Integer(), nullable=True))
    op.add_column("order", sa.Column("destination_at", MOMENT, nullable=True))
    op.add_column("search", sa.Column("ended_why", sa.String(length=16), nullable=True))
    op.create_table(
        "place_link",
        sa.Column("id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("made_by", KEY, nullable=False),
        sa.Column("message_id", KEY, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("used_with", sa.String(length=64), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("accuracy_m", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["operator.id"], name=op.f("fk_place_link_made_by_operator")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_place_link_message_id_message")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_place_link_order_id_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_place_link_token_hash")),
    )
    op.create_index(op.f("ix_place_link_message_id"), "place_link", ["message_id"])
    op.create_index("ix_place_link_number", "place_link", ["number", "created_at"])
    op.create_index("ix_place_link_order", "place_link", ["order_id", "created_at"])


def downgrade() -> None:
    op.drop_table("place_link")
    op.drop_column("search", "ended_why")
    op.drop_column("order", "destination_at")
    op.drop_column("order", "destination_accuracy_m")
    op.drop_column("order", "origin_at")
