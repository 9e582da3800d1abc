"""Standing sends for people: the rules, one with its runs and a form, what a run would do now, one run with its rows."""

from __future__ import annotations

from datetime import date

from aiohttp import web

from desk.customer import segments
from desk.customer.segment_rules import WEEKDAYS
from desk.errors import Conflict, Invalid, NotFound
from desk.message import standing_runs, standing_sends, standing_views, text_templates
from desk.message.standing_runs import Outlook
from desk.message.standing_sends import StandingForm
from desk.work import Work
from models import StandingSend
from web.keys import COUNTING, DESK
from web.problems import problem_of
from web.views.customer_view import to
from web.views.forms import Fields, fields_of, once, operator_id
from web.views.rule_form import times_of, typed_times, whole, words_for
from web.views.texts_view import TextsView

SHOWN = 100
DONE = ("standing_saved", "standing_on", "standing_off", "standing_removed")


async def listed(request: web.Request) -> web.StreamResponse:
    """All rules, and the form for a new one."""
    return await _show(request)


async def shown(request: web.Request) -> web.StreamResponse:
    """One rule: its form and its runs; with `look` in the query what a run would do now."""
    return await _show(request, _id(request), look="look" in request.query)


async def run(request: web.Request) -> web.StreamResponse:
    """One run: what it did, and who got none."""
    async with request.app[DESK].look() as session:
        view = await TextsView.of(request, session)
        found, rule = await standing_views.run(session, view.office.id, _id(request))
        left = await standing_views.left_out(session, found.id, limit=len(standing_runs.LEFT_OUT) * standing_runs.KEPT)
    return await view.page("standing_run", run=found, rule=rule, left=left, refused=None, done=None)


async def act(request: web.Request) -> web.StreamResponse:
    """Take a kept text, look, or save a new rule."""
    return await _act(request, None)


async def change(request: web.Request) -> web.StreamResponse:
    """Take a kept text, look, save, switch on, take away: as the field `do` says."""
    return await _act(request, _id(request))


async def switch_off(request: web.Request) -> web.StreamResponse:
    """It runs no more."""
    rule_id, fields = _id(request), await fields_of(request)

    async def off(work: Work) -> str:
        await standing_sends.switch(work, operator_id(request), rule_id, on=False)
        return "standing_off"

    return to(request, f"/texts/standing/{rule_id}", await once(request, fields, off))


async def _act(request: web.Request, rule_id: int | None) -> web.StreamResponse:
    fields, by = await fields_of(request), operator_id(request)
    do = fields.get("do", "preview")

    async def save(work: Work) -> str:
        if rule_id is not None and do == "on":
            await standing_sends.switch(work, by, rule_id, on=True)
            return f"standing_on {rule_id}"
        if rule_id is not None and do == "remove":
            await standing_sends.remove(work, by, rule_id)
            return "standing_removed"
        form = form_of(fields, (await TextsView.of(request, work.session)).locale)
        if rule_id is None:
            return f"standing_saved {(await standing_sends.make(work, by, form)).id}"
        await standing_sends.change(work, by, rule_id, form, whole(fields, "version"))
        return f"standing_saved {rule_id}"

    try:
        if do == "use":
            return await _show(request, rule_id, typed=await _with_template(request, fields))
        if do not in ("save", "on", "remove"):
            form_of(fields, "ko")
            return await _show(request, rule_id, typed=fields, look=True)
        done, _, made = (await once(request, fields, save)).partition(" ")
    except (Invalid, Conflict) as error:
        return await _show(request, rule_id, problem_of(error).status, words_for(error), fields)
    except NotFound as error:
        if "segment_id" not in error.details:
            raise
        return await _show(request, rule_id, 404, "segment", fields)
    return to(request, f"/texts/standing/{made}" if made else "/texts/standing", done)


async def _show(
    request: web.Request,
    rule_id: int | None = None,
    status: int = 200,
    refused: str | None = None,
    typed: Fields | None = None,
    look: bool = False,
) -> web.StreamResponse:
    desk = request.app[DESK]
    then: Outlook | None = None
    names: dict[int, str] = {}
    async with desk.look() as session:
        view = await TextsView.of(request, session)
        every = await standing_views.listed(session, view.office.id)
        one = None if rule_id is None else await standing_views.one(session, view.office.id, rule_id)
        runs = await standing_views.runs(session, view.office.id, rule_id) if rule_id is not None else ()
        of_segments = await segments.listed(session, view.office.id)
        templates = await text_templates.listed(session, view.office.id, view.locale)
    if look and view.may("texts.send"):
        async with request.app[COUNTING], desk.look() as session:
            now = desk.clock()
            rule: StandingSend = (
                await standing_sends.unsaved(session, view.office, form_of(typed, view.locale), now, rule_id)
                if typed is not None
                else await standing_sends.one(session, view.office.id, rule_id or 0)
            )
            then = await standing_runs.outlook_now(session, rule, view.office, now)
            names = await standing_views.names_of(session, [each for each, _ in then.left_out][: SHOWN * 2])
    asked = request.query.get("done")
    return await view.page(
        "standing",
        status,
        every=every,
        one=one,
        runs=runs,
        then=then,
        names=names,
        typed=typed if typed is not None else _typed(one.one if one else None, desk.clock().date()),
        is_typed=typed is not None,
        of_segments=of_segments,
        templates=templates,
        weekdays=WEEKDAYS,
        shown=SHOWN,
        refused=refused,
        done=asked if asked in DONE else None,
    )


def form_of(fields: Fields, locale: str) -> StandingForm:
    """The rule as it was filled in. Raises Invalid."""
    return StandingForm(
        fields.get("name", ""), whole(fields, "segment"), fields.get("text", ""), fields.get("kind", ""),
        language=fields.get("language") or locale, **times_of(fields),
    )  # fmt: skip


def _typed(rule: StandingSend | None, today: date) -> Fields:
    """The form's fields of a rule; of none: what is usual."""
    if rule is None:
        usual = {"kind": "ad", "from": "10:00", "to": "20:00", "every_days": "30", "most": "500"}
        return usual | {"first_day": today.isoformat()} | {f"day{day}": "yes" for day in "01234"}
    told = {"name": rule.name, "segment": str(rule.segment_id or ""), "text": rule.body, "kind": rule.kind}
    return told | {"language": rule.language} | typed_times(rule)


async def _with_template(request: web.Request, fields: Fields) -> Fields:
    async with request.app[DESK].look() as session:
        view = await TextsView.of(request, session)
        for one in await text_templates.listed(session, view.office.id, view.locale):
            if one.name == fields.get("template"):
                return {**fields, "text": one.body, "kind": one.kind}
    return fields


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])
