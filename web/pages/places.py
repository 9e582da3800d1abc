"""Places while they are typed."""

from __future__ import annotations

from desk import places
from web.ask import Ask, Json
from web.given import PlacesQuery


async def listed(ask: Ask[PlacesQuery]) -> Json:
    """The customer's own places first, then those of the office's book."""
    given = ask.given
    async with ask.desk.look() as session:
        found = await places.suggest(
            session, ask.operator.office_id, given.q, customer_id=given.customer_id, limit=given.limit
        )
    return {"items": [place.as_json() for place in found], "next": None}
