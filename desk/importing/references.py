"""Who is spoken of by other rows: asked of every table that points there, so that a table of next year is asked as well."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Column, Table, select
from sqlalchemy.ext.asyncio import AsyncSession

from models import Account, Base


async def referred(session: AsyncSession, table: str, ids: Sequence[int], *, own: Iterable[str] = ()) -> set[int]:
    """Of `ids` of `table`, those that a row of another table names; the tables in `own` are parts of it and do not count."""
    found: set[int] = set()
    for column in _pointing_at(table, frozenset(own)):
        found.update((await session.scalars(select(column).where(column.in_(ids)).distinct())).all())
    # An account names its owner without a foreign key: he may be a driver or a customer.
    accounts = select(Account.owner_id).where(Account.kind == table, Account.owner_id.in_(ids))
    found.update((await session.scalars(accounts)).all())
    return found


def _pointing_at(table: str, own: frozenset[str]) -> list[Column[int]]:
    tables: Sequence[Table] = Base.metadata.sorted_tables
    return [
        key.parent
        for other in tables
        if other.name not in own
        for key in sorted(other.foreign_keys, key=lambda key: key.parent.name)
        if key.column.table.name == table
    ]
