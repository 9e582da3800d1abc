"""The office's own fares from zone to zone, and its own days, from CSV files: all of a file, or nothing and what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from callboard.commands.at_the_desk import do
from callboard.commands.options import DEFAULT_STATE, ConfigOption, StateOption, told_in_words
from desk.errors import NotFound
from desk.ordering import tariff_files, tariffs
from desk.work import Work
from models import Office

app = typer.Typer(help="What trips cost at this firm, beside its trade's tariff.", no_args_is_help=True)
FileArgument = Annotated[Path, typer.Argument(help="CSV, UTF-8 or CP949.", exists=True, dir_okay=False)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]


@app.command("zones")
def zones(
    file: FileArgument, dry_run: DryRun = False, state: StateOption = DEFAULT_STATE, config: ConfigOption = None
) -> None:
    """Fares from zone to zone (from,to,fare,both): from now on these count, in place of those before."""
    with told_in_words():
        pairs = tariff_files.zones(file.read_bytes())

    async def act(work: Work) -> None:
        await tariffs.take_zones(work, None, await _office(work), pairs)
        if dry_run:
            await work.session.rollback()

    do(state, config, act)
    typer.echo(f"{'Would be' if dry_run else 'Taken:'} {len(pairs)} fares from zone to zone.")


@app.command("days")
def days(
    file: FileArgument, dry_run: DryRun = False, state: StateOption = DEFAULT_STATE, config: ConfigOption = None
) -> None:
    """Days of the firm's own (day,name,kind): holidays, or (working) public holidays that are none for it."""
    with told_in_words():
        found = tariff_files.days(file.read_bytes())

    async def act(work: Work) -> None:
        await tariffs.take_days(work, None, await _office(work), found)
        if dry_run:
            await work.session.rollback()

    do(state, config, act)
    typer.echo(f"{'Would be' if dry_run else 'Taken:'} {len(found)} days.")


async def _office(work: Work) -> int:
    office = await work.session.scalar(select(Office.id).order_by(Office.id).limit(1))
    if office is None:
        raise NotFound("there is no office yet: make it with  .venv/bin/python -m callboard office add NAME")
    return office
