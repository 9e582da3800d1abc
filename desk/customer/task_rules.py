"""Rules that make tasks: of whoever is in a segment then, each a task for a person. How they are made and kept.

    rule = await task_rules.make(work, operator_id, form)          # off: nothing is made before somebody switches it on
    await task_rules.switch(work, operator_id, rule.id, on=True)

What a rule does when it is due: desk/customer/task_runs.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.customer import segment_rules, segments, tasks
from desk.customer.segment_rules import MOST_RULES, WEEKDAYS
from desk.errors import Conflict, Invalid
from desk.office import offices
from desk.office.people import audit, operator_of
from desk.text import plain
from desk.work import Work
from models import Office, TaskRule, TaskRun

KINDS = ("care", "ad")
"""What the call is for: to look after somebody, or to advertise, which takes his consent."""
MOST = 1_000


@dataclass(frozen=True, slots=True)
class TaskRuleForm:
    """What a rule is made of, as models.task.TaskRule keeps it. Its tasks are made from `from_minute` on, due `to_minute`."""

    name: str
    segment_id: int
    body: str
    kind: str
    first_day: date
    last_day: date | None = None
    weekdays: str = WEEKDAYS
    from_minute: int = 540
    to_minute: int = 1080
    every_days: int = 30
    most: int = 20
    assignee_id: int | None = None


async def make(work: Work, operator_id: int, form: TaskRuleForm) -> TaskRule:
    """A new rule, which is off. Raises Invalid, NotFound for a segment or a person that is none, Conflict."""
    operator = await operator_of(work, operator_id)
    office = await offices.by_id(work.session, operator.office_id)
    rule = TaskRule(
        office_id=office.id, is_on=False, made_at=work.now, changed_at=work.now, changed_by=operator.id, version=1,
        **await checked(work.session, office, form),
    )  # fmt: skip
    await segment_rules.name_is_free(work, rule)
    if len(await segment_rules.listed(work.session, TaskRule, office.id)) >= MOST_RULES:
        raise Conflict(f"there are {MOST_RULES} rules, which is the most")
    work.session.add(rule)
    await work.session.flush()
    audit(work, operator.id, "task_rule.made", f"task rule {rule.id}", _on_record(rule))
    return rule


async def change(
    work: Work, operator_id: int, rule_id: int, form: TaskRuleForm, version: int | None = None
) -> TaskRule:
    """Other words, segment, time; on stays on. Raises Invalid, NotFound, NameTaken, ChangedMeanwhile for an older version."""
    rule, office = await segment_rules.held(work, TaskRule, operator_id, rule_id)
    segment_rules.as_read(rule, version)
    for name, value in (await checked(work.session, office, form)).items():
        setattr(rule, name, value)
    await segment_rules.name_is_free(work, rule)
    segment_rules.changed(work, rule, operator_id)
    if rule.is_on:
        await _plan_anew(work, rule, office)
    await work.session.flush()
    audit(work, operator_id, "task_rule.changed", f"task rule {rule.id}", _on_record(rule))
    return rule


async def switch(work: Work, operator_id: int, rule_id: int, *, on: bool) -> TaskRule:
    """It runs from its next time on, or no more; what it has made is done all the same. Raises NotFound, and Invalid where it
    would never run."""
    rule, office = await segment_rules.held(work, TaskRule, operator_id, rule_id)
    if rule.is_on == on:
        return rule
    rule.is_on = on
    segment_rules.changed(work, rule, operator_id)
    await _plan_anew(work, rule, office)
    if on and rule.due_at is None:
        raise Invalid("none of its days is to come", field="never")
    await work.session.flush()
    audit(work, operator_id, "task_rule.on" if on else "task_rule.off", f"task rule {rule.id}", {"name": rule.name})
    return rule


async def remove(work: Work, operator_id: int, rule_id: int) -> None:
    """Take a rule away; its runs and its tasks stay. Raises NotFound."""
    rule, office = await segment_rules.held(work, TaskRule, operator_id, rule_id)
    rule.is_on, rule.removed_at = False, work.now
    segment_rules.changed(work, rule, operator_id)
    await _plan_anew(work, rule, office)
    await work.session.flush()
    audit(work, operator_id, "task_rule.removed", f"task rule {rule.id}", {"name": rule.name})


async def unsaved(session: AsyncSession, office: Office, form: TaskRuleForm, rule_id: int | None = None) -> TaskRule:
    """A rule to be looked at and not to be kept; with the id of one, what that would be. Raises as `make` does."""
    return TaskRule(id=rule_id, office_id=office.id, is_on=False, version=1, **await checked(session, office, form))


async def checked(session: AsyncSession, office: Office, form: TaskRuleForm) -> dict[str, Any]:
    """The form as it is kept. Raises Invalid whose `field` says what is not right, and NotFound."""
    name, body = plain(form.name, 80), plain(form.body, tasks.LONGEST)
    if not name:
        raise Invalid("a rule has a name", field="rule_name")
    if not body:
        raise Invalid("write what is to be done", field="task_body")
    if form.kind not in KINDS:
        raise Invalid("to look after somebody, or to advertise", field="kind")
    await segments.one(session, office.id, form.segment_id)
    if form.assignee_id is not None:
        await tasks.colleague(session, office.id, form.assignee_id)
    return {
        "name": name, "segment_id": form.segment_id, "body": body, "kind": form.kind, "assignee_id": form.assignee_id,
        **segment_rules.checked_times(form, MOST),
    }  # fmt: skip


async def _plan_anew(work: Work, rule: TaskRule, office: Office) -> None:
    last = await work.session.scalar(
        select(TaskRun.day).where(TaskRun.rule_id == rule.id).order_by(TaskRun.day.desc()).limit(1)
    )
    if (gone := segment_rules.plan_anew(rule, office, work.now, last)) is not None:
        work.session.add(missed(work, rule, *gone, "changed" if rule.is_on else "off"))


def missed(work: Work, rule: TaskRule, day: date, due_at: datetime, why: str) -> TaskRun:
    """The row of a day on which the rule did not run, and why not."""
    return TaskRun(
        office_id=rule.office_id, rule_id=rule.id, day=day, version=rule.version, due_at=due_at, at=work.now,
        late_s=segment_rules.late_s(work.now, due_at), state="missed", why=why, counts={},
    )  # fmt: skip


def _on_record(rule: TaskRule) -> dict[str, Any]:
    return {
        "name": rule.name, "kind": rule.kind, "segment": rule.segment_id, "every_days": rule.every_days,
        "most": rule.most, "version": rule.version,
    }  # fmt: skip
