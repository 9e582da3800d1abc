"""Trips that were completed without a fare are found without a look at the others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

WHERE = sa.text("state = 'completed' and fare is null")


def upgrade() -> None:
    op.create_index(
        "ix_order_open_fare",
        "order",
        ["office_id", "closed_at"],
        unique=False,
        sqlite_where=WHERE,
        postgresql_where=WHERE,
    )


def downgrade() -> None:
    op.drop_index("ix_order_open_fare", table_name="order")
