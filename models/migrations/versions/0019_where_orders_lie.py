"""In which district an order begins and ends, for the analysis."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("origin_area", "destination_area"):
        op.add_column("order", sa.Column(name, sa.String(length=40), nullable=True))
    op.create_index(
        "ix_order_no_area",
        "order",
        ["id"],
        unique=False,
        sqlite_where=sa.text("origin_area is null"),
        postgresql_where=sa.text("origin_area is null"),
    )


def downgrade() -> None:
    op.drop_index("ix_order_no_area", table_name="order")
    for name in ("destination_area", "origin_area"):
        op.drop_column("order", name)
