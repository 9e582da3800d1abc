"""What rules that make tasks do when they are due: one run a day for each rule, written whole or not at all.

    plan = await task_runs.look(session, rule_id, now)                  # who is in the segment now, and who of them gets none
    more = await desk.do(lambda work: task_runs.advance(work, rule_id, plan))

The segment is asked before anybody writes, as that may take a while. The run and its tasks are then one transaction, which holds
the rule; who is not to be called any more (he refused, or somebody made him not to be served) is looked at again in it. A plan
that was made for another version of the rule or of its segment is made anew. A run whose hours are over is written as missed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, String, case, func, insert, literal, null, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.customer import segments
from desk.customer.segment_rules import hours_of, late_s
from desk.customer.task_rules import missed
from desk.events import TasksChanged
from desk.office import offices
from desk.office.people import audit
from desk.texts import consents
from desk.work import Work
from models import Customer, Office, Operator, Segment, Task, TaskRule, TaskRun

LEFT_OUT = ("open", "had", "blocked", "no_number", "refused", "no_consent", "consent_old")
"""Why no task is made of somebody of the segment."""
SPARE = 200
"""So many more are looked at than a run may have: some may have to be left out by then."""
AT_A_TIME = 500
LAST = 30

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """Of whom a task is made, in the order in which it is, as it was at one moment.

    `day` is the day of the run; `version` and `segment_version` are what it was made for. `found` are in the segment, `eligible`
    of them are left out for nothing, `customers` are the first of those; `counts` says of how many others why.
    """

    day: date
    version: int
    segment_version: int
    found: int
    eligible: int
    customers: tuple[int, ...]
    counts: Mapping[str, int]

    def tasks(self, most: int) -> int:
        """How many it would make."""
        return min(self.eligible, most)


async def due(session: AsyncSession, now: datetime, limit: int = 20) -> list[int]:
    """Rules for which it is time, the longest due first."""
    query = select(TaskRule.id).where(TaskRule.due_at <= now).order_by(TaskRule.due_at, TaskRule.id)
    return list(await session.scalars(query.limit(limit)))


async def next_due(session: AsyncSession) -> datetime | None:
    """When there is something to do again."""
    found: datetime | None = await session.scalar(select(func.min(TaskRule.due_at)))
    return found


async def look(session: AsyncSession, rule_id: int, now: datetime) -> Plan | None:
    """Of whom tasks would be made at `now`; null for a rule that is gone, or whose run has its hours behind it."""
    rule = await session.get(TaskRule, rule_id)
    if rule is None or rule.due_at is None or rule.segment_id is None:
        return None
    office = await offices.by_id(session, rule.office_id)
    hours = hours_of(rule, office)
    day = hours.day_of(rule.due_at)
    return await plan_for(session, rule, office, day, now) if now < hours.closes(day) else None


async def plan_for(session: AsyncSession, rule: TaskRule, office: Office, day: date, now: datetime) -> Plan:
    """Of whom this rule would make tasks on that day. It may take a while."""
    assert rule.segment_id is not None
    segment = await segments.one(session, office.id, rule.segment_id)
    within = Customer.id.in_(await segments.who(session, office.id, segment.id, now))
    await segments.with_patience(session)
    why = _why(rule, office, day, now)
    each_why = select(why.label("why")).select_from(Customer).where(within).subquery()
    counts: dict[str | None, int] = dict(
        (await session.execute(select(each_why.c.why, func.count()).group_by(each_why.c.why))).all()
    )
    had = _days(rule).subquery()
    # Who never had one comes before who had his long ago: with a small `most` everybody has his turn.
    first = (
        select(Customer.id)
        .outerjoin(had, had.c.customer_id == Customer.id)
        .where(within, why.is_(None))
        .order_by(had.c.day.asc().nulls_first(), Customer.id)
        .limit(rule.most + SPARE)
    )
    chosen = tuple((await session.scalars(first)).all())
    reasons = {reason: counts[reason] for reason in LEFT_OUT if reason in counts}
    return Plan(day, rule.version, segment.version, sum(counts.values()), counts.get(None, 0), chosen, reasons)


async def plan_now(session: AsyncSession, rule: TaskRule, office: Office, now: datetime) -> Plan:
    """What a run would do if it were time for it now; nothing is written."""
    return await plan_for(session, rule, office, hours_of(rule, office).day_of(now), now)


async def advance(work: Work, rule_id: int, plan: Plan | None) -> bool:
    """Do the run that is due, once; whether there is more to do for this rule now: it is to be looked at again."""
    query = select(TaskRule).where(TaskRule.id == rule_id).with_for_update()
    rule = (await work.session.scalars(query.execution_options(populate_existing=True))).one_or_none()
    if rule is None or rule.due_at is None or rule.due_at > work.now:
        return False  # another one has done it meanwhile, or it was switched off
    office = await offices.by_id(work.session, rule.office_id)
    hours = hours_of(rule, office)
    day = hours.day_of(rule.due_at)
    if work.now >= hours.closes(day):
        run = missed(work, rule, day, rule.due_at, "late")
        work.session.add(run)
        await work.session.flush()
        _tell(work, rule, run)
    elif plan is None or not await _still_so(work, rule, plan, day):
        return True
    else:
        await _run(work, rule, office, plan, hours.closes(day))
    rule.due_at = hours.following(rule.due_at, day)
    await work.session.flush()
    return rule.due_at is not None and rule.due_at <= work.now


async def runs(session: AsyncSession, rule_id: int, limit: int = LAST) -> Sequence[TaskRun]:
    """Its last runs, the newest first."""
    query = select(TaskRun).where(TaskRun.rule_id == rule_id).order_by(TaskRun.day.desc()).limit(limit)
    return (await session.scalars(query)).all()


async def _still_so(work: Work, rule: TaskRule, plan: Plan, day: date) -> bool:
    version = await work.session.scalar(select(Segment.version).where(Segment.id == rule.segment_id))
    return (plan.day, plan.version, plan.segment_version) == (day, rule.version, version)


async def _run(work: Work, rule: TaskRule, office: Office, plan: Plan, until: datetime) -> None:
    assert rule.due_at is not None
    chosen, since = await _still_to_be_called(work, rule, office, plan)
    counts = Counter(plan.counts) + since
    run = TaskRun(
        office_id=office.id, rule_id=rule.id, day=plan.day, version=rule.version, due_at=rule.due_at, at=work.now,
        late_s=late_s(work.now, rule.due_at), state="done", found=plan.found, tasks=len(chosen),
        beyond=max(0, plan.eligible - since.total() - len(chosen)),
        counts={why: counts[why] for why in LEFT_OUT if counts[why]},
    )  # fmt: skip
    work.session.add(run)
    await work.session.flush()
    task = {
        "office_id": office.id, "rule_id": rule.id, "run_id": run.id, "body": rule.body, "due_at": until,
        "assignee_id": await _assignee(work, rule), "made_at": work.now, "tries": 0,
    }  # fmt: skip
    for at in range(0, len(chosen), AT_A_TIME):
        await work.session.execute(
            insert(Task), [{**task, "customer_id": each} for each in chosen[at : at + AT_A_TIME]]
        )
    _tell(work, rule, run)
    if chosen:
        work.tell(TasksChanged(work.now, office.id))


async def _still_to_be_called(work: Work, rule: TaskRule, office: Office, plan: Plan) -> tuple[list[int], Counter[str]]:
    """The first of the plan of whom there is still nothing against it, and of how many why there is since."""
    why = _why(rule, office, plan.day, work.now)
    now: dict[int, str | None] = {}
    for at in range(0, len(plan.customers), AT_A_TIME):
        some = select(Customer.id, why).where(Customer.id.in_(plan.customers[at : at + AT_A_TIME]))
        now |= dict((await work.session.execute(some)).all())
    ready = [each for each in plan.customers if each in now and now[each] is None]
    return ready[: rule.most], Counter(reason for reason in now.values() if reason is not None)


async def _assignee(work: Work, rule: TaskRule) -> int | None:
    """For whom the tasks are; anybody, where his account has been disabled since."""
    there = select(Operator.id).where(Operator.id == rule.assignee_id, Operator.disabled_at.is_(None))
    found: int | None = await work.session.scalar(there)
    return found


def _tell(work: Work, rule: TaskRule, run: TaskRun) -> None:
    told: dict[str, Any] = {"day": run.day.isoformat(), "run": run.id, "state": run.state, "tasks": run.tasks}
    told |= {"why": run.why} if run.why else {}
    audit(work, None, f"task_rule.{run.state}", f"task rule {rule.id}", told)
    if run.state != "done":
        log.warning("a rule made no tasks", rule_id=rule.id, day=run.day.isoformat(), why=run.why)


# --- asking ---------------------------------------------------------------------------------------------------------------


def _why(rule: TaskRule, office: Office, day: date, now: datetime) -> ColumnElement[str | None]:
    """Of a customer why no task is made of him; null: one is."""
    of_rule = select(Task.customer_id).where(Task.rule_id == (rule.id or 0))
    lately = of_rule.join(TaskRun, TaskRun.id == Task.run_id).where(TaskRun.day > day - timedelta(days=rule.every_days))
    reasons: list[tuple[ColumnElement[bool], Any]] = [
        (Customer.blocked_reason.is_not(None), literal("blocked", String)),
        (Customer.id.in_(of_rule.where(Task.done_at.is_(None))), literal("open", String)),
        (Customer.id.in_(lately), literal("had", String)),
        (~consents.has_number(office.id), literal("no_number", String)),
    ]
    return case(*reasons, else_=consents.against_ads(office, now) if rule.kind == "ad" else null())


def _days(rule: TaskRule) -> Any:
    """The last day of each customer who had a task of this rule."""
    return (
        select(Task.customer_id, func.max(TaskRun.day).label("day"))
        .join(TaskRun, TaskRun.id == Task.run_id)
        .where(Task.rule_id == (rule.id or 0))
        .group_by(Task.customer_id)
    )
