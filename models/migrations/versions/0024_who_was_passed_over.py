"""An operator who gives an order by hand leaves the candidates of that moment, too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("search", sa.Column("by_hand", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(
        "ix_search_by_hand",
        "search",
        ["started_at"],
        sqlite_where=sa.text("by_hand = 1"),
        postgresql_where=sa.text("by_hand"),
    )


def downgrade() -> None:
    op.drop_index("ix_search_by_hand", table_name="search")
    op.drop_column("search", "by_hand")
