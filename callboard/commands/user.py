"""People who sign in: add one, give a new password or another role, shut one out."""

from __future__ import annotations

import secrets
from typing import Annotated

import typer
from sqlalchemy import select

from callboard.commands.at_the_desk import do
from callboard.commands.options import DEFAULT_STATE, ConfigOption, StateOption
from desk.errors import NotFound
from desk.office import people, second_factor
from desk.work import Work
from models import Office, Operator

app = typer.Typer(help="People who sign in to the panel.", no_args_is_help=True)
PASSWORD_BYTES = 12


async def _find(work: Work, login: str) -> Operator:
    found = await work.session.scalar(select(Operator).where(Operator.login == login))
    if found is None:
        raise NotFound(f"there is nobody with the log-in {login!r}", login=login)
    return found


@app.command("add")
def add(
    login: str,
    name: Annotated[str, typer.Option(help="How colleagues see this person.")] = "",
    role: Annotated[str, typer.Option(help="operator, dispatcher, accountant, admin or auditor.")] = "operator",
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
            raise NotFound(
                f"there is no office in the state folder {state} yet: make it with `callboard office add`, or start the demo"
            )
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

    do(state, config, act)
    typer.echo(f"{login} may sign in with the password {password}")


@app.command("password")
def password(login: str, state: StateOption = DEFAULT_STATE, config: ConfigOption = None) -> None:
    """Give a person a new random password (printed once) and end his sessions."""
    fresh = secrets.token_urlsafe(PASSWORD_BYTES)

    async def act(work: Work) -> None:
        await people.set_password(work, (await _find(work, login)).id, fresh)

    do(state, config, act)
    typer.echo(f"{login} may sign in with the password {fresh}")


@app.command("role")
def role(login: str, role: str, state: StateOption = DEFAULT_STATE, config: ConfigOption = None) -> None:
    """Give a person another role: operator, dispatcher, accountant, admin or auditor (docs/roles.md)."""

    async def act(work: Work) -> None:
        await people.set_role(work, (await _find(work, login)).id, role)

    do(state, config, act)
    typer.echo(f"{login} is {role} now.")


@app.command("forget-factor")
def forget_factor(login: str, state: StateOption = DEFAULT_STATE, config: ConfigOption = None) -> None:
    """Take away the second factor of somebody who has lost his telephone and his recovery codes, and end his sessions."""

    async def act(work: Work) -> None:
        who = await _find(work, login)
        await second_factor.remove(work, who.id, None)
        await people.end_sessions_but(work, who.id, None)

    do(state, config, act)
    typer.echo(f"{login} signs in with the password alone now. Have him set up another second factor.")


@app.command("disable")
def disable(login: str, state: StateOption = DEFAULT_STATE, config: ConfigOption = None) -> None:
    """Shut a person out and end his sessions at once."""

    async def act(work: Work) -> None:
        await people.disable(work, (await _find(work, login)).id)

    do(state, config, act)
    typer.echo(f"{login} may no longer sign in.")
