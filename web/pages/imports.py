"""Files of customers and drivers: what was brought, one file looked through, and all customers or drivers to take away."""

from __future__ import annotations

import asyncio

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from desk.errors import Invalid
from desk.importing import headings, staging, told
from desk.importing.table import MOST_LINES
from desk.keeping import whole_lists
from desk.office import exports
from models import BookPlace
from web.keys import DESK
from web.views import list_sheets
from web.views.forms import operator_id
from web.views.import_view import ImportView
from web.views.money_view import FORMS
from web.views.sheets import Sheet

SHOWN_WRONG = 50
MOST_ROWS = 100_000
"""So many rows are taken away at once; the command has no such end."""
DONE = ("started", "undoing", "discarded", "mapped")


async def listed(request: web.Request) -> web.StreamResponse:
    """The form for a new file, and the files so far."""
    return await show_list(request)


async def show_list(request: web.Request, status: int = 200, refused: str | None = None) -> web.StreamResponse:
    """The page, also after a file was refused there."""
    async with request.app[DESK].look() as session:
        view = await ImportView.of(request, session)
        past = await told.latest(session, view.office.id)
    return await view.page(
        "list", status, past=past, kinds=tuple(headings.FIELDS), refused=refused, done=_done(request), refresh=False
    )


async def shown(request: web.Request) -> web.StreamResponse:
    """One file: its columns, its first lines, what would be or was done, what is wrong."""
    return await show_one(request)


async def show_one(request: web.Request, status: int = 200, refused: str | None = None) -> web.StreamResponse:
    """The page, also after something was refused there."""
    import_id = int(request.match_info["id"])
    async with request.app[DESK].look() as session:
        view = await ImportView.of(request, session)
        it = await told.one_of(session, view.office.id, import_id)
        one = it.one
        moves = one.state in staging.MOVING
        rows = await told.first_rows(session, import_id) if one.state in staging.NOT_BEGUN else []
        wrong = await told.refused(session, import_id, SHOWN_WRONG)
        left = await told.left(session, import_id, SHOWN_WRONG) if one.undone_at and not moves else []
        before = await told.same_file(session, view.office.id, one.kind, one.sha256, but=import_id)
    return await view.page(
        "one",
        status,
        it=it,
        one=one,
        moves=moves,
        rows=rows,
        wrong=wrong,
        left=left,
        before=before if one.state in staging.NOT_BEGUN else [],
        fields=headings.FIELDS[one.kind],
        refused=refused,
        done=_done(request),
        refresh=moves or one.state == "loading",
    )


async def errors(request: web.Request) -> web.StreamResponse:
    """The refused lines as a file, with whatever stands in them; on record."""
    import_id = int(request.match_info["id"])
    desk = request.app[DESK]
    async with desk.look() as session:
        view = await ImportView.of(request, session)
        it = await told.one_of(session, view.office.id, import_id)
        wrong = await told.refused(session, import_id, MOST_LINES)
    by, name = operator_id(request), f"import-{import_id}-refused.csv"
    await desk.do(lambda work: exports.taken_away(work, by, name, f"import {import_id}"))
    return await asyncio.to_thread(
        lambda: view.file(f"import-{import_id}-refused", "csv", view.refused(it, wrong), it.one.at)
    )


async def export(request: web.Request) -> web.StreamResponse:
    """All customers or all drivers, as xlsx or CSV."""
    form, of = request.query.get("form", "xlsx"), request.query.get("of", "customers")
    if form not in FORMS or of not in headings.FIELDS:
        raise Invalid("that cannot be written to a file", field="form")
    desk = request.app[DESK]
    by = operator_id(request)
    await desk.do(lambda work: exports.taken_away(work, by, f"{of}.{form}", "all"))
    async with desk.look() as session:
        view = await ImportView.of(request, session)
        make = {"customers": _customers, "drivers": _drivers, "places": _places}[of]
        sheet = await make(view, session)
    return await asyncio.to_thread(lambda: view.file(of, form, sheet, desk.clock()))


async def _customers(view: ImportView, session: AsyncSession) -> Sheet:
    rows: list[whole_lists.CustomerRow] = []
    async for some in whole_lists.customers(session, view.office.id):
        rows += some
        _refuse_too_many(len(rows))
    return list_sheets.customers(view.words, view.office.country, rows)


async def _drivers(view: ImportView, session: AsyncSession) -> Sheet:
    rows: list[whole_lists.DriverRow] = []
    async for some in whole_lists.drivers(session, view.office.id):
        rows += some
        _refuse_too_many(len(rows))
    return list_sheets.drivers(view.words, view.office.country, rows)


async def _places(view: ImportView, session: AsyncSession) -> Sheet:
    rows: list[BookPlace] = []
    async for some in whole_lists.places(session, view.office.id):
        rows += some
        _refuse_too_many(len(rows))
    return list_sheets.places(view.words, rows)


def _refuse_too_many(count: int) -> None:
    if count > MOST_ROWS:
        raise Invalid(f"there are more than {MOST_ROWS:,} rows; use the command `export`", field="too_many_rows")


def _done(request: web.Request) -> str | None:
    asked = request.query.get("done")
    return asked if asked in DONE else None
