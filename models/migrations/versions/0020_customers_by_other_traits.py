"""Customers by cancellations, language, who is not served, fares and hours; texts by whom they went to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_customer_cancels", "customer", ["cancels", "office_id", "id"], unique=False)
    for column in ("language", "blocked_reason"):
        only = sa.text(f"{column} is not null")
        columns = ["office_id", "language", "id"] if column == "language" else ["office_id", "id"]
        op.create_index(
            f"ix_customer_{column}", "customer", columns, unique=False, sqlite_where=only, postgresql_where=only
        )
    # Instead of the index of the customer alone: the same, and when each order was taken.
    op.create_index("ix_order_customer", "order", ["customer_id", "id", "taken_at"], unique=False)
    op.drop_index("ix_order_customer_id", "order")
    paid = sa.text("state = 'completed'")
    op.create_index(
        "ix_order_paid",
        "order",
        ["customer_id", "fare", "state"],
        unique=False,
        sqlite_where=paid,
        postgresql_where=paid,
    )
    op.create_index("ix_message_recipient", "message", ["recipient", "office_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_message_recipient", "message")
    op.drop_index("ix_order_paid", "order")
    op.create_index("ix_order_customer_id", "order", ["customer_id"], unique=False)
    op.drop_index("ix_order_customer", "order")
    for name in ("blocked_reason", "language", "cancels"):
        op.drop_index(f"ix_customer_{name}", "customer")
