"""Screens on the wall: an address for one, which of them there are, and away with one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from callboard.commands.at_the_desk import do, look
from callboard.commands.options import DEFAULT_STATE, ConfigOption, StateOption, settings_for
from callboard.state import State
from desk.errors import NotFound
from desk.office import wall_screens
from desk.work import Work
from models import Office

app = typer.Typer(help="Screens on the wall that show an office's figures (docs/wallboard.md).", no_args_is_help=True)


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Where it hangs.")],
    office: Annotated[str | None, typer.Option(help="The office's name; the first one, if nothing is said.")] = None,
    language: Annotated[str, typer.Option(help="ko or en.")] = "ko",
    state: StateOption = DEFAULT_STATE,
    config: ConfigOption = None,
) -> None:
    """Make an address for a screen; it is printed once and opens nothing else."""
    made: list[str] = []

    async def act(work: Work) -> None:
        query = select(Office.id).order_by(Office.id).limit(1)
        office_id = await work.session.scalar(query if office is None else query.where(Office.name == office))
        if office_id is None:
            raise NotFound("there is no such office")
        made.append((await wall_screens.add(work, office_id, name))[1])

    do(state, config, act)
    typer.echo(f"{_base(state, config)}/wall?lang={language}#{made[0]}")


@app.command("list")
def listed(state: StateOption = DEFAULT_STATE, config: ConfigOption = None) -> None:
    """Every screen: its id, where it hangs, and since when it shows nothing any more."""
    for screen, office in look(state, config, wall_screens.listed):
        until = f", revoked {screen.revoked_at:%Y-%m-%d %H:%M} UTC" if screen.revoked_at else ""
        typer.echo(f"{screen.id}  {screen.name} ({office}), since {screen.made_at:%Y-%m-%d}{until}")


@app.command("revoke")
def revoke(screen_id: int, state: StateOption = DEFAULT_STATE, config: ConfigOption = None) -> None:
    """Show nothing on that screen any more, from the next second on."""

    async def act(work: Work) -> None:
        await wall_screens.revoke(work, screen_id)

    do(state, config, act)
    typer.echo(f"The address of screen {screen_id} shows nothing any more.")


def _base(state: Path, config: Path | None) -> str:
    """Where browsers find the panel."""
    web = settings_for(State(state), config).web
    return web.public_url or f"http://{web.host}:{web.port}"
