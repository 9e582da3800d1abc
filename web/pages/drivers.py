"""Drivers: the list by number or name."""

from __future__ import annotations

from desk.driver.drivers import list_drivers
from desk.ordering.order_views import driver_json
from web.api.ask import Ask, Json
from web.api.given import DriversQuery


async def listed(ask: Ask[DriversQuery]) -> Json:
    """Drivers whose number begins with `q` or whose name contains it."""
    query = ask.given
    async with ask.desk.look() as session:
        found = await list_drivers(
            session, ask.operator.office_id, query.q, query.state, query.limit + 1, query.cursor or 0
        )
        items = [driver_json(driver) for driver in found]
    shown = items[: query.limit]
    return {"items": shown, "next": shown[-1]["id"] if len(items) > query.limit else None}
