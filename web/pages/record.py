"""Who of the office did what."""

from __future__ import annotations

from desk import audit_chain
from desk.views import moment
from web.api.ask import Ask, Json
from web.api.given import RecordQuery


async def listed(ask: Ask[RecordQuery]) -> Json:
    """The record of the office's people, newest first. A refused log-in is nobody's (`operator` null)."""
    query = ask.given
    async with ask.desk.look() as session:
        found = await audit_chain.of_office(session, ask.operator.office_id, query.limit + 1, query.cursor)
    items = [
        {
            "id": row.id,
            "at": moment(row.at),
            "operator": {"id": who.id, "name": who.name} if who else None,
            "what": row.what,
            "subject": row.subject,
            "detail": row.detail,
            "digest": row.digest,
        }
        for row, who in found
    ]
    shown = items[: query.limit]
    return {"items": shown, "next": shown[-1]["id"] if len(items) > query.limit else None}
