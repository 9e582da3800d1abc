"""All drivers settled at once, for programs: propose, tick, approve, drop, and read again."""

from __future__ import annotations

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from desk.books import batch_views, batches
from desk.clock import days
from desk.office import offices
from desk.rules.settling import SettlingRule
from desk.views import Json
from desk.work import Work
from web.api.ask import DONE, Ask
from web.api.given_money import BatchGiven, LinesGiven
from web.api.shapes import Nothing

LONGEST = 1024 * 1024
"""The longest body or form of a batch, in bytes: 20,000 ticks fit in."""


async def listed(ask: Ask[Nothing]) -> Json:
    """The office's batches, newest first."""
    async with ask.desk.look() as session:
        found = await batch_views.listed(session, ask.operator.office_id)
    return {"items": [batch.as_json() for batch in found], "next": None}


async def shown(ask: Ask[Nothing]) -> Json:
    """One batch with its lines."""
    async with ask.desk.look() as session:
        return await _whole(session, ask, ask.id)


async def propose(ask: Ask[BatchGiven]) -> Json:
    """A proposal for some days; nothing is booked."""

    async def act(work: Work) -> Json:
        given, office = ask.given, await offices.by_id(work.session, ask.operator.office_id)
        span = days.span(office.timezone, date.fromisoformat(given.from_), date.fromisoformat(given.to))
        rule = SettlingRule(given.keep, given.unit, given.needed)
        made = await batches.propose(work, ask.operator.id, span, rule, without_account=given.without_account)
        return await _whole(work.session, ask, made.id)

    return await ask.once(act)


async def tick(ask: Ask[LinesGiven]) -> Json:
    """These lines are in it, and no others."""

    async def act(work: Work) -> Json:
        await batches.tick(work, ask.operator.id, ask.id, ask.given.lines)
        return await _whole(work.session, ask, ask.id)

    return await ask.once(act)


async def approve(ask: Ask[LinesGiven]) -> Json:
    """Post the lines, which are those that are ticked."""

    async def act(work: Work) -> Json:
        await batches.approve(work, ask.operator.id, ask.id, ask.given.lines)
        return await _whole(work.session, ask, ask.id)

    return await ask.once(act)


async def drop(ask: Ask[Nothing]) -> Json:
    """Throw it away."""

    async def act(work: Work) -> Json:
        await batches.drop(work, ask.operator.id, ask.id)
        return DONE

    return await ask.once(act)


async def _whole(session: AsyncSession, ask: Ask[BatchGiven] | Ask[LinesGiven] | Ask[Nothing], batch_id: int) -> Json:
    told = await batch_views.told(session, ask.operator.office_id, batch_id)
    return {**told.as_json(), "lines": [line.as_json() for line in told.lines]}
