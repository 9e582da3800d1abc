"""Rules that make tasks, for people: the rules, one with its runs and a form, and of whom a run would make tasks now."""

from __future__ import annotations

from datetime import date

from aiohttp import web

from desk.customer import segment_rules, segments, task_rules, task_runs, tasks
from desk.customer.segment_rules import WEEKDAYS
from desk.customer.task_rules import TaskRuleForm
from desk.customer.task_runs import Plan
from desk.errors import Conflict, Invalid, NotFound
from desk.work import Work
from models import TaskRule
from web.keys import COUNTING, DESK
from web.problems import problem_of
from web.views.customer_view import to
from web.views.forms import Fields, fields_of, once, operator_id
from web.views.rule_form import times_of, typed_times, whole, words_for
from web.views.tasks_view import TasksPage

DONE = ("rule_saved", "rule_on", "rule_off", "rule_removed")


async def listed(request: web.Request) -> web.StreamResponse:
    """All rules, and the form for a new one."""
    return await _show(request)


async def shown(request: web.Request) -> web.StreamResponse:
    """One rule: its form and its runs; with `look` in the query what a run would do now."""
    return await _show(request, _id(request), look="look" in request.query)


async def make(request: web.Request) -> web.StreamResponse:
    """Look, or save a new rule."""
    return await _act(request, None)


async def act(request: web.Request) -> web.StreamResponse:
    """Look, save, switch on or off, take away: as the field `do` says."""
    return await _act(request, _id(request))


async def _act(request: web.Request, rule_id: int | None) -> web.StreamResponse:
    fields, by = await fields_of(request), operator_id(request)
    do = fields.get("do", "preview")

    async def save(work: Work) -> str:
        if rule_id is None:
            return f"rule_saved {(await task_rules.make(work, by, form_of(fields))).id}"
        if do in ("on", "off"):
            await task_rules.switch(work, by, rule_id, on=do == "on")
            return f"rule_{do} {rule_id}"
        if do == "remove":
            await task_rules.remove(work, by, rule_id)
            return "rule_removed"
        await task_rules.change(work, by, rule_id, form_of(fields), whole(fields, "version"))
        return f"rule_saved {rule_id}"

    try:
        if do not in ("save", "on", "off", "remove"):
            form_of(fields)
            return await _show(request, rule_id, typed=fields, look=True)
        done, _, kept = (await once(request, fields, save)).partition(" ")
    except (Invalid, Conflict) as error:
        return await _show(request, rule_id, problem_of(error).status, words_for(error), fields)
    except NotFound as error:
        if not {"segment_id", "operator_id"} & error.details.keys():
            raise
        return await _show(request, rule_id, 404, "segment" if "segment_id" in error.details else "whom", fields)
    return to(request, f"/tasks/rules/{kept}" if kept else "/tasks/rules", done)


async def _show(
    request: web.Request,
    rule_id: int | None = None,
    status: int = 200,
    refused: str | None = None,
    typed: Fields | None = None,
    look: bool = False,
) -> web.StreamResponse:
    desk = request.app[DESK]
    plan: Plan | None = None
    would = 0
    async with desk.look() as session:
        view = await TasksPage.of(request, session)
        every = await segment_rules.listed(session, TaskRule, view.office.id)
        one = None if rule_id is None else await segment_rules.one(session, TaskRule, view.office.id, rule_id)
        runs = await task_runs.runs(session, rule_id) if rule_id is not None else ()
        of_segments = await segments.listed(session, view.office.id)
        people = await tasks.colleagues(session, view.office.id)
    if look:
        async with request.app[COUNTING], desk.look() as session:
            rule = (
                await task_rules.unsaved(session, view.office, form_of(typed), rule_id)
                if typed is not None
                else await segment_rules.one(session, TaskRule, view.office.id, rule_id or 0)
            )
            plan = await task_runs.plan_now(session, rule, view.office, desk.clock())
            would = plan.tasks(rule.most)
    asked = request.query.get("done")
    return await view.page(
        "rules", status, every=every, one=one, runs=runs, plan=plan, would=would, people=people,
        segment_names={each.id: each.name for each in of_segments}, of_segments=of_segments, weekdays=WEEKDAYS,
        typed=typed if typed is not None else _typed(one, desk.clock().date()), is_typed=typed is not None,
        refused=refused, done=asked if asked in DONE else None,
    )  # fmt: skip


def form_of(fields: Fields) -> TaskRuleForm:
    """The rule as it was filled in. Raises Invalid."""
    whom = whole(fields, "whom") if fields.get("whom", "").strip() else None
    return TaskRuleForm(
        fields.get("name", ""), whole(fields, "segment"), fields.get("body", ""), fields.get("kind", ""),
        assignee_id=whom, **times_of(fields),
    )  # fmt: skip


def _typed(rule: TaskRule | None, today: date) -> Fields:
    """The form's fields of a rule; of none: what is usual."""
    if rule is None:
        usual = {"kind": "care", "from": "09:00", "to": "18:00", "every_days": "30", "most": "20"}
        return usual | {"first_day": today.isoformat()} | {f"day{day}": "yes" for day in "01234"}
    told = {"name": rule.name, "segment": str(rule.segment_id or ""), "body": rule.body, "kind": rule.kind}
    return told | {"whom": str(rule.assignee_id or "")} | typed_times(rule)


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])
