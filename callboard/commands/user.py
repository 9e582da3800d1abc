"""People who sign in: add one, give a new password or another role, shut one out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from callboard.commands.at_the_desk import do
from callboard.commands.options import DEFAULT_STATE, ConfigOption, StateOption
from desk.errors import NotFound
from desk.office import staff
from desk.office.passwords import new_password, password_hash
from desk.office.staff import UserForm
from desk.work import Work
from models import Office

app = typer.Typer(help="People who sign in to the panel.", no_args_is_help=True)


def _to(state: Path, config: Path | None, login: str, deed: Callable[[Work, int], Awaitable[None]]) -> None:
    async def act(work: Work) -> None:
        await deed(work, await staff.id_of(work.session, login))

    do(state, config, act)


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
    password = new_password()
    form = UserForm(name, role, extension, locale)

    async def act(work: Work) -> None:
        office = await work.session.scalar(select(Office.id).order_by(Office.id).limit(1))
        if office is None:
            raise NotFound(
                f"there is no office in the state folder {state} yet: make it with `callboard office add`, or start the demo"
            )
        await staff.add(work, None, office, login, form, password_hash(password))

    do(state, config, act)
    typer.echo(f"{login} may sign in with the password {password}")


@app.command("password")
def password(login: str, state: StateOption = DEFAULT_STATE, config: ConfigOption = None) -> None:
    """Give a person a new random password (printed once) and end his sessions."""
    fresh = new_password()
    _to(state, config, login, lambda work, who: staff.set_password(work, None, who, password_hash(fresh)))
    typer.echo(f"{login} may sign in with the password {fresh}")


@app.command("role")
def role(login: str, role: str, state: StateOption = DEFAULT_STATE, config: ConfigOption = None) -> None:
    """Give a person another role: operator, dispatcher, accountant, admin or auditor (docs/roles.md)."""
    _to(state, config, login, lambda work, who: staff.set_role(work, None, who, role))
    typer.echo(f"{login} is {role} now.")


@app.command("forget-factor")
def forget_factor(login: str, state: StateOption = DEFAULT_STATE, config: ConfigOption = None) -> None:
    """Take away the second factor of somebody who has lost his telephone and his recovery codes, and end his sessions."""
    _to(state, config, login, lambda work, who: staff.forget_factor(work, None, who))
    typer.echo(f"{login} signs in with the password alone now. Have him set up another second factor.")


@app.command("disable")
def disable(login: str, state: StateOption = DEFAULT_STATE, config: ConfigOption = None) -> None:
    """Shut a person out and end his sessions at once."""
    _to(state, config, login, lambda work, who: staff.disable(work, None, who))
    typer.echo(f"{login} may no longer sign in.")
