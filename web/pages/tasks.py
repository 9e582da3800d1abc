"""The list of what is to be done for customers, where operators work it off row by row; a new task; the list as a file."""

from __future__ import annotations

import asyncio

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from desk.clock import time_entry
from desk.customer import customers, task_views, tasks
from desk.customer.task_views import WHOSE
from desk.customer.tasks import FARTHEST, TaskForm
from desk.errors import DeskError, Invalid
from desk.office import exports
from desk.work import Work
from models import Order
from web.keys import DESK
from web.problems import problem_of
from web.views.customer_view import to, words_for
from web.views.forms import Fields, fields_of, once, operator_id
from web.views.money_view import FORMS
from web.views.tasks_view import TasksPage

SHOWN = 100
MOST_IN_A_FILE = 100_000
DONE = ("made", "taken", "let_go", "reached", "again", "not_needed")


async def listed(request: web.Request) -> web.StreamResponse:
    """What is to be done, as `whose` says; with `customer` or `order` in the query the form of a new task for him."""
    return await _show(request)


async def make(request: web.Request) -> web.StreamResponse:
    """A new task."""
    fields, by = await fields_of(request), operator_id(request)
    view = await _view(request)

    async def act(work: Work) -> str:
        due_at = time_entry.read(fields.get("due", ""), work.now, view.office.timezone, FARTHEST)
        form = TaskForm(
            fields.get("body", ""),
            due_at or work.now,
            _id(fields, "customer"),
            _id(fields, "order"),
            _id(fields, "whom"),
        )
        return str((await tasks.make(work, by, form)).customer_id)

    try:
        customer_id = await once(request, fields, act)
    except DeskError as error:
        return await _show(request, error, fields)
    if fields.get("back") == "customer":
        return to(request, f"/customers/{customer_id}", "task_made")
    return _to(request, fields, "made")


async def act(request: web.Request) -> web.StreamResponse:
    """Take it, let it go, say what came of it: as the field `do` says."""
    fields, by, task_id = await fields_of(request), operator_id(request), int(request.match_info["id"])
    view = await _view(request)

    async def do(work: Work) -> str:
        return await _act(work, by, task_id, fields, view.office.timezone)

    try:
        done = await once(request, fields, do)
    except DeskError as error:
        if problem_of(error).status == 404:
            raise
        return await _show(request, error, fields)
    return _to(request, fields, done)


async def export(request: web.Request) -> web.StreamResponse:
    """The list as xlsx or CSV, on record."""
    form, whose = request.query.get("form", "csv"), _whose(request)
    if form not in FORMS:
        raise Invalid("that cannot be written to a file", field="form")
    desk, by = request.app[DESK], operator_id(request)
    await desk.do(lambda work: exports.taken_away(work, by, f"tasks.{form}", whose))
    async with desk.look() as session:
        view = await TasksPage.of(request, session)
        rows = await task_views.listed(session, view.office.id, by, whose, desk.clock(), MOST_IN_A_FILE)
    return await asyncio.to_thread(lambda: view.sheet("tasks", form, rows, desk.clock()))


async def _act(work: Work, by: int, task_id: int, fields: Fields, timezone: str) -> str:
    match fields.get("do"):
        case "take":
            await tasks.take(work, by, task_id)
            return "taken"
        case "let_go":
            await tasks.let_go(work, by, task_id)
            return "let_go"
        case "not_needed":
            await tasks.finish(work, by, task_id, "not_needed", fields.get("note"))
            return "not_needed"
        case "finish":
            # Enter in the form: whoever wrote when it is tried again has reached nobody.
            typed = fields.get("again", "").strip()
            again = time_entry.read(typed, work.now, timezone, FARTHEST) or work.now if typed else None
            outcome = "again" if typed else "reached"
            await tasks.finish(work, by, task_id, outcome, fields.get("note"), again)
            return outcome
        case _:
            raise Invalid("that is nothing to do", field="do")


async def _show(
    request: web.Request, error: DeskError | None = None, typed: Fields | None = None
) -> web.StreamResponse:
    desk, by = request.app[DESK], operator_id(request)
    whose, after = _whose(request, typed), _number(request.query.get("after", ""))
    async with desk.look() as session:
        view = await TasksPage.of(request, session)
        now = desk.clock()
        found = await task_views.listed(session, view.office.id, by, whose, now, SHOWN + 1, after)
        counts = {each: await task_views.count(session, view.office.id, by, each) for each in WHOSE[:3]}
        people = await tasks.colleagues(session, view.office.id)
        whom = await _whom(session, view, typed or dict(request.query))
    asked = request.query.get("done")
    return await view.page(
        "list", 200 if error is None else problem_of(error).status, found=found[:SHOWN], whose=whose, counts=counts,
        older=found[SHOWN - 1].one.id if len(found) > SHOWN else None, people=people, whom=whom, now=now,
        typed=typed or {}, who=error.details.get("by") if error else None, at_task=request.match_info.get("id"),
        refused=words_for(error) if error else None, done=asked if asked in DONE else None,
    )  # fmt: skip


async def _whom(session: AsyncSession, view: TasksPage, asked: Fields) -> tuple[int, str, int | None] | None:
    """For whom a new task is made: his id and name, and of which order. Raises NotFound."""
    customer_id, order_id = _number(asked.get("customer", "")), _number(asked.get("order", ""))
    if order_id is not None:
        order = await session.get(Order, order_id)
        if order is not None and order.office_id == view.office.id and order.customer_id is not None:
            customer_id = order.customer_id
    if customer_id is None:
        return None
    return customer_id, (await customers.one(session, customer_id, view.office.id)).name, order_id


async def _view(request: web.Request) -> TasksPage:
    async with request.app[DESK].look() as session:
        return await TasksPage.of(request, session)


def _whose(request: web.Request, typed: Fields | None = None) -> str:
    asked = (typed or {}).get("whose") or request.query.get("whose", "")
    return asked if asked in WHOSE else "all"


def _to(request: web.Request, fields: Fields, done: str) -> web.Response:
    kept = {name: request.query[name] for name in ("lang",) if name in request.query}
    where = request.rel_url.with_path("/tasks").with_query({**kept, "whose": _whose(request, fields), "done": done})
    return web.Response(status=303, headers={"Location": str(where)})


def _id(fields: Fields, name: str) -> int | None:
    told = fields.get(name, "").strip()
    if told and _number(told) is None:
        raise Invalid("that is no number", field=name)
    return _number(told)


def _number(told: str) -> int | None:
    return int(told) if told.isascii() and told.isdigit() and len(told) < 18 else None
