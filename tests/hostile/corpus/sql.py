"""F2. SQL where text is expected (bound, so it finds nothing and changes nothing), and where a column could be named (400)."""

from __future__ import annotations

_CLOSERS = ("'", '"', "')", "'))", "`", "%'")
_ENDS = ("--", "#", "/*", ";--", "-- -", "\x00")
_BODIES = (
    " or 1=1",
    " or 'a'='a",
    " and 1=2",
    " union select null,null,null",
    " union select password_hash from operator",
    "; drop table call",
    '; drop table "order"',
    "; delete from customer",
    "; update operator set role='admin'",
    "; attach database '/tmp/x' as x",
    "; copy call to '/tmp/x'",
    " || (select token_hash from operator)",
    " and pg_sleep(9)",
    " and 9=randomblob(900000000)",
    " limit 1 offset 1",
    "; select load_extension('x')",
)  # fmt: skip

TEXTS: tuple[str, ...] = (
    *tuple(
        f"{_CLOSERS[at % len(_CLOSERS)]}{body}{_ENDS[(at + shift) % 5]}"
        for shift in range(3)
        for at, body in enumerate(_BODIES)
    ),
    "%",
    "_",
    "\\",
    "''",
    "'",
    '"',
    "%%%",
    "\\'",
    "1;1",
    "0x41",
    "1e309",
    "*",
    "?",
    ":name",
    "$1",
    "%(x)s",
    "{x}",
)

COLUMN_PARAMETERS = ("sort", "order", "order_by", "page", "filter", "fields", "where", "group", "columns", "select")
COLUMN_VALUES = (
    "name",
    "-id",
    "id desc",
    "(select 1)",
    "id;drop table call",
    "case when 1=1 then id else name end",
    "1,2,3",
    "password_hash",
    "$.name",
    "data->>'x'",
)  # fmt: skip
