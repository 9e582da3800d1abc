"""The demo's drivers say where they are, so that their places do not grow old; who has a page open is left alone."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from callboard import demo_drivers
from desk.work import Desk
from models import Driver
from tests.site import make_site


async def test_whoever_is_on_duty_and_silent_stands_where_he_stood(desk: Desk) -> None:
    site = await make_site(desk)
    async with desk.work() as work:
        began = work.now
        await work.session.execute(update(Driver).values(located_at=began - timedelta(hours=1)))
        await work.session.execute(update(Driver).where(Driver.id == site.drivers[1]).values(state="off"))
        await work.session.execute(update(Driver).where(Driver.id == site.drivers[2]).values(located_at=began))
        before = {row.id: row.lat for row in await work.session.scalars(select(Driver))}
    async with desk.work() as work:
        await demo_drivers.say(work)
    async with desk.look() as session:
        rows = {row.id: row for row in await session.scalars(select(Driver))}
    assert rows[site.drivers[0]].located_at >= began
    assert rows[site.drivers[1]].located_at == began - timedelta(hours=1)
    assert rows[site.drivers[2]].located_at == began
    assert {each: rows[each].lat for each in rows} == before
