"""A customer's page: who he is, what happened in one scroll, and what may be done, each by a form with its key."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

from aiohttp import web

from desk import numbers
from desk.customer import (
    customer_edits,
    customer_history,
    customers,
    do_not_serve,
    duplicates,
    erasure,
    merging,
    openings,
    personal_data,
    saved_places,
    task_views,
)
from desk.customer.customer_deeds import StaleCustomer
from desk.customer.customer_edits import CustomerForm
from desk.customer.customer_numbers import NumberTaken
from desk.customer.others_words import Mentions
from desk.errors import Conflict, DeskError, Invalid
from desk.texts import consents
from desk.views import Json
from desk.work import Work
from web.forgotten import remove_files
from web.keys import COUNTING, DESK, SHOWN
from web.problems import problem_of
from web.render import LOCALES
from web.views import consent_view, person_paper
from web.views.customer_view import CustomerPage, to, words_for
from web.views.forms import Fields, fields_of, once, operator_id
from web.views.money_view import FORMS

Act = Callable[[Work, int, int, Fields], Awaitable[str]]


async def show(request: web.Request) -> web.StreamResponse:
    """The page; that it was opened is on record."""
    await openings.note(request.app[DESK], operator_id(request), int(request.match_info["id"]))
    return await _show(request)


async def edit(request: web.Request) -> web.StreamResponse:
    """Name, grade, note, language."""
    return await do(request, _edit)


async def block(request: web.Request) -> web.StreamResponse:
    """Not served any more, or again, as the field `do` says."""
    return await do(request, _block)


async def merge(request: web.Request) -> web.StreamResponse:
    """One with another customer, or two again."""
    return await do(request, _merge)


async def show_numbers(request: web.Request) -> web.StreamResponse:
    """The page with whole numbers, this once, on record."""
    customer_id, by = int(request.match_info["id"]), operator_id(request)
    await request.app[DESK].do(lambda work: customer_edits.numbers_shown(work, by, customer_id))
    request[SHOWN] = True
    return await _show(request)


async def data(request: web.Request) -> web.StreamResponse:
    """All that is kept about him, as the field `form` says: a page to print, a workbook, or everything as JSON; on record."""
    customer_id, by = int(request.match_info["id"]), operator_id(request)
    form, desk = (await request.post()).get("form", "json"), request.app[DESK]
    if form not in ("json", "page", "xlsx"):
        raise Invalid("that is no form in which it is given", field="form")
    told = await desk.do(lambda work: personal_data.of_customer(work, by, customer_id))
    if form == "json":
        return _as_file(customer_id, told)
    async with desk.look() as session:
        view = await CustomerPage.of(request, session)
    parts, made = person_paper.parts_of(view, told), desk.clock()
    if form == "page":
        return await view.page("data", customer_id=customer_id, parts=parts, made=made, refused=None)
    body = await asyncio.to_thread(person_paper.workbook, view, view.m("title.data"), parts, made)
    name = f'attachment; filename="customer-{customer_id}.xlsx"'
    return web.Response(body=body, content_type=FORMS["xlsx"], headers={"Content-Disposition": name})


def _as_file(customer_id: int, told: Json) -> web.Response:
    return web.Response(
        body=json.dumps(told, ensure_ascii=False, indent=1).encode(),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="customer-{customer_id}.json"'},
    )


async def forget(request: web.Request) -> web.StreamResponse:
    """Erase him, once whoever does it has read what names him elsewhere."""
    customer_id, by, desk = int(request.match_info["id"]), operator_id(request), request.app[DESK]
    fields = await fields_of(request)
    async with request.app[COUNTING], desk.look() as session:
        view = await CustomerPage.of(request, session)
        named = await erasure.named(session, view.office.id, customer_id)
    if named.mark not in ("", fields.get("named")):
        try:
            await desk.do(lambda work: erasure.check(work, by, customer_id, fields.get("reason", "")))
        except (Invalid, Conflict) as error:
            return await _show(request, error)
        return await _show(request, typed=fields, named=named)
    answer = await do(request, _erase)
    await remove_files(request.app)
    return answer


async def _show(
    request: web.Request,
    error: DeskError | None = None,
    typed: Fields | None = None,
    named: Mentions | None = None,
) -> web.StreamResponse:
    customer_id = int(request.match_info["id"])
    before = request.query.get("before") if error is None and request.method == "GET" else None
    now = request.app[DESK].clock()
    async with request.app[DESK].look() as session:
        view = await CustomerPage.of(request, session)
        card = await customers.card(session, customer_id, view.office.id)
        row = await customers.one(session, customer_id, view.office.id)
        places = await saved_places.of_customer(session, customer_id)
        alike = await duplicates.of_customer(session, customer_id)
        merges = await merging.merges_of(session, customer_id)
        waiting = [it for it in await task_views.of_customer(session, customer_id, now) if it.one.done_at is None]
        history = await customer_history.of_customer(session, row, before)
        said = await consents.of_numbers(session, view.office.id, card.numbers)
    return await view.page(
        "one",
        (409 if named and typed and typed.get("named") else 200) if error is None else problem_of(error).status,
        card=card,
        named=named,
        row=row,
        numbers=[(each, numbers.display(each, view.office.country)) for each in card.numbers],
        places=[place for place in places if place.removed_at is None],
        removed=[place for place in places if place.removed_at is not None],
        languages=LOCALES,
        before=before,
        typed=typed,
        reason=typed.get("reason", "") if typed else "",
        who=(typed if named is None else None)
        or {name: getattr(row, name) for name in ("name", "grade", "note", "language")},
        changes=error.differences if isinstance(error, StaleCustomer) else (),
        taken=error.details if isinstance(error, NumberTaken) else None,
        alike=alike,
        merges=merges,
        waiting_tasks=waiting,
        now=now,
        history=history,
        ads=consent_view.standings(view, {each: said[each] for each in card.numbers if each in said}, now),
        refused=None if error is None else words_for(error),
    )


async def do(request: web.Request, act: Act) -> web.StreamResponse:
    """What a form of his page asks for, once; then the page again, with what came of it or why not."""
    customer_id, by, fields = int(request.match_info["id"]), operator_id(request), await fields_of(request)
    try:
        done = await once(request, fields, lambda work: act(work, by, customer_id, fields))
    except DeskError as error:
        if problem_of(error).status == 404 and act is not _merge:
            raise
        return await _show(request, error, fields if act is _edit else None)
    done, _, other = done.partition(" ")
    return to(request, f"/customers/{other or customer_id}", done)


async def _edit(work: Work, by: int, customer_id: int, fields: Fields) -> str:
    form = CustomerForm(fields.get("name", ""), fields.get("grade"), fields.get("note"), fields.get("language"))
    await customer_edits.change(work, by, customer_id, whole(fields, "version"), form)
    return "saved"


async def _block(work: Work, by: int, customer_id: int, fields: Fields) -> str:
    if fields.get("do") == "serve":
        await do_not_serve.lift(work, by, customer_id, fields.get("reason", ""))
        return "served"
    await do_not_serve.block(work, by, customer_id, fields.get("reason", ""))
    return "blocked"


async def _merge(work: Work, by: int, customer_id: int, fields: Fields) -> str:
    if fields.get("do") == "undo":
        await merging.undo(work, by, whole(fields, "merge"))
        return "undone"
    other = whole(fields, "other")
    await merging.merge(work, by, customer_id, other, customer_id)
    return f"merged {max(customer_id, other)}"


async def _erase(work: Work, by: int, customer_id: int, fields: Fields) -> str:
    await erasure.erase(work, by, customer_id, fields.get("reason", ""))
    return "erased"


def whole(fields: Fields, name: str) -> int:
    """A whole number, an id or a version. Raises Invalid."""
    told = fields.get(name, "").strip()
    if not told.isascii() or not told.isdigit() or len(told) > 17:
        raise Invalid("that is no number", field=name)
    return int(told)
