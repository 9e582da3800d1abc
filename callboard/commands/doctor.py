"""Says for each part whether it works, and how to mend it."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from callboard import examination
from callboard.commands.options import DEFAULT_STATE, ConfigOption, StateOption
from callboard.state import State


def doctor(
    state: StateOption = DEFAULT_STATE,
    config: ConfigOption = None,
    http_port: Annotated[int | None, typer.Option(help="Where a running panel is asked how it is.")] = None,
) -> None:
    """Look at every part; exit code 1 if something needs mending."""
    findings = asyncio.run(examination.examine(State(state), config, http_port))
    width = max(len(finding.part) for finding in findings)
    for finding in findings:
        colour = typer.colors.GREEN if finding.ok else typer.colors.RED
        typer.secho(f"{'ok  ' if finding.ok else 'MEND'}  {finding.part:<{width}}  {finding.says}", fg=colour)
        if finding.mend:
            typer.echo(f"{'':>{width + 8}}{finding.mend}")
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)
