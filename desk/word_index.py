"""Which rows of a table of words have all of some words: one statement for each engine, with an end to what it reads."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from models.inverted import SUFFIX
from models.words import office_word
from models.words import wanted as wanted_words


def wanted(run: str, unfinished: bool = False) -> list[str]:
    """See models.words."""
    return wanted_words(run, unfinished=unfinished)


def matching(
    session: AsyncSession, table: str, office_id: int, words: Sequence[str], limit: int, *, any_of: bool = False
) -> tuple[str, dict[str, object]]:
    """The select of `id`, at most `limit` of them, and its values. `any_of`: one of the words is enough.

    Words are letters and digits only (models.words), so nothing in them means anything to the engine.
    """
    office = office_word(office_id)
    if session.get_bind().dialect.name == "sqlite":
        every = (" OR " if any_of else " AND ").join(f'"{word}"' for word in words)
        query = (
            f"select rowid as id from {table}{SUFFIX} where {table}{SUFFIX} match :every order by rowid desc limit :few"  # noqa: S608
        )
        return query, {"every": f'"{office}" AND ({every})', "few": limit}
    values: dict[str, object] = {"every": list(words), "office_word": [office], "few": limit}
    having = "{words} @> cast(:office_word as text[]) and {words} {how} cast(:every as text[])"
    how = having.format(words="string_to_array(words, ' ')", how="&&" if any_of else "@>")
    return f"select id from {table} where {how} limit :few", values  # noqa: S608
