"""Trips that ended without a fare, on the web: which they are, and a field for each."""

from __future__ import annotations

from aiohttp import web

from desk.errors import DeskError
from desk.ordering import open_fares
from desk.work import Work
from web.keys import DESK
from web.pages.money import done_of
from web.pages.money_forms import amount_of, back, id_of, words_for
from web.problems import problem_of
from web.views.forms import fields_of, once, operator_id
from web.views.money_view import view_of

PATH = "/money/open-fares"


async def shown(request: web.Request) -> web.StreamResponse:
    """All of them, the oldest first."""
    return await _show(request)


async def add(request: web.Request) -> web.StreamResponse:
    """The fare of one of them: the fee is taken, and the customer reads it."""
    fields = await fields_of(request)

    async def act(work: Work) -> str:
        fare = amount_of(fields.get("fare", ""))
        await open_fares.add(work, operator_id(request), id_of(fields.get("order", "")), fare)
        return "fare_added"

    try:
        done = await once(request, fields, act)
    except DeskError as error:
        return await _show(request, problem_of(error).status, words_for(error), fields.get("order"), fields.get("fare"))
    return back(request, PATH, done)


async def _show(
    request: web.Request,
    status: int = 200,
    refused: str | None = None,
    order: str | None = None,
    fare: str | None = None,
) -> web.StreamResponse:
    async with request.app[DESK].look() as session:
        view = await view_of(request, session)
        rows = await open_fares.listed(session, view.office.id)
        in_all = await open_fares.count(session, view.office.id)
    return await view.page(
        "open_fares",
        status,
        rows=rows,
        in_all=in_all,
        paid=lambda kind: view.m(f"payment.{kind}"),
        refused=refused,
        done=done_of(request, ("fare_added",)),
        typed={order: fare or ""} if order else {},
    )
