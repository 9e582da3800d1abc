"""What the desk knows in writing, and who opened which article."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models import inverted

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _key(table: str, column: str, other: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name, ondelete=ondelete)


def upgrade() -> None:
    op.create_table(
        "article",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("keywords", sa.Text(), nullable=False),
        sa.Column("line_id", KEY, nullable=True),
        sa.Column("segment_id", KEY, nullable=True),
        sa.Column("order_state", sa.String(length=16), nullable=True),
        sa.Column("made_by", KEY, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("changed_by", KEY, nullable=True),
        sa.Column("changed_at", MOMENT, nullable=True),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _key("article", "office_id", "office"),
        _key("article", "line_id", "line"),
        _key("article", "segment_id", "segment"),
        _key("article", "made_by", "operator"),
        _key("article", "changed_by", "operator"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article")),
    )
    op.create_index("ix_article_office", "article", ["office_id", "archived_at"], unique=False)
    op.create_table(
        "article_words",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        _key("article_words", "id", "article", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_words")),
    )
    for statement in inverted.statements("article_words", op.get_bind().dialect.name):
        op.execute(statement)
    op.create_table(
        "article_opening",
        sa.Column("id", KEY, nullable=False),
        sa.Column("article_id", KEY, nullable=False),
        sa.Column("operator_id", KEY, nullable=False),
        sa.Column("call_id", KEY, nullable=True),
        sa.Column("opened_at", MOMENT, nullable=False),
        _key("article_opening", "article_id", "article"),
        _key("article_opening", "operator_id", "operator"),
        _key("article_opening", "call_id", "call"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_opening")),
    )
    op.create_index("ix_article_opening_article", "article_opening", ["article_id", "opened_at"], unique=False)


def downgrade() -> None:
    op.drop_table("article_opening")
    for statement in inverted.undo_statements("article_words", op.get_bind().dialect.name):
        op.execute(statement)
    op.drop_table("article_words")
    op.drop_table("article")
