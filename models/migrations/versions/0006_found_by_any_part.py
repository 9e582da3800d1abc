"""Customers are found by any part of name, number or place; the office's own place book."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models import inverted
from models.words import PLACES, words_of_customer

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
WORDS = ("customer_words", "book_place_words")
AT_A_TIME = 5_000


def upgrade() -> None:
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.create_index("ix_customer_recent", ["office_id", "last_trip_at", "id"], unique=False)
    op.create_table(
        "book_place",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("district", sa.String(length=80), nullable=False),
        sa.Column("aliases", sa.Text(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("accuracy_m", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_book_place_office_id_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book_place")),
        sa.UniqueConstraint("office_id", "name", "district", name=op.f("uq_book_place_office_id_name_district")),
    )
    for table in WORDS:
        owner = table.removesuffix("_words")
        op.create_table(
            table,
            sa.Column("id", KEY, autoincrement=False, nullable=False),
            sa.Column("words", sa.Text(), nullable=False),
            sa.ForeignKeyConstraint(["id"], [f"{owner}.id"], name=op.f(f"fk_{table}_id_{owner}"), ondelete="CASCADE"),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        )
    _fill()
    for table in WORDS:
        for statement in inverted.statements(table, op.get_bind().dialect.name):
            op.execute(statement)


def downgrade() -> None:
    for table in reversed(WORDS):
        for statement in inverted.undo_statements(table, op.get_bind().dialect.name):
            op.execute(statement)
        op.drop_table(table)
    op.drop_table("book_place")
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.drop_index("ix_customer_recent")


def _fill() -> None:
    """A few thousand customers at a time; then the index is made in one go, which is faster than row by row."""
    database = op.get_bind()
    last = 0
    while True:
        found = database.execute(
            sa.text("select id, office_id, name from customer where id > :last order by id limit :count"),
            {"last": last, "count": AT_A_TIME},
        ).all()
        if not found:
            return
        span = {"low": found[0].id, "high": found[-1].id}
        numbers = _texts(
            "select customer_id, number from customer_phone where customer_id between :low and :high", span
        )
        places = _texts(
            "select customer_id, text from place where customer_id between :low and :high order by id desc", span
        )
        database.execute(
            sa.text("insert into customer_words (id, words) values (:id, :words)"),
            [
                {
                    "id": row.id,
                    "words": words_of_customer(
                        row.office_id, row.name, numbers.get(row.id, ()), places.get(row.id, [])[:PLACES]
                    ),
                }
                for row in found
            ],
        )
        last = found[-1].id


def _texts(query: str, span: dict[str, int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for customer_id, text in op.get_bind().execute(sa.text(query), span):
        found.setdefault(customer_id, []).append(text)
    return found
