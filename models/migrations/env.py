"""Alembic runs this for each command; the connection, already in its transaction, is handed in by `models.migrations`."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from models import Base, UtcDateTime, inverted
from models.base import Key


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our two own types by what they are in the database: a revision must not change when the models do."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "MOMENT"
    if kind == "type" and item is Key:
        return "KEY"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    render_item=render_item,
    transactional_ddl=True,
    include_name=lambda name, _kind, _parents: not inverted.is_part(name),
)
context.run_migrations()
