"""Show what Asterisk is told, without starting it."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path

import typer

from callboard.commands.options import (
    DEFAULT_STATE,
    ConfigOption,
    StateOption,
    database_url,
    settings_for,
    told_in_words,
)
from callboard.instance import CACHE, Instance, Progress, dialplan_site, open_desk
from callboard.pbx_root import choose
from callboard.state import State
from desk.bus import Bus
from dialplan.lint import findings
from dialplan.render import render_all


def dialplan(state: StateOption = DEFAULT_STATE, config: ConfigOption = None) -> None:
    """Print every Asterisk file as it would be written (with its secrets: mind who looks), and what the lint says of it."""
    with told_in_words():
        complaints = asyncio.run(_show(State(state), config))
    raise typer.Exit(1 if complaints else 0)


async def _show(state: State, config: ConfigOption) -> int:
    settings = settings_for(state, config)
    state.make()
    desk = await open_desk(database_url(state, settings), Bus())
    try:
        engine = choose(
            "private" if settings.site.asterisk == "none" else settings.site.asterisk, CACHE, Progress().line
        )
        site = await dialplan_site(Instance(state, settings, desk, state.secrets(), engine, None))
    finally:
        await desk.engine.dispose()
    assert site is not None
    files = render_all(site)
    for path, text in files.items():
        typer.echo(f"\n; ===== {path}\n{text}")
    complaints = _lint(files)
    for complaint in complaints:
        typer.secho(complaint, fg=typer.colors.RED, err=True)
    return len(complaints)


def _lint(files: Mapping[Path, str]) -> list[str]:
    """What the lint says of these texts, and of the site's own files that they include."""
    with tempfile.TemporaryDirectory(prefix="callboard-dialplan-") as room:
        for path, text in files.items():
            (Path(room) / path.name).write_text(text, encoding="utf-8")
        return [str(finding) for finding in findings(Path(room))]
