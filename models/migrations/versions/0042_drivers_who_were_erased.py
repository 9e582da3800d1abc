"""A driver's personal data were erased: when, by whom, and which files still have to go from the disk."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0040"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("driver", sa.Column("erased_at", MOMENT, nullable=True))
    op.create_table(
        "driver_erasure",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("driver_id", KEY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("operator_id", KEY, nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("files_gone_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_driver_erasure_office_id_office")),
        sa.ForeignKeyConstraint(["driver_id"], ["driver.id"], name=op.f("fk_driver_erasure_driver_id_driver")),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_driver_erasure_operator_id_operator")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_driver_erasure")),
        sa.UniqueConstraint("driver_id", name=op.f("uq_driver_erasure_driver_id")),
    )


def downgrade() -> None:
    op.drop_table("driver_erasure")
    op.drop_column("driver", "erased_at")
