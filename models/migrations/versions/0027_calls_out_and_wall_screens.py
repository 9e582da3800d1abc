"""Calls that operators place stand beside those that come in; screens on the wall have addresses of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # By itself, and not in a batch: on SQLite a batch writes the whole table anew, and there are millions of calls.
    op.add_column("call", sa.Column("direction", sa.String(length=3), nullable=False, server_default="in"))
    op.create_table(
        "wall_screen",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_wall_screen_office_id_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wall_screen")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_wall_screen_token_hash")),
    )


def downgrade() -> None:
    op.drop_table("wall_screen")
    # The older code takes them for calls that came in; it does not know this end.
    op.execute("update call set disposition = 'lost' where disposition = 'no_answer'")
    op.drop_column("call", "direction")
