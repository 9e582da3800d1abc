"""Rows of any table as JSON and back: what a merge keeps of what it changed, so that it can be undone to the byte."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Column, Date, Table

from models import Base, UtcDateTime

Image = dict[str, Any]


def table_of(name: str) -> Table:
    """A table of ours."""
    return Base.metadata.tables[name]


def image(values: Mapping[str, Any]) -> Image:
    """Values of a row, by column, as JSON can say them."""
    return {name: _out(value) for name, value in values.items()}


def values(table: Table, kept: Mapping[str, Any]) -> Image:
    """The values that `image` was made of."""
    return {name: _back(table.c[name], value) for name, value in kept.items()}


def key_of(table: Table, row: Mapping[Any, Any]) -> str:
    """The row's primary key, as it is written down."""
    return json.dumps([row[column.name] for column in table.primary_key], separators=(",", ":"))


def by_key(table: Table, key: str) -> list[Any]:
    """The conditions that find the row again."""
    found = zip(table.primary_key, json.loads(key), strict=True)
    return [column == value for column, value in found]


def _out(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _back(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, UtcDateTime):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(column.type, Date) else value
