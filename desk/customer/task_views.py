"""Tasks as people look at them: those that are to be done, those that were, those of one customer, and how many are due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from desk.office import offices
from desk.texts import consents
from desk.views import Json, TaskBrief, moment
from models import Customer, CustomerPhone, Operator, Task, TaskRule, TaskTry

WHOSE: Final = ("mine", "anybody", "all", "done")
ON_CARD: Final = 5
COUNTED: Final = 99
"""So many of each person are told to the consoles, which count those that are due as time goes."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a task once, and who says so."""

    at: datetime
    by: str
    outcome: str
    note: str | None

    def as_json(self) -> Json:
        return {"at": moment(self.at), "by": self.by, "outcome": self.outcome, "note": self.note}


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task with the names in it. `number` is how the customer is called (E.164); `standing` what he said of advertising, where
    the task is advertising: it is not to be done for anybody but "agreed"."""

    one: Task
    customer: str
    number: str | None
    assignee: str | None
    taker: str | None
    maker: str | None
    rule: str | None
    last: Tried | None
    standing: str | None = None

    @property
    def may_be_called(self) -> bool:
        """False where it is advertising, to which the customer does not agree now."""
        return self.standing in (None, "agreed")

    def as_json(self) -> Json:
        one = self.one
        return {
            "id": one.id,
            "customer_id": one.customer_id,
            "customer": self.customer,
            "number": self.number,
            "order_id": one.order_id,
            "text": one.body,
            "due_at": moment(one.due_at),
            "assignee_id": one.assignee_id,
            "assignee": self.assignee,
            "taken_by": one.taken_by,
            "taker": self.taker,
            "made_at": moment(one.made_at),
            "maker": self.maker,
            "rule_id": one.rule_id,
            "rule": self.rule,
            "tries": one.tries,
            "done_at": moment(one.done_at),
            "last": self.last.as_json() if self.last else None,
            "ad_standing": self.standing,
        }


async def listed(
    session: AsyncSession, office_id: int, operator_id: int, whose: str, now: datetime, limit: int = 100,
    after: int | None = None,
) -> list[TaskView]:  # fmt: skip
    """Tasks of WHOSE: what is due first comes first; "done": what was done last. `after`: those that follow this one."""
    query = select(Task).where(Task.office_id == office_id, *_asked(operator_id, whose))
    if after is not None and (last := await session.get(Task, after)) is not None:
        query = query.where(_follows(last, whose))
    order = (Task.done_at.desc(), Task.id.desc()) if whose == "done" else (Task.due_at, Task.id)
    return await _seen(session, (await session.scalars(query.order_by(*order).limit(limit))).all(), now)


async def count(session: AsyncSession, office_id: int, operator_id: int, whose: str) -> int:
    """How many there are of these."""
    query = select(func.count()).select_from(Task).where(Task.office_id == office_id, *_asked(operator_id, whose))
    return int(await session.scalar(query) or 0)


async def one(session: AsyncSession, task: Task, now: datetime) -> TaskView:
    """That task."""
    return (await _seen(session, [task], now))[0]


async def of_customer(session: AsyncSession, customer_id: int, now: datetime, done: int = 10) -> list[TaskView]:
    """What is to be done for him, what is due first at first; then the last of what was done."""
    his = select(Task).where(Task.customer_id == customer_id)
    waits = his.where(Task.done_at.is_(None)).order_by(Task.due_at, Task.id)
    was = his.where(Task.done_at.is_not(None)).order_by(Task.done_at.desc(), Task.id.desc()).limit(done)
    return await _seen(session, [*await session.scalars(waits), *await session.scalars(was)], now)


async def on_card(session: AsyncSession, customer_id: int) -> tuple[TaskBrief, ...]:
    """What is to be said to him when he calls: what is due first, a few at most."""
    assignee = aliased(Operator)
    query = (
        select(Task.id, Task.body, Task.due_at, assignee.name)
        .outerjoin(assignee, assignee.id == func.coalesce(Task.taken_by, Task.assignee_id))
        .where(Task.customer_id == customer_id, Task.done_at.is_(None))
        .order_by(Task.due_at, Task.id)
        .limit(ON_CARD)
    )
    return tuple(TaskBrief(*row) for row in await session.execute(query))


async def to_count(session: AsyncSession, office_id: int) -> list[Json]:
    """When what is to be done is due, and for whom it is (whoever is at it, else for whom it was made; null: anybody)."""
    whom = func.coalesce(Task.taken_by, Task.assignee_id)
    rank = func.row_number().over(partition_by=whom, order_by=(Task.due_at, Task.id)).label("rank")
    ranked = select(whom.label("whom"), Task.due_at, rank).where(Task.office_id == office_id, Task.done_at.is_(None))
    each = ranked.subquery()
    query = select(each.c.whom, each.c.due_at).where(each.c.rank <= COUNTED).order_by(each.c.due_at)
    return [{"operator_id": whom, "due_at": moment(due_at)} for whom, due_at in await session.execute(query)]


def _asked(operator_id: int, whose: str) -> list[ColumnElement[bool]]:
    if whose == "done":
        return [Task.done_at.is_not(None)]
    waits = Task.done_at.is_(None)
    if whose == "mine":
        return [
            waits,
            or_(Task.taken_by == operator_id, and_(Task.taken_by.is_(None), Task.assignee_id == operator_id)),
        ]
    if whose == "anybody":
        return [waits, Task.assignee_id.is_(None), or_(Task.taken_by.is_(None), Task.taken_by == operator_id)]
    return [waits]


def _follows(last: Task, whose: str) -> ColumnElement[bool]:
    if whose == "done":
        return or_(Task.done_at < last.done_at, and_(Task.done_at == last.done_at, Task.id < last.id))
    return or_(Task.due_at > last.due_at, and_(Task.due_at == last.due_at, Task.id > last.id))


async def _seen(session: AsyncSession, found: Sequence[Task], now: datetime) -> list[TaskView]:
    if not found:
        return []
    ids = [task.id for task in found]
    names = await _names(session, select(Operator.id, Operator.name), Operator.id, {
        each for task in found for each in (task.assignee_id, task.taken_by, task.made_by)
    })  # fmt: skip
    customers = await _names(session, select(Customer.id, Customer.name), Customer.id, {t.customer_id for t in found})
    phones = await _phones(session, {task.customer_id for task in found})
    rules = {
        rule_id: (name, kind)
        for rule_id, name, kind in await session.execute(
            select(TaskRule.id, TaskRule.name, TaskRule.kind).where(
                TaskRule.id.in_({t.rule_id for t in found} - {None})
            )
        )
    }
    latest = select(func.max(TaskTry.id)).where(TaskTry.task_id.in_(ids)).group_by(TaskTry.task_id)
    tries = select(TaskTry, Operator.name).join(Operator, Operator.id == TaskTry.operator_id)
    last = {
        each.task_id: Tried(each.at, by, each.outcome, each.note)
        for each, by in await session.execute(tries.where(TaskTry.id.in_(latest)))
    }
    ads = {
        phones[t.customer_id]
        for t in found
        if rules.get(t.rule_id or 0, ("", ""))[1] == "ad" and t.customer_id in phones
    }
    said = await consents.of_numbers(session, found[0].office_id, ads)
    timezone = (await offices.by_id(session, found[0].office_id)).timezone

    def standing(task: Task) -> str | None:
        if rules.get(task.rule_id or 0, ("", ""))[1] != "ad" or task.done_at is not None:
            return None
        return consents.standing(said.get(phones.get(task.customer_id, "")), now, timezone)

    return [
        TaskView(
            task, customers.get(task.customer_id, ""), phones.get(task.customer_id), names.get(task.assignee_id or 0),
            names.get(task.taken_by or 0), names.get(task.made_by or 0), rules.get(task.rule_id or 0, (None, ""))[0],
            last.get(task.id), standing(task),
        )
        for task in found
    ]  # fmt: skip


async def _names(session: AsyncSession, query: Select[int, str], key: Any, ids: set[Any]) -> dict[int, str]:
    return dict((await session.execute(query.where(key.in_(ids - {None})))).all())


async def _phones(session: AsyncSession, customer_ids: set[int]) -> dict[int, str]:
    """The first number of each."""
    query = select(CustomerPhone.customer_id, CustomerPhone.number).where(CustomerPhone.customer_id.in_(customer_ids))
    found: dict[int, str] = {}
    for customer_id, number in await session.execute(query.order_by(CustomerPhone.id)):
        found.setdefault(customer_id, number)
    return found
