"""The office's own tariff on the web: a file is looked through, shown with what it changes, and taken from a moment on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from aiohttp import web

from desk.errors import DeskError, Invalid
from desk.importing.table import BadTable, Table
from desk.ordering import tariff_versions
from desk.ordering.tariff_tables import COLUMNS, KINDS, Kind, Row, Trouble, read
from desk.work import Work
from web.keys import DESK, OUTSIDE
from web.pages.import_forms import come_in
from web.pages.money import done_of
from web.pages.money_forms import back, words_for
from web.problems import problem_of
from web.views.forms import fields_of, once, operator_id
from web.views.local_moment import local_moment
from web.views.money_view import view_of

DONE = ("tariff_taken", "tariff_gone")
SHOWN_WRONG = 100
SHOWN_ROWS = 50


async def listed(request: web.Request) -> web.StreamResponse:
    """What holds, what is to come, drafts, and the form for a file."""
    return await _show_list(request)


async def upload(request: web.Request) -> web.StreamResponse:
    """Look a file through: a draft where all of it is good, else every wrong line."""
    kind: str = "zones"
    try:
        came = await come_in(request)
        kind = came.fields.get("kind", "")
        if kind not in KINDS:
            raise Invalid("that is no kind of table", field="kind")
        table = await request.app[OUTSIDE].read_table(came.raw)
        rows, troubles = read(kind, table)
        if troubles:
            return await _show_list(request, 422, None, kind, troubles, table)
        sha = {"sha256": hashlib.sha256(came.raw).hexdigest()}

        async def act(work: Work) -> str:
            return f"{(await tariff_versions.stage(work, operator_id(request), kind, came.name, rows)).id}"

        made = await once(request, came.fields | sha, act)
    except DeskError as error:
        return await _show_list(request, problem_of(error).status, _word(error), kind)
    return back(request, f"/money/tariff/{made}", "")


async def shown(request: web.Request) -> web.StreamResponse:
    """One version: its rows, and what it changes."""
    return await _show_one(request)


async def act(request: web.Request) -> web.StreamResponse:
    """Take it from a moment on, or throw it away: the field `do` says which."""
    table_id, fields = int(request.match_info["id"]), await fields_of(request)

    async def do(work: Work) -> str:
        view = await view_of(request, work.session)
        if fields.get("do") == "take":
            at = local_moment(fields.get("holds_from", ""), view.office.timezone)
            await tariff_versions.take(work, operator_id(request), table_id, at)
            return "tariff_taken"
        if fields.get("do") == "throw":
            await tariff_versions.throw_away(work, operator_id(request), table_id)
            return "tariff_gone"
        raise Invalid("that is nothing to do", field="do")

    try:
        done = await once(request, fields, do)
    except DeskError as error:
        return await _show_one(request, problem_of(error).status, _word(error))
    return back(request, "/money/tariff", done)


async def _show_list(
    request: web.Request,
    status: int = 200,
    refused: str | None = None,
    kind: str = "zones",
    troubles: Sequence[Trouble] = (),
    table: Table | None = None,
) -> web.StreamResponse:
    async with request.app[DESK].look() as session:
        view = await view_of(request, session)
        found = await tariff_versions.listed(session, view.office.id)
    return await view.page(
        "tariff",
        status,
        found=found,
        kinds=KINDS,
        columns=COLUMNS,
        kind=kind,
        troubles=[_sentence(view.m, kind, one) for one in troubles[:SHOWN_WRONG]],
        more=max(0, len(troubles) - SHOWN_WRONG),
        lines=len(table.lines) if table else 0,
        refused=refused,
        done=done_of(request, DONE),
    )


async def _show_one(request: web.Request, status: int = 200, refused: str | None = None) -> web.StreamResponse:
    async with request.app[DESK].look() as session:
        view = await view_of(request, session)
        table = await tariff_versions.of_office(session, view.office.id, int(request.match_info["id"]))
        rows = await tariff_versions.rows_of(session, table)
        held = table.holds_from is not None and table.holds_from <= view.now
        changes = None if held else await tariff_versions.changes(session, table, table.holds_from or view.now)
    kind: Kind = table.kind  # type: ignore[assignment]
    return await view.page(
        "tariff_one",
        status,
        table=table,
        heads=_heads(kind),
        rows=[_cells(kind, row) for row in rows[:SHOWN_ROWS]],
        changes=changes,
        cell=_shown,
        held=held,
        refused=refused,
        done=None,
    )


def _heads(kind: Kind) -> list[str]:
    """The columns of a version; the way back has become a row of its own."""
    return [name for name in COLUMNS[kind] if name != "both"]


def _cells(kind: Kind, row: Row) -> list[str]:
    told = dict(row)
    if kind == "days":
        told["kind"] = "working" if row["working"] else "holiday"
    return [_shown(told.get(name, "")) for name in _heads(kind)]


def _shown(value: object) -> str:
    """A cell, or nothing, as a person reads it."""
    return "–" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def _sentence(m: object, kind: str, one: Trouble) -> str:
    assert callable(m)

    def names(columns: str) -> str:
        return ", ".join(m(f"tariff.column_{kind}_{name}") for name in columns.split(", "))

    if one.code == "columns":
        told = m("tariff.wrong_columns", cell=names(one.cell), known=names(one.values["known"]))
    else:
        told = m(f"tariff.wrong_{one.code}", cell=one.cell, **one.values)
    if one.column is None:
        return str(m("tariff.at_line", line=one.line, told=told))
    return str(m("tariff.at_cell", line=one.line, column=names(one.column), told=told))


def _word(error: DeskError) -> str:
    if isinstance(error, BadTable):
        return f"table_{error.reason}"
    return f"tariff_{error.details.get('field')}" if error.code == Invalid.code else words_for(error)
