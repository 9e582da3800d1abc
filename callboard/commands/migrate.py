"""Bring the database to the newest schema."""

from __future__ import annotations

import asyncio

import typer

from callboard.commands.options import (
    DEFAULT_STATE,
    ConfigOption,
    StateOption,
    database_url,
    settings_for,
    told_in_words,
)
from callboard.state import State
from desk.keeping import store


def migrate(state: StateOption = DEFAULT_STATE, config: ConfigOption = None) -> None:
    """Bring the database to the newest schema, and say where it is then."""
    folder = State(state)
    with told_in_words():
        url = database_url(folder, settings_for(folder, config))
        folder.make()
        asyncio.run(store.prepare(url))
        typer.echo(f"The database is at schema {asyncio.run(store.check(url))}.")
