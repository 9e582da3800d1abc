"""Drivers: a log-in link on paper, for who gets no text message (a demo, a provider that is down, a foreign phone)."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy import select

from callboard.commands.at_the_desk import do
from callboard.commands.options import DEFAULT_STATE, ConfigOption, StateOption, settings_for, told_in_words
from callboard.state import State
from desk.driver import driver_access
from desk.errors import NotFound
from desk.work import Work
from models import Driver

app = typer.Typer(help="Drivers and their own page.", no_args_is_help=True)


@app.callback()
def drivers() -> None:
    """Drivers and their own page."""


@app.command("link")
def link(
    number: str,
    url: Annotated[str, typer.Option(help="Where phones reach the panel; else public_url, or its own port.")] = "",
    state: StateOption = DEFAULT_STATE,
    config: ConfigOption = None,
) -> None:
    """Print a link to a driver's page: it opens once, within ten minutes, as that driver. Nothing is texted."""
    with told_in_words():
        web = settings_for(State(state), config).web
    page = (url or web.public_url or f"http://{web.host}:{web.port}").rstrip("/") + "/driver"
    made: list[str] = []

    async def act(work: Work) -> None:
        query = select(Driver).where(Driver.number == number, Driver.disabled_at.is_(None)).order_by(Driver.id).limit(1)
        driver = await work.session.scalar(query)
        if driver is None:
            raise NotFound(f"there is no driver {number}", driver_number=number)
        made.append(await driver_access.new_link(work, driver, None))

    do(state, config, act)
    typer.echo(driver_access.address_of(page, made[0]))
