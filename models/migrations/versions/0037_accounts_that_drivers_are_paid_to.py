"""The bank account that a driver is paid to, and with which version of it a batch was approved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

COLUMNS = (("bank", 40), ("bank_account", 30), ("bank_holder", 80))


def upgrade() -> None:
    for name, length in COLUMNS:
        op.add_column("driver", sa.Column(name, sa.String(length=length), nullable=True))
    op.add_column("driver", sa.Column("payee_version", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("settlement_line", sa.Column("payee_version", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("settlement_line", "payee_version")
    op.drop_column("driver", "payee_version")
    for name, _ in reversed(COLUMNS):
        op.drop_column("driver", name)
