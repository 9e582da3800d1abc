"""Somebody is taken out of others' words: his names and numbers become stars, in texts and in what is kept as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import JSON, String, Table, text
from sqlalchemy.ext.asyncio import AsyncSession

HIDDEN: Final = "***"
"""What stands where he was mentioned in somebody else's words."""


def hidden(table: Table, row: Mapping[Any, Any], pattern: re.Pattern[str] | None) -> dict[str, Any]:
    """Columns of texts in which he is mentioned, without him."""
    found: dict[str, Any] = {}
    for column in table.columns:
        value = row[column.name]
        if pattern is None or value is None or column.primary_key:
            continue
        if isinstance(column.type, JSON):
            told = json.dumps(value, ensure_ascii=False)
            if pattern.search(told):
                found[column.name] = _without(value, pattern)
        elif isinstance(column.type, String) and isinstance(value, str) and pattern.search(value):
            found[column.name] = pattern.sub(HIDDEN, value)
    return found


def _without(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(HIDDEN, value)
    if isinstance(value, list):
        return [_without(each, pattern) for each in value]
    if isinstance(value, dict):
        return {key: _without(each, pattern) for key, each in value.items()}
    return value


async def overwrite_what_goes(session: AsyncSession, *, secure: bool) -> None:
    """On SQLite, what is deleted is overwritten in the file, not only unlinked. PostgreSQL's vacuum does so by itself."""
    if session.get_bind().dialect.name == "sqlite":
        await session.execute(text(f"pragma secure_delete = {'on' if secure else 'off'}"))
