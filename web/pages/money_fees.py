"""What the office takes of a fare, by class of driver: what holds, what is to come, and what another rule would change."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from desk.books import dead_runs, fee_rules
from desk.books.fee_rules import EVERYBODY, FeeForm, Held
from desk.driver.driver_records import GRADES
from desk.errors import DeskError, Invalid
from desk.order import money
from desk.rules.fees import FeeRule
from desk.work import Work
from web.keys import DESK
from web.pages.money import done_of
from web.pages.money_forms import amount_of, back, id_of, words_for
from web.problems import problem_of
from web.views import fee_words
from web.views.forms import Fields, fields_of, once, operator_id
from web.views.local_moment import local_moment
from web.views.money_view import View, view_of

DONE = ("fee_set", "fee_back", "dead_run_set")
SAMPLES = (10_000, 15_000, 20_000, 30_000, 50_000, 100_000)
"""Fares, in whole units, for which the page shows what a rule takes."""
_PERCENT = re.compile(r"\d{1,3}(?:[.,]\d{1,2})?")


@dataclass(frozen=True, slots=True)
class Change:
    """What a form would do: for each sample fare the fee now and then."""

    form: FeeForm
    fares: tuple[tuple[int, int, int], ...]
    drivers: int


async def shown(request: web.Request) -> web.StreamResponse:
    """The rules, and the form for another one."""
    return await _show(request)


async def act(request: web.Request) -> web.StreamResponse:
    """Show what a rule would change, make it, or take back one that does not hold yet: the field `do` says which.

    Or say what a driver gets when nobody came out.
    """
    fields = await fields_of(request)
    do = fields.get("do")

    async def change(work: Work) -> str:
        view = await view_of(request, work.session)
        if do == "set":
            await fee_rules.put(work, operator_id(request), form_of(fields, view.office.timezone))
            return "fee_set"
        if do == "back":
            await fee_rules.take_back(work, operator_id(request), id_of(fields.get("rule", "")))
            return "fee_back"
        if do == "dead_run":
            at = local_moment(fields.get("holds_from", ""), view.office.timezone)
            await dead_runs.put(work, operator_id(request), _amount(fields, "amount", 0), at)
            return "dead_run_set"
        raise Invalid("that is nothing to do", field="do")

    try:
        if do == "look":
            return await _show(request, typed=fields, look=True)
        done = await once(request, fields, change)
    except DeskError as error:
        word = f"fee_{error.details.get('field')}" if error.code == Invalid.code else words_for(error)
        return await _show(request, problem_of(error).status, word, fields)
    return back(request, "/money/fees", done)


def form_of(fields: Fields, timezone: str) -> FeeForm:
    """The rule that was typed. Raises Invalid with the field."""
    sort, _, name = fields.get("class", "").partition(":")
    at = local_moment(fields.get("holds_from", ""), timezone)
    if fields.get("ended") == "yes":
        return FeeForm(sort, name, None, at)
    told = fields.get("percent", "").strip().removesuffix("%").strip() or "0"
    if not _PERCENT.fullmatch(told):
        raise Invalid("a fee is between 0 and 100 percent", field="basis_points")
    whole, _, rest = told.replace(",", ".").partition(".")
    rule = FeeRule(
        basis_points=int(whole) * 100 + int(rest.ljust(2, "0") or 0),
        fixed=_amount(fields, "fixed", 0),
        unit=_amount(fields, "unit", 1),
        least=_amount(fields, "least", 0),
        most=_amount(fields, "most", 0) if fields.get("most", "").strip() else None,
    )
    return FeeForm(sort, name, rule, at)


def _amount(fields: Fields, name: str, otherwise: int) -> int:
    told = fields.get(name, "")
    if not told.strip():
        return otherwise
    try:
        return amount_of(told)
    except Invalid as error:
        raise Invalid("an amount is a whole number", field=name) from error


async def _show(
    request: web.Request,
    status: int = 200,
    refused: str | None = None,
    typed: Fields | None = None,
    *,
    look: bool = False,
) -> web.StreamResponse:
    async with request.app[DESK].look() as session:
        view = await view_of(request, session)
        office = view.office
        now = await fee_rules.holding(session, office.id, office.trade, office.currency, view.now)
        rows = await fee_rules.versions(session, office)
        groups = await fee_rules.groups(session, office.id)
        dead_run = await dead_runs.amount_at(session, office.id, office.trade, office.currency, view.now)
        given = await dead_runs.versions(session, office)
        change = await _change(session, view, typed or {}) if look else None
    own = fee_rules.of_trade(office.trade, office.currency)
    everybody = now.get((EVERYBODY, "")) or own
    values = fee_words.page_values(everybody) | {"class": "all:", "holds_from": "", "ended": "", "do": "", "amount": ""}
    named = sorted({*groups, *(name for sort, name in now if sort == "group")})
    return await view.page(
        "fees",
        status,
        held=sorted(now.items(), key=lambda one: (fee_rules.SORTS.index(one[0][0]), one[0][1])),
        own=own,
        coming=[one for one in reversed(rows) if one.holds_from > view.now],
        past=[one for one in rows if one.holds_from <= view.now],
        classes=fee_words.classes(view.m, GRADES, named),
        whose=lambda sort, name: fee_words.whose(view.m, sort, name),
        takes=lambda one: fee_words.takes(
            view.m, lambda amount: money.display(amount, office.currency, view.locale), one
        ),
        typed=values | (typed or {}),
        change=change,
        dead_run=dead_run,
        given=given,
        open_form=typed is not None,
        refused=refused or view.trouble,
        done=done_of(request, DONE),
    )


async def _change(session: AsyncSession, view: View, fields: Fields) -> Change:
    """What would be different. Raises Invalid."""
    office = view.office
    form = fee_rules.check(form_of(fields, office.timezone), view.now)
    at = form.holds_from or view.now
    before = await fee_rules.holding(session, office.id, office.trade, office.currency, at)
    everybody = before.get((EVERYBODY, "")) or fee_rules.of_trade(office.trade, office.currency)
    was = before.get((form.sort, form.class_name)) or everybody
    next_: Held | None = Held(form.rule) if form.rule else everybody
    if form.rule is None and form.sort == EVERYBODY:
        next_ = fee_rules.of_trade(office.trade, office.currency)
    unit = 10 ** money.minor_digits(office.currency)
    fares = tuple((fare * unit, _fee(was, fare * unit), _fee(next_, fare * unit)) for fare in SAMPLES)
    return Change(form, fares, await fee_rules.drivers_of(session, office.id, form.sort, form.class_name))


def _fee(held: Held | None, fare: int) -> int:
    return held.rule.fee(fare) if held else 0
