"""Which rows of a table of words have all of some words: one statement for each engine, with an end to what it reads."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from models import Office
from models.inverted import SUFFIX
from models.words import office_word
from models.words import wanted as wanted_words


def wanted(run: str, unfinished: bool = False) -> list[str]:
    """See models.words."""
    return wanted_words(run, unfinished=unfinished)


async def matching(
    session: AsyncSession, table: str, office_id: int | None, words: Sequence[str], limit: int, *, any_of: bool = False
) -> list[int]:
    """Ids of rows with all of `words`, at most `limit`. `any_of`: one of them is enough. Without `office_id`, of any office.

    Words are letters and digits only (models.words), so nothing in them means anything to the engine.
    """
    if session.get_bind().dialect.name == "postgresql":
        # Taking a text apart counts for nothing in PostgreSQL's plans and is most of the cost: it would rather read all texts.
        await session.execute(text("set local enable_seqscan = off"))
    query, values = _query(session, table, office_id, words, limit, any_of)
    return list((await session.scalars(text(query), values)).all())


async def only_office(session: AsyncSession) -> bool:
    """Whether there is one office, so that nothing need be kept apart (which costs the engine several times the rest)."""
    return await session.scalar(select(func.count()).select_from(Office)) == 1


def listed(session: AsyncSession, ids: Sequence[int]) -> tuple[str, object]:
    """A subquery that is the list `:ids`, and the value of `:ids`."""
    if session.get_bind().dialect.name == "sqlite":
        return "(select value from json_each(:ids))", json.dumps(list(ids))
    return "(select unnest(cast(:ids as bigint[])))", list(ids)


def _query(
    session: AsyncSession, table: str, office_id: int | None, words: Sequence[str], limit: int, any_of: bool
) -> tuple[str, dict[str, object]]:
    office = None if office_id is None else office_word(office_id)
    if session.get_bind().dialect.name == "sqlite":
        every = (" OR " if any_of else " AND ").join(f'"{word}"' for word in words)
        query = (
            f"select rowid as id from {table}{SUFFIX} where {table}{SUFFIX} match :every order by rowid desc limit :few"  # noqa: S608
        )
        return query, {"every": f'"{office}" AND ({every})' if office else every, "few": limit}
    values: dict[str, object] = {"every": list(words), "office_word": [office] if office else [], "few": limit}
    having = "{words} @> cast(:office_word as text[]) and {words} {how} cast(:every as text[])"
    how = having.format(words="string_to_array(words, ' ')", how="&&" if any_of else "@>")
    return f"select id from {table} where {how} limit :few", values  # noqa: S608
