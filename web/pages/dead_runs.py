"""What a driver gets when nobody came out, for programs: every rule, and another one."""

from __future__ import annotations

from desk.books import dead_runs
from desk.office import offices
from desk.views import Json, moment
from desk.work import Work
from web.api.ask import Ask
from web.api.given_prices import DeadRunGiven
from web.api.given_texts import moment_of
from web.api.shapes import Nothing


async def listed(ask: Ask[Nothing]) -> Json:
    """What is given now, and every rule of the office."""
    async with ask.desk.look() as session:
        office = await offices.by_id(session, ask.operator.office_id)
        now = await dead_runs.amount_at(session, office.id, office.trade, office.currency, ask.desk.clock())
        rows = await dead_runs.versions(session, office)
    return {"currency": office.currency, "amount": now, "items": [_told(row) for row in rows]}


async def put(ask: Ask[DeadRunGiven]) -> Json:
    """Another sum, from a moment on."""

    async def act(work: Work) -> Json:
        at = moment_of(ask.given.holds_from)
        row = await dead_runs.put(work, ask.operator.id, ask.given.amount, at)
        return _told(dead_runs.Version(row.id, row.amount, row.holds_from, row.made_at, ask.operator.name))

    return await ask.once(act)


def _told(row: dead_runs.Version) -> Json:
    return {
        "id": row.id,
        "amount": row.amount,
        "holds_from": moment(row.holds_from),
        "made_at": moment(row.made_at),
        "made_by": row.made_by,
    }
