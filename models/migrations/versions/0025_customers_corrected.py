"""What was wrong about a customer can be corrected: places with a label and their former texts, numbers that were his."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _key(column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_former_number_{column}_{other}"))


def upgrade() -> None:
    # By themselves, and not in a batch, which would write all places anew.
    op.add_column("place", sa.Column("label", sa.String(length=40), nullable=True))
    op.add_column("place", sa.Column("former", sa.Text(), nullable=False, server_default=""))
    op.add_column("place", sa.Column("corrected_at", MOMENT, nullable=True))
    op.add_column("place", sa.Column("removed_at", MOMENT, nullable=True))
    op.create_table(
        "former_number",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        _key("office_id", "office"),
        _key("customer_id", "customer"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_number")),
    )
    op.create_index(op.f("ix_former_number_customer_id"), "former_number", ["customer_id"], unique=False)
    op.create_index("ix_former_number_number", "former_number", ["office_id", "number", "until"], unique=False)


def downgrade() -> None:
    # What was taken away stays away.
    gone = "select id from place where removed_at is not null"
    op.execute(f"update call set choice_place_id = null where choice_place_id in ({gone})")  # noqa: S608 -- our own words
    op.execute("delete from place where removed_at is not null")
    op.drop_index("ix_former_number_number", "former_number")
    op.drop_index(op.f("ix_former_number_customer_id"), "former_number")
    op.drop_table("former_number")
    for column in ("removed_at", "corrected_at", "former", "label"):
        op.drop_column("place", column)
