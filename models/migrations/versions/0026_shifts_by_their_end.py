"""Shifts found by when they ended: how long drivers were on duty in some days, without reading all that ever were."""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_shift_ended", "shift", ["ended_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_shift_ended", table_name="shift")
