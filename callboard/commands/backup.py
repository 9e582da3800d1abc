"""Keep a whole site in one file, and make a site from such a file again (docs/backup.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from callboard.backing_up import make_backup
from callboard.commands.options import (
    DEFAULT_STATE,
    ConfigOption,
    StateOption,
    database_url,
    settings_for,
    told_in_words,
)
from callboard.restoring import restore as put_back
from callboard.state import State

BackupFile = Annotated[Path, typer.Argument(help="The backup, one file.", dir_okay=False)]


def backup(
    file: BackupFile,
    with_secrets: Annotated[
        bool, typer.Option("--with-secrets", help="Also the site's passwords and keys: keep the file as safe as those.")
    ] = False,
    state: StateOption = DEFAULT_STATE,
    config: ConfigOption = None,
) -> None:
    """Write the rows, the recordings and the configuration into one file, while the site runs or not."""
    folder = State(state)
    with told_in_words():
        url = database_url(folder, settings_for(folder, config))
        made = make_backup(folder, url, file, with_secrets=with_secrets)
    size = sum(one.size for one in made.files) / 1e6
    typer.echo(f"{file}: {len(made.files)} files, {size:.1f} MB before packing, schema {made.schema}.")
    if not with_secrets:
        typer.echo("Without the site's passwords and keys (secrets.json): --with-secrets adds them.")


def restore(
    file: BackupFile,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Move what is there aside (nothing is deleted) and put the backup in its place."
        ),
    ] = False,
    state: StateOption = DEFAULT_STATE,
    config: ConfigOption = None,
) -> None:
    """Make a site from a backup: compared whole first, then put in place in one step."""
    folder = State(state.absolute())

    def where(staged: Path) -> str:
        return database_url(State(staged), settings_for(State(staged), config))

    with told_in_words():
        done = put_back(folder, file, where, replace=replace)
    typer.echo(f"{state} is as it was at {done.manifest.made_at} (schema {done.manifest.schema}).")
    if done.aside:
        typer.echo(f"What was there is kept: {done.aside}.")
