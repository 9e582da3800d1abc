"""An id that is gone is never given to anybody else, on SQLite as on PostgreSQL.

Without AUTOINCREMENT SQLite gives the id of the newest row, once that is deleted, to the next one: whoever came next would then
stand in the record, on an open page and in the undo of a merge as the one who is gone.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLES = (
    "customer",
    "customer_phone",
    "place",
    "book_place",
    "driver",
    "driver_block",
    "segment",
    "tariff_table",
    "credit_rider",
)
"""Whose rows can go, and whose ids stand elsewhere."""
ONCE, AGAIN = "PRIMARY KEY (id AUTOINCREMENT)", "PRIMARY KEY (id)"
_OF_FILES = "select max(subject_id) from import_row join import on import.id = import_id where kind = "
REMEMBERED = {
    "customer": _OF_FILES + "'customers'",
    "driver": _OF_FILES + "'drivers'",
    "book_place": _OF_FILES + "'places'",
    "place": "select max(cast(trim(key, '[]') as integer)) from merged_row where \"table\" = 'place'",
}
"""The greatest id of one that may be gone already."""


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for table in TABLES:
        _built_anew(table, AGAIN, ONCE)
    for table, greatest in REMEMBERED.items():
        seq = f"max(coalesce((select max(id) from {table}), 0), coalesce(({greatest}), 0))"  # noqa: S608 -- names of ours
        op.execute(f"delete from sqlite_sequence where name = '{table}'")  # noqa: S608
        op.execute(f"insert into sqlite_sequence (name, seq) values ('{table}', {seq})")  # noqa: S608


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for table in TABLES:
        _built_anew(table, ONCE, AGAIN)


def _built_anew(table: str, old: str, new: str) -> None:
    """The steps of https://www.sqlite.org/lang_altertable.html#otheralter; foreign keys are off in these transactions."""
    bind = op.get_bind()
    kept = sa.text("select type, sql from sqlite_master where tbl_name = :table and sql is not null")
    rows = bind.execute(kept, {"table": table}).all()
    (made,) = (sql for kind, sql in rows if kind == "table")
    body = made[made.index("(") :]
    if body.count(old) != 1:
        raise RuntimeError(f"the table {table} is not as revision 0020 has left it")
    op.execute("pragma legacy_alter_table = on")
    op.execute(f'create table "{table}_anew" {body.replace(old, new)}')
    op.execute(f'insert into "{table}_anew" select * from "{table}" order by id')  # noqa: S608 -- names of ours
    op.execute(f'drop table "{table}"')
    op.execute(f'alter table "{table}_anew" rename to "{table}"')
    for kind, sql in rows:
        if kind != "table":
            op.execute(sa.text(sql.replace(":", r"\:")))
    op.execute("pragma legacy_alter_table = off")
