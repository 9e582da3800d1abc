"""All drivers settled at once, on the web: propose a batch, tick, have it approved, and open it again."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from aiohttp import web

from desk.books import batch_views, batches
from desk.books.batch_views import BatchTold, LineTold
from desk.clock import days
from desk.errors import DeskError, Invalid
from desk.rules.settling import SettlingRule
from desk.work import Work
from web.keys import DESK, SHOWN
from web.pages.batches import LONGEST
from web.pages.money import as_file, asked_form, done_of
from web.pages.money_forms import amount_of, back
from web.problems import problem_of
from web.views import batch_sheets
from web.views.forms import Fields, fields_of, once, operator_id
from web.views.money_view import view_of
from web.views.sheets import Sheet

DONE = ("batch_made", "batch_ticked", "batch_posted", "batch_dropped")
RULE = ("keep", "unit", "needed")
PATH = "/money/batches"


async def listed(request: web.Request) -> web.StreamResponse:
    """The office's batches, and the form for another one of the days that are chosen."""
    return await _show_list(request)


async def propose(request: web.Request) -> web.StreamResponse:
    """A batch for these days: a proposal, nothing is booked."""
    fields = await fields_of(request)

    async def act(work: Work) -> str:
        view = await view_of(request, work.session)
        if view.trouble is not None:
            raise Invalid("those are no days", field="from")
        everybody = fields.get("without_account") == "on"
        who = operator_id(request)
        return f"{(await batches.propose(work, who, view.span, _rule(fields), without_account=everybody)).id}"

    try:
        made = await once(request, fields, act)
    except DeskError as error:
        return await _show_list(request, problem_of(error).status, _word(error), fields)
    return back(request, f"{PATH}/{made}", "batch_made")


async def shown(request: web.Request) -> web.StreamResponse:
    """One batch, line by line."""
    return await _show_one(request)


async def bank(request: web.Request) -> web.StreamResponse:
    """The pay-outs of a booked batch as the bank takes them, with whole account numbers; on record, as every file is.

    Refused while it is not booked, and where an account was changed after the approval, unless who asks takes it without those.
    """
    form = asked_form(request) or "csv"
    async with request.app[DESK].look() as session:
        view = await view_of(request, session)
        batch = await batch_views.told(session, view.office.id, int(request.match_info["id"]))
    if batch.state != "posted":
        return await _show_one(request, 409, "batch_not_posted")
    if batch.troubled("changed") and request.query.get("changed") != "left_out":
        return await _show_one(request, 409, "batch_payee_changed")
    request[SHOWN] = True  # whole, whatever an account looks like: no telephone number is in it
    return await as_file(
        replace(view, span=batch.span), f"bank-{batch.id}", form, lambda: [batch_sheets.bank(view, batch)]
    )


async def act(request: web.Request) -> web.StreamResponse:
    """Keep the ticks, approve what is ticked, or throw the batch away: the field `do` says which."""
    batch_id, fields = int(request.match_info["id"]), await fields_of(request, LONGEST)
    ticked = {
        int(name[5:]) for name in fields if name.startswith("line_") and name[5:].isascii() and name[5:].isdigit()
    }

    async def do(work: Work) -> str:
        who = operator_id(request)
        if fields.get("do") == "tick":
            await batches.tick(work, who, batch_id, ticked)
            return "batch_ticked"
        if fields.get("do") == "approve":
            await batches.approve(work, who, batch_id, ticked)
            return "batch_posted"
        if fields.get("do") == "drop":
            await batches.drop(work, who, batch_id)
            return "batch_dropped"
        raise Invalid("that is nothing to do", field="do")

    try:
        done = await once(request, fields, do)
    except DeskError as error:
        return await _show_one(request, problem_of(error).status, _word(error))
    return back(request, f"{PATH}/{batch_id}", done)


def _rule(fields: Fields) -> SettlingRule:
    told = {}
    for field in RULE:
        try:
            told[field] = amount_of(fields.get(field, ""))
        except Invalid as error:
            raise Invalid("an amount is a whole number", field=field) from error
    return SettlingRule(**told)


def _word(error: DeskError) -> str:
    """The key of the sentence: what is refused of a batch is said of a batch."""
    return f"batch_{error.details.get('field') if error.code == Invalid.code else error.code}"


async def _show_list(
    request: web.Request, status: int = 200, refused: str | None = None, typed: Fields | None = None
) -> web.StreamResponse:
    async with request.app[DESK].look() as session:
        view = await view_of(request, session)
        found = await batch_views.listed(session, view.office.id)
        rule = await batch_views.rule_of(session, view.office.id)
    return await view.page(
        "batches",
        status if view.trouble is None else 422,
        found=found,
        waits=next((batch for batch in found if batch.state == "open"), None),
        rule={field: f"{getattr(rule, field):,}" for field in RULE} | {"without_account": ""} | (typed or {}),
        refused=refused or view.trouble,
        done=done_of(request, DONE),
    )


async def _show_one(request: web.Request, status: int = 200, refused: str | None = None) -> web.StreamResponse:
    async with request.app[DESK].look() as session:
        view = await view_of(request, session)
        batch = await batch_views.told(session, view.office.id, int(request.match_info["id"]))
    view = replace(view, span=batch.span)
    if (form := asked_form(request)) and status == 200:
        kind = request.query.get("of", "pay")

        def sheets() -> list[Sheet]:
            if form == "xlsx":
                return batch_sheets.sheets(view, batch)
            return [batch_sheets.bills(view, batch) if kind == "bill" else batch_sheets.payouts(view, batch)]

        return await as_file(view, f"batch-{batch.id}", form, sheets)
    assert view.visitor is not None
    booked_on = days.today(view.office.timezone, batch.decided_at or view.now)
    return await view.page(
        "batch",
        status,
        batch=batch,
        proposed=batch.of("pay", "bill"),
        left=_left_out(batch),
        booked=days.span(view.office.timezone, booked_on, booked_on),
        why=lambda line: batch_sheets.reason(view, line),
        breathe=_breathe,
        chose=view.visitor.operator.id in batch.choosers,
        refused=refused,
        done=done_of(request, DONE),
    )


async def _breathe() -> str:
    """Asked for by the template every hundred lines: calls and consoles have their turn while 10,000 are written."""
    await asyncio.sleep(0)
    return ""


def _left_out(batch: BatchTold) -> list[LineTold]:
    """For whom nothing was ever proposed."""
    return batch.of("none")
