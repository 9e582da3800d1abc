"""Who takes no calls for a while: one says so of oneself, and all see it."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from desk.office import pauses
from desk.work import Work
from web.api.ask import Ask, Json
from web.api.given import PauseGiven
from web.api.shapes import Nothing


async def _told(session: AsyncSession, office_id: int) -> Json:
    return {"pauses": [pause.as_json() for pause in await pauses.now(session, office_id)]}


async def listed(ask: Ask[Nothing]) -> Json:
    """Who takes no calls now."""
    async with ask.desk.look() as session:
        return await _told(session, ask.operator.office_id)


async def begin(ask: Ask[PauseGiven]) -> Json:
    """Take no calls from now on; who takes none already has another reason."""

    async def do(work: Work) -> Json:
        await pauses.begin(work, ask.operator.id, ask.given.reason, ask.operator.id)
        return await _told(work.session, ask.operator.office_id)

    return await ask.once(do)


async def end(ask: Ask[Nothing]) -> Json:
    """Take calls again."""

    async def do(work: Work) -> Json:
        await pauses.end(work, ask.operator.id, ask.operator.id)
        return await _told(work.session, ask.operator.office_id)

    return await ask.once(do)
