"""Tasks for programs: the list, a new one, who takes it, what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from desk.customer import task_views, tasks
from desk.customer.tasks import TaskForm
from desk.views import Json
from desk.work import Work
from models import Task
from web.api.ask import Ask
from web.api.given_tasks import TaskGiven, TaskOutcomeGiven, TasksQuery
from web.api.shapes import Nothing


async def listed(ask: Ask[TasksQuery]) -> Json:
    """What is due first comes first; of those that were done, the last."""
    query, who = ask.given, ask.operator
    async with ask.desk.look() as session:
        found = await task_views.listed(
            session, who.office_id, who.id, query.whose, ask.desk.clock(), query.limit + 1, query.cursor
        )
    told = found[: query.limit]
    return {
        "items": [each.as_json() for each in told],
        "next": told[-1].one.id if len(found) > query.limit else None,
    }


async def make(ask: Ask[TaskGiven]) -> Json:
    """A new one."""
    given = ask.given
    form = TaskForm(
        given.text, datetime.fromisoformat(given.due_at), given.customer_id, given.order_id, given.assignee_id
    )
    return await _done(ask, lambda work: tasks.make(work, ask.operator.id, form))


async def take(ask: Ask[Nothing]) -> Json:
    """Be at it."""
    return await _done(ask, lambda work: tasks.take(work, ask.operator.id, ask.id))


async def let_go(ask: Ask[Nothing]) -> Json:
    """Nobody is at it any more."""
    return await _done(ask, lambda work: tasks.let_go(work, ask.operator.id, ask.id))


async def finish(ask: Ask[TaskOutcomeGiven]) -> Json:
    """What came of it."""
    given = ask.given
    again = datetime.fromisoformat(given.again_at) if given.again_at else None
    return await _done(ask, lambda work: tasks.finish(work, ask.operator.id, ask.id, given.outcome, given.note, again))


async def _done(
    ask: Ask[TaskGiven] | Ask[Nothing] | Ask[TaskOutcomeGiven], act: Callable[[Work], Awaitable[Task]]
) -> Json:
    async def do(work: Work) -> Json:
        return (await task_views.one(work.session, await act(work), work.now)).as_json()

    return await ask.once(do)
