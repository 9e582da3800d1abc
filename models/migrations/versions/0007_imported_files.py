"""Files of customers and drivers that were taken in, and what each of their lines did."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
STATES = "'loading', 'staged', 'checking', 'checked', 'applying', 'applied', 'undoing', 'undone', 'discarded'"


def upgrade() -> None:
    op.create_table(
        "import",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("operator_id", KEY, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("overwrite", sa.Boolean(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("undone", sa.Integer(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.Column("undone_by", KEY, nullable=True),
        sa.CheckConstraint("kind in ('customers', 'drivers')", name=op.f("ck_import_kind")),
        sa.CheckConstraint(f"state in ({STATES})", name=op.f("ck_import_state")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_import_office_id_office")),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_import_operator_id_operator")),
        sa.ForeignKeyConstraint(["undone_by"], ["operator.id"], name=op.f("fk_import_undone_by_operator")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import")),
    )
    with op.batch_alter_table("import", schema=None) as batch_op:
        batch_op.create_index("ix_import_office", ["office_id", "id"], unique=False)
        batch_op.create_index("ix_import_sha256", ["office_id", "sha256"], unique=False)
        batch_op.create_index(batch_op.f("ix_import_state"), ["state"], unique=False)

    op.create_table(
        "import_row",
        sa.Column("import_id", KEY, autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cells", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("given", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("findings", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("undo", sa.String(length=24), nullable=True),
        sa.CheckConstraint(
            "outcome in ('created', 'updated', 'unchanged', 'refused')", name=op.f("ck_import_row_outcome")
        ),
        sa.ForeignKeyConstraint(["import_id"], ["import.id"], name=op.f("fk_import_row_import_id_import")),
        sa.PrimaryKeyConstraint("import_id", "line", name=op.f("pk_import_row")),
    )
    with op.batch_alter_table("import_row", schema=None) as batch_op:
        batch_op.create_index("ix_import_row_outcome", ["import_id", "outcome", "line"], unique=False)

    op.create_table(
        "import_key",
        sa.Column("import_id", KEY, autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["import.id"], name=op.f("fk_import_key_import_id_import")),
        sa.PrimaryKeyConstraint("import_id", "key", name=op.f("pk_import_key")),
    )


def downgrade() -> None:
    op.drop_table("import_key")
    op.drop_table("import_row")
    op.drop_table("import")
