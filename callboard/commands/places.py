"""The office's place book from a CSV file of the site's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from callboard.commands.at_the_desk import do
from callboard.commands.options import DEFAULT_STATE, ConfigOption, StateOption, told_in_words
from desk.errors import NotFound
from desk.place import place_book
from desk.work import Work
from models import Office


def places(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV (UTF-8 or CP949) whose first line names its columns: name, source, and of district, aliases, lat, lon, "
            "accuracy_m those that there are.",
            exists=True,
            dir_okay=False,
        ),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    state: StateOption = DEFAULT_STATE,
    config: ConfigOption = None,
) -> None:
    """Take a file of places into the place book: all of it, or nothing and every line that is wrong."""
    with told_in_words():
        lines = place_book.read(file.read_bytes())
    told: list[place_book.Taken] = []

    async def act(work: Work) -> None:
        office = await work.session.scalar(select(Office.id).order_by(Office.id).limit(1))
        if office is None:
            raise NotFound("there is no office yet: make it with  .venv/bin/python -m callboard office add NAME")
        told.append(await place_book.take(work, office, lines))
        if dry_run:
            await work.session.rollback()

    do(state, config, act)
    done = "Would be" if dry_run else "Done:"
    typer.echo(f"{done} {told[0].new} new, {told[0].replaced} replaced, {told[0].same} as they were.")
