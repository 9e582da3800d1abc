"""Drivers: the list by number or name, and duty for those who cannot say it themselves."""

from __future__ import annotations

from desk.driver import duty as office_duty
from desk.driver.drivers import list_drivers
from desk.ordering.order_views import driver_json
from desk.work import Work
from web.api.ask import Ask, Json
from web.api.given import DriversQuery
from web.api.given_driver import Duty


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


async def duty(ask: Ask[Duty]) -> Json:
    """On duty, or off it; a trip that he is on he brings to its end first."""

    async def do(work: Work) -> Json:
        return driver_json(await office_duty.put(work, ask.operator.id, ask.id, ask.given.on))

    return await ask.once(do)
