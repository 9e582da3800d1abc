"""Segments for programs: the list, a question before it is saved, and what is made, changed and taken away."""

from __future__ import annotations

from desk.customer import segments
from desk.customer.segments import Preview, SegmentForm, segment_json
from desk.work import Work
from web.api.ask import DONE, Ask, Json
from web.api.given_customers import ConditionsGiven, MembersGiven, SegmentGiven
from web.api.shapes import Nothing
from web.keys import COUNTING
from web.pages.segments import check_sound


async def listed(ask: Ask[Nothing]) -> Json:
    """All, the weightiest first."""
    async with ask.desk.look() as session:
        return {"items": [segment_json(each) for each in await segments.listed(session, ask.operator.office_id)]}


async def shown(ask: Ask[Nothing]) -> Json:
    """Who is in one now."""
    async with ask.request.app[COUNTING], ask.desk.look() as session:
        return preview_json(await segments.preview_of(session, ask.operator.office_id, ask.id, ask.desk.clock()))


async def preview(ask: Ask[ConditionsGiven]) -> Json:
    """Whom a question would find."""
    async with ask.request.app[COUNTING], ask.desk.look() as session:
        found = await segments.preview(session, ask.operator.office_id, ask.given.conditions, ask.desk.clock())
    return preview_json(found)


async def make(ask: Ask[SegmentGiven]) -> Json:
    """A new one."""
    form = _form(ask)

    async def do(work: Work) -> Json:
        return segment_json(await segments.make(work, ask.operator.id, form))

    return await ask.once(do)


async def change(ask: Ask[SegmentGiven]) -> Json:
    """Another name, question or treatment."""
    form = _form(ask)

    async def do(work: Work) -> Json:
        return segment_json(await segments.change(work, ask.operator.id, ask.id, form, ask.given.version))

    return await ask.once(do)


async def remove(ask: Ask[Nothing]) -> Json:
    """Take it away; its customers stay."""

    async def do(work: Work) -> Json:
        await segments.remove(work, ask.operator.id, ask.id)
        return DONE

    return await ask.once(do)


async def add(ask: Ask[MembersGiven]) -> Json:
    """Put customers into a group."""

    async def do(work: Work) -> Json:
        return {"count": await segments.add_members(work, ask.operator.id, ask.id, ask.given.customers)}

    return await ask.once(do)


async def take_out(ask: Ask[MembersGiven]) -> Json:
    """Take customers out of a group."""

    async def do(work: Work) -> Json:
        return {"count": await segments.remove_members(work, ask.operator.id, ask.id, ask.given.customers)}

    return await ask.once(do)


def preview_json(found: Preview) -> Json:
    """For whoever shows it."""
    return {
        "count": found.count,
        "first": [{"id": each, "name": name, "trips": trips} for each, name, trips in found.first],
    }


def _form(ask: Ask[SegmentGiven]) -> SegmentForm:
    given = ask.given
    check_sound(ask.request, given.sound)
    return SegmentForm(
        given.name, given.conditions, given.kind, given.greeting, given.hint, given.priority, given.sound, given.said
    )
