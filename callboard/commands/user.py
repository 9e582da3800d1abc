"""People who sign in: add one, give a new password, shut one out."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
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
from desk import people
from desk.bus import Bus
from desk.errors import NotFound
from desk.work import Work
from models import Office, Operator

app = typer.Typer(help="People who sign in to the panel.", no_args_is_help=True)
PASSWORD_BYTES = 12


def _do(state: StateOption, config: ConfigOption, act: Callable[[Work], Awaitable[None]]) -> None:
    async def work() -> None:
        folder = State(state)
        folder.make()
        desk = await open_desk(database_url(folder, settings_for(folder, config)), Bus())
        try:
            async with desk.work() as piece:
                await act(piece)
        finally:
            await desk.engine.dispose()

    with told_in_words():
        asyncio.run(work())


async def _find(work: Work, login: str) -> Operator:
    found = await work.session.scalar(select(Operator).where(Operator.login == login))
    if found is None:
        raise NotFound(f"there is nobody with the log-in {login!r}", login=login)
    return found


@app.command("add")
def add(
    login: str,
    name: Annotated[str, typer.Option(help="How colleagues see this person.")] = "",
    role: Annotated[str, typer.Option(help="operator or admin.")] = "operator",
    extension: Annotated[str | None, typer.Option(help="Number of the desk phone.")] = None,
    locale: Annotated[str, typer.Option(help="ko or en.")] = "ko",
    state: StateOption = DEFAULT_STATE,
    config: ConfigOption = None,
) -> None:
    """Add a person; a random password is printed once."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)

    async def act(work: Work) -> None:
        office = await work.session.scalar(select(Office.id).order_by(Office.id).limit(1))
        if office is None:
            raise NotFound(f"there is no office in the state folder {state} yet: start callboard there once")
        await people.add_operator(
            work,
            office_id=office,
            login=login,
            name=name or login,
            role=role,
            password=password,
            extension=extension,
            locale=locale,
        )

    _do(state, config, act)
    typer.echo(f"{login} may sign in with the password {password}")


@app.command("password")
def password(login: str, state: StateOption = DEFAULT_STATE, config: ConfigOption = None) -> None:
    """Give a person a new random password (printed once) and end his sessions."""
    fresh = secrets.token_urlsafe(PASSWORD_BYTES)

    async def act(work: Work) -> None:
        await people.set_password(work, (await _find(work, login)).id, fresh)

    _do(state, config, act)
    typer.echo(f"{login} may sign in with the password {fresh}")


@app.command("disable")
def disable(login: str, state: StateOption = DEFAULT_STATE, config: ConfigOption = None) -> None:
    """Shut a person out and end his sessions at once."""

    async def act(work: Work) -> None:
        await people.disable(work, (await _find(work, login)).id)

    _do(state, config, act)
    typer.echo(f"{login} may no longer sign in.")
