"""Customers and drivers from a file: looked through, taken in, taken back; and written to one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from callboard.commands.options import (
    DEFAULT_STATE,
    ConfigOption,
    StateOption,
    database_url,
    settings_for,
    told_in_words,
)
from callboard.instance import open_desk
from callboard.state import State
from callboard.table_reader import read_table
from desk.bus import Bus
from desk.errors import Invalid, NotFound
from desk.importing import headings, staging, steps, told
from desk.importing.headings import Mapping
from desk.importing.staging import File
from desk.importing.table import MOST_BYTES, BadTable, heading
from desk.work import Desk
from locales.catalog import Catalog
from models import Import, Office

app = typer.Typer(help="Take customers or drivers in from xlsx, xls or CSV, and take that back.", no_args_is_help=True)
ERRORS_TOLD = 50

FileArgument = Annotated[Path, typer.Argument(help="xlsx, xls or CSV (UTF-8 or CP949).", exists=True, dir_okay=False)]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
MapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map", help="COLUMN=FIELD, the column by its heading or its number; FIELD may be empty: leave it out."
    ),
]
OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", help="Replace what is known; else only what is empty is filled.")
]


@app.command("customers")
def customers(
    file: FileArgument,
    dry_run: DryRunOption = False,
    map_: MapOption = None,
    overwrite: OverwriteOption = False,
    state: StateOption = DEFAULT_STATE,
    config: ConfigOption = None,
) -> None:
    """Take customers in: name, number, grade, note, language, place."""
    _at_the_desk(state, config, lambda desk: _take(desk, "customers", file, dry_run, map_ or [], overwrite))


@app.command("drivers")
def drivers(
    file: FileArgument,
    dry_run: DryRunOption = False,
    map_: MapOption = None,
    overwrite: OverwriteOption = False,
    state: StateOption = DEFAULT_STATE,
    config: ConfigOption = None,
) -> None:
    """Take drivers in: driver_number, name, phone, language."""
    _at_the_desk(state, config, lambda desk: _take(desk, "drivers", file, dry_run, map_ or [], overwrite))


@app.command("undo")
def undo(number: int, state: StateOption = DEFAULT_STATE, config: ConfigOption = None) -> None:
    """Take a whole import back: all that nobody has changed or used since. The rest is listed."""
    _at_the_desk(state, config, lambda desk: _undo(desk, number))


def _at_the_desk(state: Path, config: Path | None, act: Callable[[Desk], Awaitable[None]]) -> None:
    async def run() -> None:
        folder = State(state)
        folder.make()
        desk = await open_desk(database_url(folder, settings_for(folder, config)), Bus())
        try:
            await act(desk)
        finally:
            await desk.engine.dispose()

    with told_in_words():
        asyncio.run(run())


async def _take(desk: Desk, kind: str, file: Path, dry_run: bool, asked: list[str], overwrite: bool) -> None:
    office = await _office(desk)
    raw = await asyncio.to_thread(_bytes, file)
    table = await read_table(raw)
    mapping = _mapping(kind, table.columns, asked)
    for column, field in zip(table.columns, mapping, strict=True):
        typer.echo(f"  {column or '(no heading)'}: {field or 'left out'}")
    known = File.of(file.name, raw)
    async with desk.look() as session:
        for before in await told.same_file(session, office, kind, known.sha256):
            typer.echo(
                f"This file was imported on {before.one.started_at:%Y-%m-%d %H:%M} UTC (import {before.one.id})."
            )
    import_id = await staging.stage(desk, office, None, kind, known, table)
    await desk.do(lambda work: staging.map_columns(work, office, import_id, mapping, overwrite=overwrite))
    await steps.finish(desk, import_id)
    one = await _tell(desk, office, import_id, "Would be" if dry_run else "To do:")
    if dry_run or not one.created + one.updated:
        await desk.do(lambda work: staging.discard(work, office, import_id))
        return
    await desk.do(lambda work: staging.start(work, office, import_id, None))
    while await desk.do(lambda work: steps.advance(work, import_id)):
        async with desk.look() as session:
            one = await session.get_one(Import, import_id)
        typer.echo(f"  {one.created + one.updated + one.unchanged + one.refused:,} of {one.lines:,}")
    async with desk.look() as session:
        one = await session.get_one(Import, import_id)
    typer.echo(
        f"Import {import_id}: {_counts(one)}. To take it back:  .venv/bin/python -m callboard import undo {import_id}"
    )


async def _undo(desk: Desk, import_id: int) -> None:
    office = await _office(desk)
    await desk.do(lambda work: staging.undo(work, office, import_id, None))
    await steps.finish(desk, import_id)
    words = Catalog.load("en")
    async with desk.look() as session:
        one = await session.get_one(Import, import_id)
        left = await told.left(session, import_id, ERRORS_TOLD)
    typer.echo(f"Import {import_id}: {one.undone:,} taken back, {one.kept:,} left.")
    for row in left:
        typer.echo(f"  line {row.line}: {words.text(f'import.left.{row.undo}')}")
    if one.kept > len(left):
        typer.echo(f"  and {one.kept - len(left):,} more")


async def _tell(desk: Desk, office: int, import_id: int, begun: str) -> Import:
    words = Catalog.load("en")
    async with desk.look() as session:
        one = await session.get_one(Import, import_id)
        wrong = await told.refused(session, import_id, ERRORS_TOLD)
    typer.echo(f"{begun} {_counts(one)}.")
    for row in wrong:
        for sentence in told.sentences(words, one, row):
            typer.echo(f"  {sentence}")
    if one.refused > len(wrong):
        typer.echo(f"  and {one.refused - len(wrong):,} more lines")
    return one


def _bytes(file: Path) -> bytes:
    if file.stat().st_size > MOST_BYTES:
        raise BadTable("too_long", most=MOST_BYTES // 1_000_000)
    return file.read_bytes()


def _counts(one: Import) -> str:
    return f"{one.created:,} new, {one.updated:,} changed, {one.unchanged:,} as they were, {one.refused:,} refused"


def _mapping(kind: str, columns: tuple[str, ...], asked: list[str]) -> Mapping:
    mapping = headings.guess(kind, columns)
    for told_ in asked:
        column, equals, field = told_.rpartition("=")
        at = int(column) - 1 if column.isdecimal() and len(column) < 4 else None
        if at is None:
            at = next((n for n, name in enumerate(columns) if heading(name) == heading(column)), None)
        if not equals or at is None or not 0 <= at < len(columns):
            raise Invalid(f"there is no column {column!r}; there are: {', '.join(columns)}", field="map")
        mapping[at] = field or None
    return mapping


async def _office(desk: Desk) -> int:
    async with desk.look() as session:
        office = await session.scalar(select(Office.id).order_by(Office.id).limit(1))
    if office is None:
        raise NotFound("there is no office yet: make it with  .venv/bin/python -m callboard office add NAME")
    return office
