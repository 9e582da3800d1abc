"""What a call was about, by a code, and which codes an office has."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "call_wrap_up",
        sa.Column("call_id", KEY, autoincrement=False, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("operator_id", KEY, nullable=False),
        sa.Column("coded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_wrap_up_call_id_call")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_call_wrap_up_office_id_office")),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_call_wrap_up_operator_id_operator")),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_call_wrap_up")),
    )
    op.create_index("ix_call_wrap_up_office", "call_wrap_up", ["office_id", "code"], unique=False)
    with op.batch_alter_table("office") as batch_op:
        batch_op.add_column(sa.Column("wrap_up_codes", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("wrap_up_required", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("office") as batch_op:
        batch_op.drop_column("wrap_up_required")
        batch_op.drop_column("wrap_up_codes")
    op.drop_table("call_wrap_up")
