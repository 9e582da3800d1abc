"""Forms by which a customer is put right: his numbers, his places; and the page on which somebody new is registered."""

from __future__ import annotations

import math

from aiohttp import web

from desk.customer import customer_edits, customer_numbers, saved_places
from desk.customer.customer_edits import CustomerForm
from desk.customer.customer_numbers import NumberTaken
from desk.customer.saved_places import SavedPlace
from desk.errors import DeskError, Invalid
from desk.work import Work
from web.keys import DESK
from web.pages.customer_page import do, whole
from web.problems import problem_of
from web.render import LOCALES
from web.views.customer_view import CustomerPage, to, words_for
from web.views.forms import Fields, fields_of, once, operator_id


async def new(request: web.Request) -> web.StreamResponse:
    """An empty form."""
    return await _new(request, {})


async def register(request: web.Request) -> web.StreamResponse:
    """Somebody new; then his page."""
    fields, by = await fields_of(request), operator_id(request)
    form = CustomerForm(fields.get("name", ""), fields.get("grade"), fields.get("note"), fields.get("language"))
    told = [each.strip() for each in fields.get("numbers", "").split(",") if each.strip()]

    async def act(work: Work) -> str:
        return str((await customer_edits.register(work, by, form, told)).id)

    try:
        return to(request, f"/customers/{await once(request, fields, act)}", "registered")
    except DeskError as error:
        return await _new(request, fields, error)


async def phones(request: web.Request) -> web.StreamResponse:
    """One number more, or one that is his no more, as the field `do` says."""
    return await do(request, _phones)


async def places(request: web.Request) -> web.StreamResponse:
    """Add, correct, take away or bring back a place of his, as the field `do` says."""
    return await do(request, _places)


async def _new(request: web.Request, typed: Fields, error: DeskError | None = None) -> web.StreamResponse:
    async with request.app[DESK].look() as session:
        view = await CustomerPage.of(request, session)
    return await view.page(
        "new",
        200 if error is None else problem_of(error).status,
        typed=typed,
        languages=LOCALES,
        taken=error.details if isinstance(error, NumberTaken) else None,
        refused=None if error is None else words_for(error),
    )


async def _phones(work: Work, by: int, customer_id: int, fields: Fields) -> str:
    version, number = whole(fields, "version"), fields.get("number", "")
    if fields.get("do") == "detach":
        await customer_numbers.detach(work, by, customer_id, version, number)
        return "number_detached"
    await customer_numbers.attach(work, by, customer_id, version, number)
    return "number_added"


async def _places(work: Work, by: int, customer_id: int, fields: Fields) -> str:
    what = fields.get("do")
    if what == "back":
        await saved_places.bring_back(work, by, whole(fields, "place"))
        return "place_back"
    version = whole(fields, "version")
    if what == "remove":
        await saved_places.take_away(work, by, whole(fields, "place"), version)
        return "place_removed"
    if what == "correct":
        await saved_places.correct(work, by, whole(fields, "place"), version, _place(fields))
        return "place_changed"
    await saved_places.add(work, by, customer_id, version, _place(fields))
    return "place_added"


def _place(fields: Fields) -> SavedPlace:
    text, label = fields.get("text", ""), fields.get("label")
    if fields.get("no_pin") or not fields.get("lat") or not fields.get("lon"):
        return SavedPlace(text, label=label)
    accuracy = fields.get("accuracy_m")
    return SavedPlace(
        text, _degrees(fields, "lat"), _degrees(fields, "lon"), whole(fields, "accuracy_m") if accuracy else None,
        fields.get("source") or "operator", label,
    )  # fmt: skip


def _degrees(fields: Fields, name: str) -> float:
    try:
        told = float(fields[name][:40])
    except ValueError:
        raise Invalid("that is no pin", field="pin") from None
    if not math.isfinite(told):
        raise Invalid("that is no pin", field="pin")
    return told
