"""Rules that make tasks, for programs."""

from __future__ import annotations

from datetime import date

from desk.customer import segment_rules, task_rules, task_runs
from desk.customer.task_rules import TaskRuleForm
from desk.views import Json, moment
from desk.work import Work
from models import TaskRule, TaskRun
from web.api.ask import DONE, Ask
from web.api.given_tasks import TaskRuleGiven
from web.api.shapes import Nothing


async def listed(ask: Ask[Nothing]) -> Json:
    """All rules."""
    async with ask.desk.look() as session:
        found = await segment_rules.listed(session, TaskRule, ask.operator.office_id)
    return {"items": [_json(rule) for rule in found], "next": None}


async def make(ask: Ask[TaskRuleGiven]) -> Json:
    """A new one, which is off."""

    async def do(work: Work) -> Json:
        return _json(await task_rules.make(work, ask.operator.id, _form(ask.given)))

    return await ask.once(do)


async def change(ask: Ask[TaskRuleGiven]) -> Json:
    """Other words, segment, time."""

    async def do(work: Work) -> Json:
        return _json(await task_rules.change(work, ask.operator.id, ask.id, _form(ask.given), ask.given.version))

    return await ask.once(do)


async def switch_on(ask: Ask[Nothing]) -> Json:
    """It runs from its next time on."""
    return await _switch(ask, on=True)


async def switch_off(ask: Ask[Nothing]) -> Json:
    """It runs no more."""
    return await _switch(ask, on=False)


async def remove(ask: Ask[Nothing]) -> Json:
    """Take it away; its runs and its tasks stay."""

    async def do(work: Work) -> Json:
        await task_rules.remove(work, ask.operator.id, ask.id)
        return DONE

    return await ask.once(do)


async def runs(ask: Ask[Nothing]) -> Json:
    """Its last runs, the newest first."""
    async with ask.desk.look() as session:
        rule = await segment_rules.one(session, TaskRule, ask.operator.office_id, ask.id)
        found = await task_runs.runs(session, rule.id)
    return {"items": [_run_json(run) for run in found], "next": None}


async def _switch(ask: Ask[Nothing], *, on: bool) -> Json:
    async def do(work: Work) -> Json:
        return _json(await task_rules.switch(work, ask.operator.id, ask.id, on=on))

    return await ask.once(do)


def _form(given: TaskRuleGiven) -> TaskRuleForm:
    return TaskRuleForm(
        given.name, given.segment_id, given.text, given.kind, date.fromisoformat(given.first_day),
        date.fromisoformat(given.last_day) if given.last_day else None, given.weekdays, given.from_minute,
        given.to_minute, given.every_days, given.most, given.assignee_id,
    )  # fmt: skip


def _json(rule: TaskRule) -> Json:
    return {
        "id": rule.id,
        "name": rule.name,
        "state": "off" if not rule.is_on else "on" if rule.due_at is not None else "over",
        "segment_id": rule.segment_id,
        "kind": rule.kind,
        "text": rule.body,
        "assignee_id": rule.assignee_id,
        "weekdays": rule.weekdays,
        "from_minute": rule.from_minute,
        "to_minute": rule.to_minute,
        "every_days": rule.every_days,
        "most": rule.most,
        "first_day": rule.first_day.isoformat(),
        "last_day": rule.last_day.isoformat() if rule.last_day else None,
        "due_at": moment(rule.due_at),
        "changed_at": moment(rule.changed_at),
        "version": rule.version,
    }


def _run_json(run: TaskRun) -> Json:
    return {
        "id": run.id,
        "task_rule_id": run.rule_id,
        "day": run.day.isoformat(),
        "version": run.version,
        "due_at": moment(run.due_at),
        "at": moment(run.at),
        "late_s": run.late_s,
        "state": run.state,
        "why": run.why,
        "found": run.found,
        "tasks": run.tasks,
        "beyond": run.beyond,
        "left_out": run.counts,
    }
