"""Who did what, to be read: filtered, page by page, to take away; and whether the record is whole, when somebody asks."""

from __future__ import annotations

import asyncio
import re

from aiohttp import web

from desk.clock import days
from desk.errors import Conflict, Invalid
from desk.office import acts, exports, record
from desk.office.people import audit, operator_of
from desk.office.record import Asked, Found
from desk.work import Desk, Work
from web.keys import DESK, RECORD_WALK
from web.pages.money import asked_form, cursor_of
from web.problems import problem_of
from web.views.audit_view import AuditPage
from web.views.forms import fields_of, once, operator_id
from web.views.money_view import FORMS
from web.views.record_asked import FIELDS, asked, words
from web.views.sheets import Cell, as_csv, as_xlsx

SHOWN = 50
MOST_ROWS = 50_000
"""How many rows are taken away at once."""
DIGEST = re.compile("[0-9a-f]{64}")


async def shown(request: web.Request) -> web.StreamResponse:
    """The rows that are asked for, newest first; with `form` as a file."""
    try:
        form = asked_form(request)
        return await _file(request, form) if form else await _show(request)
    except Invalid as error:
        return await _show(request, error)


async def verify(request: web.Request) -> web.StreamResponse:
    """Walk along the whole record, which is on record; with a digest that an earlier walk has told, see whether that is there."""
    fields, by = await fields_of(request), operator_id(request)
    known = fields.get("known", "").strip().lower()
    if known and not DIGEST.fullmatch(known):
        return await _show(request, Invalid("a digest has 64 signs of 0-9 and a-f", field="known"))
    walk, on_its_way = (
        request.app[RECORD_WALK],
        Conflict("a look with another digest is on its way", field="on_its_way"),
    )
    if walk.compares_another(known or None):
        return await _show(request, on_its_way)

    async def noted(work: Work) -> str:
        office_id = (await operator_of(work, by)).office_id
        audit(work, by, "record.verified", str(office_id), {"known": known} if known else {})
        return "verify"

    try:
        await once(request, fields, noted)
    except (Invalid, Conflict) as error:
        return await _show(request, error)
    if not walk.begin(known or None):
        return await _show(request, on_its_way)
    kept = {name: value for name, value in request.query.items() if name in (*FIELDS, "lang")}
    return web.Response(status=303, headers={"Location": str(request.rel_url.with_query(kept).with_fragment("whole"))})


async def _show(request: web.Request, error: Invalid | Conflict | None = None) -> web.StreamResponse:
    found, drivers = Found([], None), dict[int, str]()
    async with request.app[DESK].look() as session:
        view: AuditPage = await AuditPage.of(request, session)
        if error is None:
            after = cursor_of(request.query.get("after"))
            found = await record.page(session, view.office, _asked(view), SHOWN, after)
            drivers = await record.drivers_of(session, view.office.id, found.rows)
        people = await record.people(session, view.office.id)
    typed = {name: request.query.get(name, "") for name in FIELDS}
    return await view.page(
        "list", 200 if error is None else problem_of(error).status, found=found, drivers=drivers, people=people,
        typed=typed, filtered=any(typed.values()), groups=acts.groups(), things=record.ASKED_ABOUT,
        nobody=record.NOBODY, first=not request.query.get("after"), walk=request.app[RECORD_WALK].last,
        refused=None if error is None else str(error.details.get("field", "anything")), done=None,
    )  # fmt: skip


def _asked(view: AuditPage) -> Asked:
    return asked(view.request.query, view.office.timezone)


async def _file(request: web.Request, form: str) -> web.StreamResponse:
    """What is asked for, as far as a file goes; that it left is on record. Raises Invalid."""
    desk, by = request.app[DESK], operator_id(request)
    async with desk.look() as session:
        view: AuditPage = await AuditPage.of(request, session)
    rows = await _every(desk, view)
    told = {name: word for name, word in words(request.query).items() if word}
    of = " ".join(f"{name}={value}" for name, value in told.items()) or "all"
    await desk.do(lambda work: exports.taken_away(work, by, f"audit.{form}", of[:200]))
    today = days.today(view.office.timezone, desk.clock())

    def make() -> bytes:
        sheet = view.sheet(rows, [(view.m(f"asked.{name}"), value) for name, value in told.items()])
        made = desk.clock().replace(tzinfo=None)
        return as_xlsx([sheet], made) if form == "xlsx" else as_csv(sheet)

    return web.Response(
        body=await asyncio.to_thread(make),
        content_type=FORMS[form],
        charset="utf-8" if form == "csv" else None,
        headers={"Content-Disposition": f'attachment; filename="audit-{today}.{form}"'},
    )


async def _every(desk: Desk, view: AuditPage) -> list[tuple[Cell, ...]]:
    """Some rows at a time, each time a look of its own: rows are only ever added, and only their cells are kept."""
    found: list[tuple[Cell, ...]] = []
    wanted, after = _asked(view), None
    while True:
        async with desk.look() as session:
            some = await record.page(session, view.office, wanted, record.AT_A_TIME, after)
            drivers = await record.drivers_of(session, view.office.id, some.rows)
        found += [view.cells(row, who, view.about(row, drivers)[0]) for row, who in some.rows]
        if len(found) > MOST_ROWS:
            raise Invalid(f"that is more than {MOST_ROWS} rows; ask for fewer days", field="too_many")
        if (after := some.next) is None:
            return found
