"""The inverted index over the `words` of a table: FTS5 on SQLite, GIN on PostgreSQL; data definition only.

The engine keeps it in the transaction that writes the words. On SQLite it is a second table, `<table>_index`, which holds no
words of its own and follows the first by triggers; on PostgreSQL an index of the first.
"""

from __future__ import annotations

SUFFIX = "_index"


def statements(table: str, dialect: str) -> list[str]:
    """What makes the index, and takes what already stands in `table` into it."""
    index = f"{table}{SUFFIX}"
    if dialect == "postgresql":
        return [f"create index {index} on {table} using gin (string_to_array(words, ' ')) with (fastupdate = off)"]
    put = f"insert into {index}(rowid, words) values (new.id, new.words)"  # noqa: S608 -- our own names
    take = f"insert into {index}({index}, rowid, words) values ('delete', old.id, old.words)"  # noqa: S608
    return [
        # Words are letters and digits of any script: everything beyond ASCII belongs to a word, and nothing is folded.
        f"create virtual table {index} using fts5(words, content='{table}', content_rowid='id', "
        "tokenize='ascii', detail=none)",
        f"insert into {index}({index}) values ('rebuild')",  # noqa: S608
        f"create trigger {table}_put after insert on {table} begin {put}; end",
        f"create trigger {table}_take after delete on {table} begin {take}; end",
        f"create trigger {table}_change after update on {table} begin {take}; {put}; end",
    ]


def undo_statements(table: str, dialect: str) -> list[str]:
    """What takes the index away (a trigger goes with its table)."""
    return [] if dialect == "postgresql" else [f"drop table {table}{SUFFIX}"]


def is_part(name: str | None) -> bool:
    """Whether a table or an index of this name is one of those: Alembic finds them in the database and not in the models."""
    return name is not None and f"words{SUFFIX}" in name
