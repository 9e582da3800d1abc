"""What operators changed in an order after it was taken, field by field."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "order_change",
        sa.Column("id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("operator_id", KEY, nullable=True),
        sa.Column("field", sa.String(length=16), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_order_change_operator_id_operator")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_order_change_order_id_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_change")),
    )
    with op.batch_alter_table("order_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_change_order_id"), ["order_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("order_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_order_change_order_id"))
    op.drop_table("order_change")
