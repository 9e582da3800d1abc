"""Standing sends for programs: the rules, what a run would do, what runs did."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from desk.message import standing_runs, standing_sends, standing_views
from desk.message.standing_sends import StandingForm
from desk.office import offices
from desk.views import Json, moment
from desk.work import Desk, Work
from models import Office, StandingSend
from web.api.ask import DONE, Ask
from web.api.given_standing import StandingGiven
from web.api.given_texts import ResultsQuery
from web.api.shapes import Nothing
from web.keys import COUNTING

SHOWN = 200


async def listed(ask: Ask[Nothing]) -> Json:
    """All rules."""
    async with ask.desk.look() as session:
        found = await standing_views.listed(session, ask.operator.office_id)
    return {"items": [one.as_json() for one in found], "next": None}


async def shown(ask: Ask[Nothing]) -> Json:
    """One rule."""
    return await _told(ask.desk, ask.operator.office_id, ask.id)


async def make(ask: Ask[StandingGiven]) -> Json:
    """A new one, which is off."""

    async def do(work: Work) -> Json:
        rule = await standing_sends.make(work, ask.operator.id, form_of(ask.given))
        return (await standing_views.one(work.session, ask.operator.office_id, rule.id)).as_json()

    return await ask.once(do)


async def change(ask: Ask[StandingGiven]) -> Json:
    """Another text, segment, time."""

    async def do(work: Work) -> Json:
        await standing_sends.change(work, ask.operator.id, ask.id, form_of(ask.given), ask.given.version)
        return (await standing_views.one(work.session, ask.operator.office_id, ask.id)).as_json()

    return await ask.once(do)


async def switch_on(ask: Ask[Nothing]) -> Json:
    """It runs from its next time on."""
    return await _switch(ask, on=True)


async def switch_off(ask: Ask[Nothing]) -> Json:
    """It runs no more."""
    return await _switch(ask, on=False)


async def remove(ask: Ask[Nothing]) -> Json:
    """Take it away; its runs stay."""

    async def do(work: Work) -> Json:
        await standing_sends.remove(work, ask.operator.id, ask.id)
        return DONE

    return await ask.once(do)


async def look(ask: Ask[StandingGiven]) -> Json:
    """What a rule would do now, before it is saved."""
    async with ask.request.app[COUNTING], ask.desk.look() as session:
        office = await offices.by_id(session, ask.operator.office_id)
        now = ask.desk.clock()
        rule = await standing_sends.unsaved(session, office, form_of(ask.given), now)
        return await _look_json(session, rule, office, now)


async def look_again(ask: Ask[Nothing]) -> Json:
    """What a kept rule would do now."""
    async with ask.request.app[COUNTING], ask.desk.look() as session:
        office = await offices.by_id(session, ask.operator.office_id)
        rule = await standing_sends.one(session, office.id, ask.id)
        return await _look_json(session, rule, office, ask.desk.clock())


async def runs(ask: Ask[Nothing]) -> Json:
    """Its last runs, the newest first."""
    async with ask.desk.look() as session:
        await standing_sends.one(session, ask.operator.office_id, ask.id)
        found = await standing_views.runs(session, ask.operator.office_id, ask.id)
    return {"items": [standing_views.run_json(run) for run in found], "next": None}


async def left_out(ask: Ask[ResultsQuery]) -> Json:
    """Who got none in a run, and why: the first of each reason."""
    query = ask.given
    async with ask.desk.look() as session:
        run, _ = await standing_views.run(session, ask.operator.office_id, ask.id)
        rows = await standing_views.left_out(session, run.id, query.cursor or 0, query.limit + 1)
    told = rows[: query.limit]
    return {
        "items": [{"id": one.id, "name": one.name, "why": one.why} for one in told],
        "next": told[-1].id if len(rows) > query.limit else None,
    }


def form_of(given: StandingGiven) -> StandingForm:
    """The rule that was given."""
    return StandingForm(
        given.name, given.segment_id, given.text, given.kind, date.fromisoformat(given.first_day),
        date.fromisoformat(given.last_day) if given.last_day else None, given.weekdays, given.from_minute,
        given.to_minute, given.every_days, given.most, given.language,
    )  # fmt: skip


async def _switch(ask: Ask[Nothing], *, on: bool) -> Json:
    async def do(work: Work) -> Json:
        await standing_sends.switch(work, ask.operator.id, ask.id, on=on)
        return (await standing_views.one(work.session, ask.operator.office_id, ask.id)).as_json()

    return await ask.once(do)


async def _told(desk: Desk, office_id: int, rule_id: int) -> Json:
    async with desk.look() as session:
        return (await standing_views.one(session, office_id, rule_id)).as_json()


async def _look_json(session: AsyncSession, rule: StandingSend, office: Office, now: datetime) -> Json:
    then = await standing_runs.outlook_now(session, rule, office, now)
    names = await standing_views.names_of(session, [each for each, _ in then.left_out])
    return {
        "found": then.plan.found,
        "texts": len(then.ready.texts),
        "beyond": then.beyond,
        "left_out": then.counts,
        "faults": then.faults,
        "first": [
            {
                "audience": one.person.audience,
                "id": one.person.id,
                "name": one.person.name,
                "number": one.person.phone,
                "text": one.text,
                "octets": one.size.octets,
                "size": one.size.kind,
                "parts": one.parts,
                "held_until": moment(one.held_until),
            }
            for one in then.ready.texts[:SHOWN]
        ],
        "first_left_out": [{"id": each, "name": names.get(each, ""), "why": why} for each, why in then.left_out],
    }
