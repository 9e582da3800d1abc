"""Places while they are typed: what the desk knows at once, and what geocoders on the network know, asked for apart."""

from __future__ import annotations

from desk.place import places
from web.api.ask import Ask, Json
from web.api.given import NetworkPlacesQuery, PlacesQuery
from web.keys import OUTSIDE


async def listed(ask: Ask[PlacesQuery]) -> Json:
    """The customer's own places first, then those of the office's book."""
    given = ask.given
    async with ask.desk.look() as session:
        found = await places.suggest(
            session, ask.operator.office_id, given.q, customer_id=given.customer_id, limit=given.limit
        )
    return {"items": [place.as_json() for place in found], "next": None}


async def on_the_network(ask: Ask[NetworkPlacesQuery]) -> Json:
    """What geocoders find; nothing where none is configured, or none answers in time."""
    found = await ask.request.app[OUTSIDE].geocoder.find(ask.given.q)
    return {"items": [each.as_json(number) for number, each in enumerate(found, 1)], "next": None}
