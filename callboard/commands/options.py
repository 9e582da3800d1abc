"""Options that several commands share, and how a command ends when it cannot do its work: one sentence, exit code 1."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from agi.errors import AGIError
from callboard import config
from callboard.backup_format import BackupError
from callboard.config import ConfigError, Settings
from callboard.pbx_engine import PbxError
from callboard.prompts import PromptError
from callboard.state import State, StateError
from callboard.tape_format import BadRecording
from desk.errors import DeskError

StateOption = Annotated[Path, typer.Option("--state", help="Folder in which everything of this instance lies.")]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="Configuration file (TOML).")]
DEFAULT_STATE = Path("var")


@contextlib.contextmanager
def told_in_words() -> Iterator[None]:
    """Turn every error that a person can meet into its sentence."""
    try:
        yield
    except (ConfigError, StateError, PbxError, PromptError, DeskError, AGIError, BadRecording, BackupError) as error:
        typer.secho(str(error), fg=typer.colors.RED, err=True)
        raise typer.Exit(1) from error


def settings_for(state: State, file: Path | None, overrides: dict[str, dict[str, Any]] | None = None) -> Settings:
    """The settings of one instance: `file`, else the state folder's own configuration, else the defaults. Raises ConfigError."""
    if file is None and state.config.exists():
        file = state.config
    return config.load(file, overrides or {})


def database_url(state: State, settings: Settings) -> str:
    """Where the rows live."""
    return settings.desk.database_url or state.database_url
