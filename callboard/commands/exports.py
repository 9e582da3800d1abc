"""All customers or all drivers written to a file, whatever their number (a workbook ends at a million lines)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from sqlalchemy import select

from callboard.commands.at_the_desk import do
from callboard.commands.options import DEFAULT_STATE, ConfigOption, StateOption
from desk.errors import Invalid, NotFound
from desk.keeping import whole_lists
from desk.office import exports
from desk.work import Work
from locales.catalog import Catalog
from models import Office
from web.views import list_sheets
from web.views.sheets import Sheet, as_csv, as_xlsx

MOST_IN_A_WORKBOOK = 1_000_000


def export(
    what: Annotated[Literal["customers", "drivers"], typer.Argument()],
    file: Annotated[Path, typer.Argument(help="Where to write: its ending, .xlsx or .csv, says how.", dir_okay=False)],
    language: Annotated[str, typer.Option(help="Of the headings: ko or en.")] = "ko",
    state: StateOption = DEFAULT_STATE,
    config: ConfigOption = None,
) -> None:
    """Write all customers or drivers to a file that nobody but its owner can read; no text in it is a formula."""
    sheets: list[Sheet] = []

    async def act(work: Work) -> None:
        office = await work.session.scalar(select(Office).order_by(Office.id).limit(1))
        if office is None:
            raise NotFound("there is no office yet: make it with  .venv/bin/python -m callboard office add NAME")
        if file.suffix not in (".csv", ".xlsx"):
            raise Invalid("the file's name must end in .xlsx or .csv", field="file")
        await exports.taken_away(work, None, file.name, "all")
        words = Catalog.load(language)
        if what == "customers":
            people = [row async for some in whole_lists.customers(work.session, office.id) for row in some]
            sheets.append(list_sheets.customers(words, office.country, people))
        else:
            drivers = [row async for some in whole_lists.drivers(work.session, office.id) for row in some]
            sheets.append(list_sheets.drivers(words, office.country, drivers))
        if file.suffix == ".xlsx" and len(sheets[0].rows) > MOST_IN_A_WORKBOOK:
            raise Invalid("a workbook ends at a million lines: write a .csv file", field="file")
        await asyncio.to_thread(_write, file, sheets[0])

    do(state, config, act)
    typer.echo(f"{len(sheets[0].rows):,} {what} stand in {file}.")


def _write(file: Path, sheet: Sheet) -> None:
    raw = as_xlsx([sheet], datetime.now(UTC).replace(tzinfo=None)) if file.suffix == ".xlsx" else as_csv(sheet)
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_bytes(raw)
