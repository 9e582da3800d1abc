"""The forms of the money pages. Each is done once, however often it is sent: it carries a key that was drawn with it."""

from __future__ import annotations

import unicodedata
from collections.abc import Awaitable, Callable

from aiohttp import web

from desk.books import cashier
from desk.driver_page import appeals
from desk.errors import DeskError, Invalid
from desk.work import Work
from web.keys import DESK
from web.pages.money import show_appeals, show_company, show_statement
from web.problems import problem_of
from web.views.forms import Fields, fields_of, once, operator_id

_MANY = frozenset(" ,_원₩￦")


async def pay(request: web.Request) -> web.StreamResponse:
    """On a driver's page: pay in, ask for a pay-out, or penalise, as the field `do` says."""
    driver_id, fields = int(request.match_info["id"]), await fields_of(request)
    paid_by = operator_id(request)

    async def act(work: Work) -> str:
        do, amount = fields.get("do"), amount_of(fields.get("amount", ""))
        if do == "top_up":
            await cashier.take_in(work, paid_by, driver_id, amount, fields.get("reference", ""))
            return "top_up"
        if do == "penalty":
            await cashier.penalise(
                work, paid_by, driver_id, amount, fields.get("evidence", ""), fields.get("reference", "")
            )
            return "penalty"
        if do == "withdrawal":
            await cashier.ask(work, paid_by, driver_id, amount, fields.get("note"))
            return "asked"
        raise Invalid("that is nothing to do", field="do")

    try:
        done = await once(request, fields, act)
    except DeskError as error:
        return await _refuse_on_statement(request, driver_id, fields, error)
    return back(request, f"/money/drivers/{driver_id}", done)


async def reverse(request: web.Request) -> web.StreamResponse:
    """On a driver's page: undo an entry."""
    driver_id, fields = int(request.match_info["id"]), await fields_of(request)

    async def act(work: Work) -> str:
        await cashier.undo(
            work, operator_id(request), id_of(fields.get("entry", "")), fields.get("evidence", ""), driver_id
        )
        return "reversed"

    try:
        done = await once(request, fields, act)
    except DeskError as error:
        return await _refuse_on_statement(request, driver_id, fields, error)
    return back(request, f"/money/drivers/{driver_id}", done)


async def decide(request: web.Request) -> web.StreamResponse:
    """Pay out what a colleague asked for, or turn it down."""
    ask_id, fields = int(request.match_info["id"]), await fields_of(request)

    async def act(work: Work) -> str:
        if fields.get("do") == "approve":
            await cashier.approve(work, operator_id(request), ask_id)
            return "paid"
        await cashier.turn_down(work, operator_id(request), ask_id, fields.get("reason", ""))
        return "turned_down"

    return await _on_company(request, fields, act)


async def answer_appeal(request: web.Request) -> web.StreamResponse:
    """Give back what the driver appeals against, or decline it; either with words for him."""
    appeal_id, fields = int(request.match_info["id"]), await fields_of(request)

    async def act(work: Work) -> str:
        if fields.get("do") == "accept":
            await appeals.accept(work, operator_id(request), appeal_id, fields.get("answer", ""))
            return "accepted"
        await appeals.answer(work, operator_id(request), appeal_id, fields.get("answer", ""))
        return "declined"

    try:
        done = await once(request, fields, act)
    except DeskError as error:
        typed = (appeal_id, fields.get("answer", ""))
        return await show_appeals(request, problem_of(error).status, words_for(error), typed)
    return back(request, "/money/appeals", done)


async def close(request: web.Request) -> web.StreamResponse:
    """Close a month; the form says which, and that its meaning was read."""
    fields = await fields_of(request)

    async def act(work: Work) -> str:
        year, _, number = fields.get("month", "").partition("-")
        if fields.get("read") != "yes" or not (year + number).isascii() or not (year.isdigit() and number.isdigit()):
            raise Invalid("a month is closed by somebody who has read what that means", field="read")
        await cashier.close_month(work, operator_id(request), int(year[:4]), int(number[:2]))
        return "closed"

    return await _on_company(request, fields, act)


async def _on_company(
    request: web.Request, fields: Fields, act: Callable[[Work], Awaitable[str]]
) -> web.StreamResponse:
    try:
        done = await once(request, fields, act)
    except DeskError as error:
        return await show_company(request, request.app[DESK], problem_of(error).status, words_for(error))
    return back(request, "/money", done)


async def _refuse_on_statement(
    request: web.Request, driver_id: int, fields: Fields, error: DeskError
) -> web.StreamResponse:
    return await show_statement(request, driver_id, problem_of(error).status, words_for(error), typed=fields)


def words_for(error: DeskError) -> str:
    """The key of the sentence that is shown."""
    if error.code == Invalid.code:
        return f"invalid_{error.details.get('field')}"
    return error.code


def back(request: web.Request, path: str, done: str) -> web.StreamResponse:
    """To the page itself, so that loading it again does nothing again; the same days as before."""
    kept = {name: request.query[name] for name in ("from", "to", "by", "lang") if name in request.query}
    return web.Response(
        status=303, headers={"Location": str(request.rel_url.with_path(path).with_query({**kept, "done": done}))}
    )


def amount_of(told: str) -> int:
    """Whole units as people write them: "50,000", "50000원", full-width digits. Raises Invalid."""
    digits = "".join(char for char in unicodedata.normalize("NFKC", told[:40]) if char not in _MANY)
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 12:
        raise Invalid("an amount is a whole number above zero", field="amount")
    return int(digits)


def id_of(told: str) -> int:
    """The id in a hidden field. Raises Invalid."""
    if not (told.isascii() and told.isdigit() and len(told) < 18):
        raise Invalid("that is no id", field="id")
    return int(told)
