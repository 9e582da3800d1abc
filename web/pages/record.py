"""Who of the office did what."""

from __future__ import annotations

from desk.office import offices, record
from desk.views import moment
from web.api.ask import Ask, Json
from web.api.given import RecordQuery
from web.views.record_asked import asked


async def listed(ask: Ask[RecordQuery]) -> Json:
    """The record of the office's people, newest first. What nobody did who was signed in has no `operator`."""
    query = ask.given
    told = {name: str(value) for name, value in query.model_dump(by_alias=True).items() if value is not None}
    async with ask.desk.look() as session:
        office = await offices.by_id(session, ask.operator.office_id)
        found = await record.page(session, office, asked(told, office.timezone), query.limit, query.cursor)
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
        for row, who in found.rows
    ]
    return {"items": items, "next": found.next}
