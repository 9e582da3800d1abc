"""Firms that ride on account, for people: who owes what, one firm's bill, its terms, its telephones, what it pays."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from desk import numbers
from desk.books import credit_accounts, invoices
from desk.books.credit_accounts import Terms
from desk.errors import DeskError, Invalid
from desk.work import Work
from web.keys import DESK
from web.pages.money import as_file, asked_form, done_of
from web.pages.money_forms import amount_of, back, id_of, words_for
from web.pdf import NoPdf
from web.problems import problem_of
from web.views import money_sheets
from web.views.forms import Fields, fields_of, once, operator_id
from web.views.money_view import PDF, View, view_of

TYPED = ("do", "name", "limit", "business_number", "contact", "number", "amount", "reference")
DONE = ("account_added", "account_changed", "rider_added", "rider_removed", "payment")


async def listed(request: web.Request) -> web.StreamResponse:
    """All accounts, and the form for a new one."""
    return await _show_list(request)


async def shown(request: web.Request) -> web.StreamResponse:
    """One account: its bill of some days, its terms, its telephones."""
    return await _show(request, int(request.match_info["id"]))


async def add(request: web.Request) -> web.StreamResponse:
    """A new account."""
    fields = await fields_of(request)

    async def act(work: Work) -> str:
        account = await credit_accounts.add(work, operator_id(request), _terms(fields))
        return f"{account.id}"

    try:
        made = await once(request, fields, act)
    except DeskError as error:
        return await _show_list(request, problem_of(error).status, words_for(error), fields)
    return back(request, f"/money/credit/{made}", "account_added")


async def change(request: web.Request) -> web.StreamResponse:
    """On an account's page: other terms, a telephone more or less, a payment; the field `do` says which."""
    credit_id, fields = int(request.match_info["id"]), await fields_of(request)
    who = operator_id(request)

    async def act(work: Work) -> str:
        do = fields.get("do")
        if do == "terms":
            await credit_accounts.change(work, who, credit_id, _terms(fields), fields.get("seen"))
            return "account_changed"
        if do == "add_rider":
            await credit_accounts.add_rider(work, who, credit_id, fields.get("number", ""))
            return "rider_added"
        if do == "remove_rider":
            await credit_accounts.remove_listed(work, who, credit_id, id_of(fields.get("rider", "")))
            return "rider_removed"
        raise Invalid("that is nothing to do", field="do")

    return await _on_account(request, credit_id, fields, act)


async def pay(request: web.Request) -> web.StreamResponse:
    """On an account's page: its owner pays."""
    credit_id, fields = int(request.match_info["id"]), await fields_of(request)

    async def act(work: Work) -> str:
        amount = amount_of(fields.get("amount", ""))
        await credit_accounts.take_payment(
            work, operator_id(request), credit_id, amount, fields.get("reference", "")
        )  # fmt: skip
        return "payment"

    return await _on_account(request, credit_id, fields, act)


async def _on_account(
    request: web.Request, credit_id: int, fields: Fields, act: Callable[[Work], Awaitable[str]]
) -> web.StreamResponse:
    try:
        done = await once(request, fields, act)
    except DeskError as error:
        return await _show(request, credit_id, problem_of(error).status, words_for(error), fields)
    return back(request, f"/money/credit/{credit_id}", done)


async def _show_list(
    request: web.Request, status: int = 200, refused: str | None = None, typed: Fields | None = None
) -> web.StreamResponse:
    async with request.app[DESK].look() as session:
        view = await view_of(request, session)
        accounts = await credit_accounts.all_told(session, view.office)
    if form := asked_form(request):
        return await as_file(view, "credit", form, lambda: [money_sheets.credit(view, accounts)])
    return await view.page(
        "credit",
        status if view.trouble is None else 422,
        accounts=accounts,
        refused=refused or view.trouble,
        done=done_of(request, DONE),
        typed=dict.fromkeys(TYPED, "") | (typed or {}),
    )


async def _show(
    request: web.Request,
    credit_id: int,
    status: int = 200,
    refused: str | None = None,
    typed: Fields | None = None,
) -> web.StreamResponse:
    async with request.app[DESK].look() as session:
        view = await view_of(request, session)
        bill = await invoices.of_account(session, view.office.id, credit_id, view.span)
        told = await credit_accounts.told(session, view.office, bill.account)
        riders = await credit_accounts.riders(session, bill.account)
    values: dict[str, Any] = {"bill": bill, "what": lambda row: money_sheets.what(view, row)}
    form = asked_form(request, PDF)
    try:
        if form is not None:
            return await _bill_file(view, f"invoice-{credit_id}", form, values)
    except NoPdf as error:
        status, refused = 503, error.code
    return await view.page(
        "account",
        status if view.trouble is None else 422,
        **values,
        told=told,
        riders=riders,
        phone=lambda number: numbers.display(number, view.office.country),
        refused=refused or view.trouble,
        done=done_of(request, DONE),
        typed=dict.fromkeys(TYPED, "") | (typed or {}),
    )


async def _bill_file(view: View, name: str, form: str, values: dict[str, Any]) -> web.StreamResponse:
    bill = values["bill"]
    return await as_file(
        view, name, form, lambda: [money_sheets.invoice(view, bill)], ("account", values, len(bill.rows))
    )


def _terms(fields: Fields) -> Terms:
    try:
        limit = amount_of(fields.get("limit", ""))
    except Invalid as error:
        raise Invalid("a limit is a whole amount", field="limit") from error
    return Terms(
        fields.get("name", ""),
        limit,
        fields.get("business_number") or None,
        fields.get("contact") or None,
        fields.get("needs_cost_centre") == "yes",
        fields.get("closed") == "yes",
    )
