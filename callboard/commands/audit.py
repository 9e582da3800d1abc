"""The record of who did what: to be read, and whether it is whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callboard.commands.at_the_desk import look
from callboard.commands.options import DEFAULT_STATE, ConfigOption, StateOption
from desk import audit_chain
from desk.errors import NotFound
from desk.office import record
from desk.office.record import Row
from desk.views import moment
from models import Office, Operator
from web.views.record_asked import asked

app = typer.Typer(help="The record of who did what.", no_args_is_help=True)


@app.callback()
def audit() -> None:
    """The record of who did what."""


@app.command("list")
def list_(
    since: Annotated[str, typer.Option(help="The first day, like 2026-11-23, by the office's calendar.")] = "",
    until: Annotated[str, typer.Option(help="The last day.")] = "",
    who: Annotated[str, typer.Option(help="A log-in; `nobody`: commands, rules, whoever was not signed in.")] = "",
    what: Annotated[str, typer.Option(help="A kind (customer.opened), or all of a matter (customer).")] = "",
    about: Annotated[str, typer.Option(help=f"One of {', '.join(record.ASKED_ABOUT)}; then also --which.")] = "",
    which: Annotated[str, typer.Option(help="Its id; a driver's own number; a log-in.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many rows at most.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, whole.")] = False,
    state: StateOption = DEFAULT_STATE,
    config: ConfigOption = None,
) -> None:
    """The rows of every office of this site, newest first: when, who, what, about what, and what it tells."""
    told = {"from": since, "to": until, "what": what, "about": about, "which": which}
    for row in look(state, config, lambda session: _rows(session, told, who, limit)):
        typer.echo(_as_json(row) if as_json else _as_line(row))


async def _rows(session: AsyncSession, told: Mapping[str, str], login: str, limit: int) -> list[Row]:
    zone = await session.scalar(select(Office.timezone).order_by(Office.id).limit(1))
    who = login
    if login not in ("", record.NOBODY):
        found = await session.scalar(select(Operator.id).where(Operator.login == login))
        if found is None:
            raise NotFound(f"nobody has the log-in {login!r}", login=login)
        who = str(found)
    wanted, rows = asked({**told, "who": who}, zone or "UTC"), list[Row]()
    async for some in record.every(session, None, wanted):
        rows += some
        if len(rows) >= limit:
            break
    return rows[:limit]


def _as_json(row: Row) -> str:
    entry, who = row
    return json.dumps(_told(row) | {"at": moment(entry.at), "operator": who.login if who else None}, allow_nan=False)


def _as_line(row: Row) -> str:
    entry, who = row
    detail = json.dumps(entry.detail, ensure_ascii=False) if entry.detail else ""
    at = f"{entry.at:%Y-%m-%d %H:%M:%S}Z"
    return _harmless("  ".join((at, who.login if who else "-", entry.what, entry.subject, detail)).rstrip())


def _told(row: Row) -> dict[str, Any]:
    entry, _ = row
    return {
        "id": entry.id, "what": entry.what, "subject": entry.subject, "detail": entry.detail, "digest": entry.digest
    }  # fmt: skip


def _harmless(text: str) -> str:
    """What somebody typed long ago moves no terminal's cursor."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


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
