"""Trips that ended without a fare, for programs."""

from __future__ import annotations

from desk.ordering import open_fares
from desk.ordering.order_views import order_json
from desk.views import Json
from desk.work import Work
from web.api.ask import Ask
from web.api.given_money import FareGiven
from web.api.shapes import Nothing


async def listed(ask: Ask[Nothing]) -> Json:
    """All of them, the oldest first."""
    async with ask.desk.look() as session:
        rows = await open_fares.listed(session, ask.operator.office_id)
    return {"items": [row.as_json() for row in rows], "next": None}


async def add(ask: Ask[FareGiven]) -> Json:
    """The fare of one of them."""

    async def do(work: Work) -> Json:
        await open_fares.add(work, ask.operator.id, ask.id, ask.given.fare)
        return await order_json(work.session, ask.id)

    return await ask.once(do)
