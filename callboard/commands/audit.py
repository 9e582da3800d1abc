"""The record of who did what: whether it is whole."""

from __future__ import annotations

from typing import Annotated

import typer

from callboard.commands.at_the_desk import look
from callboard.commands.options import DEFAULT_STATE, ConfigOption, StateOption
from desk import audit_chain

app = typer.Typer(help="The record of who did what.", no_args_is_help=True)


@app.callback()
def record() -> None:
    """The record of who did what."""


@app.command("verify")
def verify(
    known: Annotated[
        str | None, typer.Option(help="A digest that an earlier look has told: also tells whether the end was cut off.")
    ] = None,
    state: StateOption = DEFAULT_STATE,
    config: ConfigOption = None,
) -> None:
    """Go through the whole record. Exit code 1, and the first broken row, if it is not as it was written."""
    found = look(state, config, lambda session: audit_chain.verify(session, known))
    if found.broken is not None:
        typer.secho(
            f"Row {found.broken.id} of the record is broken: {found.broken.why}.", fg=typer.colors.RED, err=True
        )
        typer.echo(f"The {found.rows} rows before it are as they were written.")
        raise typer.Exit(1)
    if not found.has_known:
        typer.secho(f"The digest {known} is not in the record: its end was cut off.", fg=typer.colors.RED, err=True)
        raise typer.Exit(1)
    typer.echo(f"All {found.rows} rows are as they were written. Keep this digest elsewhere:\n{found.digest}")
