"""What somebody of the office is to do for a customer: call him back, look after something. Made by hand or by a rule.

    task = await tasks.make(work, operator_id, TaskForm(customer_id, "분실물을 찾았는지 알려 드리기", due_at))
    await tasks.take(work, operator_id, task.id)                        # of two who take it one has it; the other is told who
    await tasks.finish(work, operator_id, task.id, "again", "통화 중", again_at)

What was to be done is personal: it stands in no record of who did what, and goes with the customer when he is erased.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.customer.customer_deeds import held, not_forgotten
from desk.errors import Conflict, Invalid, NotFound
from desk.events import TasksChanged
from desk.office.people import audit, operator_of
from desk.text import optional, plain
from desk.work import Work
from models import Operator, Order, Task, TaskTry
from models.task import OUTCOMES

LONGEST = 500
"""Characters of what is to be done, and of a note."""
FARTHEST = timedelta(days=3 * 365)
JUST_PAST = timedelta(minutes=5)
"""A time that was a moment ago is now."""


class TaskTaken(Conflict):
    """Somebody else is at it. `details["by"]` is his name."""

    code = "task_taken"


class TaskDone(Conflict):
    """It is done already. `details["by"]` is who did it."""

    code = "task_done"


@dataclass(frozen=True, slots=True)
class TaskForm:
    """A task by hand: for whom (a customer, or whoever ordered), what, when; `assignee_id` null: anybody may do it."""

    body: str
    due_at: datetime
    customer_id: int | None = None
    order_id: int | None = None
    assignee_id: int | None = None


async def make(work: Work, operator_id: int, form: TaskForm) -> Task:
    """A new task. Raises Invalid, NotFound for a customer, an order or a person that is none, and Forgotten."""
    operator = await operator_of(work, operator_id)
    body = plain(form.body, LONGEST)
    if not body:
        raise Invalid("write what is to be done", field="task_body")
    customer_id = await _whose(work, operator.office_id, form)
    customer, _ = await held(work, operator_id, customer_id)
    await not_forgotten(work, customer)
    if form.assignee_id is not None:
        await colleague(work.session, operator.office_id, form.assignee_id)
    task = Task(
        office_id=operator.office_id, customer_id=customer.id, order_id=form.order_id, body=body,
        assignee_id=form.assignee_id, due_at=_to_come(form.due_at, work.now), made_at=work.now, made_by=operator.id,
    )  # fmt: skip
    work.session.add(task)
    await work.session.flush()
    _tell(work, task, operator.id, "made")
    return task


async def take(work: Work, operator_id: int, task_id: int) -> Task:
    """It is his to do from now on. Raises NotFound, TaskTaken where somebody else was first, and TaskDone."""
    task = await _open(work, operator_id, task_id)
    if task.taken_by == operator_id:
        return task
    task.taken_by, task.taken_at = operator_id, work.now
    _tell(work, task, operator_id, "taken")
    return task


async def let_go(work: Work, operator_id: int, task_id: int) -> Task:
    """Nobody is at it any more. Whoever took it may have gone home: anybody may say so, on record. Raises NotFound, TaskDone."""
    task = await _open(work, operator_id, task_id, also_of_others=True)
    if task.taken_by is not None:
        task.taken_by = task.taken_at = None
        _tell(work, task, operator_id, "let_go")
    return task


async def finish(
    work: Work, operator_id: int, task_id: int, outcome: str, note: str | None = None, again_at: datetime | None = None
) -> Task:
    """What came of it: one of models.task.OUTCOMES. "again": nobody was reached; it stays, due at `again_at`, and nobody's.

    Raises Invalid, NotFound, TaskTaken while somebody else is at it, and TaskDone.
    """
    if outcome not in OUTCOMES:
        raise Invalid("that is nothing that comes of a task", field="outcome")
    if (outcome == "again") != (again_at is not None):
        raise Invalid("when nobody was reached, say when it is tried again", field="again_at")
    task = await _open(work, operator_id, task_id)
    if again_at is not None:
        task.due_at = again_at = _to_come(again_at, work.now)
        task.tries += 1
        task.taken_by = task.taken_at = None
    else:
        task.done_at = work.now
    work.session.add(
        TaskTry(
            task_id=task.id, at=work.now, operator_id=operator_id, outcome=outcome, note=optional(note, LONGEST),
            again_at=again_at,
        )
    )  # fmt: skip
    await work.session.flush()
    _tell(work, task, operator_id, outcome)
    return task


async def colleague(session: AsyncSession, office_id: int, operator_id: int) -> Operator:
    """Somebody of this office. Raises NotFound, also for one whose account is disabled."""
    operator = await session.get(Operator, operator_id)
    if operator is None or operator.office_id != office_id or operator.disabled_at is not None:
        raise NotFound(f"there is no operator {operator_id}", operator_id=operator_id)
    return operator


async def colleagues(session: AsyncSession, office_id: int) -> Sequence[Operator]:
    """For whom a task may be, by name."""
    query = select(Operator).where(Operator.office_id == office_id, Operator.disabled_at.is_(None))
    return (await session.scalars(query.order_by(Operator.name, Operator.id))).all()


async def _whose(work: Work, office_id: int, form: TaskForm) -> int:
    if form.order_id is None:
        if form.customer_id is None:
            raise Invalid("a task is for a customer", field="customer_id")
        return form.customer_id
    order = await work.session.get(Order, form.order_id)
    if order is None or order.office_id != office_id:
        raise NotFound(f"there is no order {form.order_id}", order_id=form.order_id)
    if order.customer_id is None or form.customer_id not in (None, order.customer_id):
        raise Invalid("the order is not this customer's", field="order_id")
    return order.customer_id


async def _open(work: Work, operator_id: int, task_id: int, *, also_of_others: bool = False) -> Task:
    """The task, held against other writers, where it is to be done, and nobody else is at it."""
    operator = await operator_of(work, operator_id)
    query = select(Task).where(Task.id == task_id, Task.office_id == operator.office_id).with_for_update()
    task = (await work.session.scalars(query.execution_options(populate_existing=True))).one_or_none()
    if task is None:
        raise NotFound(f"there is no task {task_id}", task_id=task_id)
    if task.done_at is not None:
        last = select(Operator.name).join(TaskTry, TaskTry.operator_id == Operator.id)
        by = await work.session.scalar(last.where(TaskTry.task_id == task.id).order_by(TaskTry.id.desc()).limit(1))
        raise TaskDone("somebody has done it already", task_id=task_id, by=by or "")
    if task.taken_by not in (None, operator_id) and not also_of_others:
        taker = await work.session.get(Operator, task.taken_by)
        raise TaskTaken("somebody else is at it", task_id=task_id, by=taker.name if taker else "")
    return task


def _to_come(at: datetime, now: datetime) -> datetime:
    if not now - JUST_PAST <= at <= now + FARTHEST:
        raise Invalid("a moment to come, within three years", field="due_at")
    return max(at, now)


def _tell(work: Work, task: Task, operator_id: int, what: str) -> None:
    told = {"customer": task.customer_id, "due_at": task.due_at.isoformat()}
    audit(work, operator_id, f"task.{what}", f"task {task.id}", told)
    work.tell(TasksChanged(work.now, task.office_id))
