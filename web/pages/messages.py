"""Text messages and what became of them."""

from __future__ import annotations

from desk.message.messages import list_messages
from desk.ordering.order_views import message_json
from web.api.ask import Ask, Json
from web.api.given import MessagesQuery


async def listed(ask: Ask[MessagesQuery]) -> Json:
    """Messages, newest first."""
    query = ask.given
    async with ask.desk.look() as session:
        found = await list_messages(session, ask.operator.office_id, query.order_id, query.limit + 1, query.cursor)
        items = [message_json(message) for message in found]
    shown = items[: query.limit]
    return {"items": shown, "next": shown[-1]["id"] if len(items) > query.limit else None}
