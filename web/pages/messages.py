"""Text messages and what became of them."""

from __future__ import annotations

from desk.message import unheard
from desk.message.messages import list_messages
from desk.ordering.order_views import message_json, order_json
from desk.work import Work
from web.api.ask import Ask, Json
from web.api.given import MessagesQuery
from web.api.shapes import Nothing


async def listed(ask: Ask[MessagesQuery]) -> Json:
    """Messages, newest first."""
    query = ask.given
    async with ask.desk.look() as session:
        found = await list_messages(session, ask.operator.office_id, query.order_id, query.limit + 1, query.cursor)
        items = [message_json(message) for message in found]
    shown = items[: query.limit]
    return {"items": shown, "next": shown[-1]["id"] if len(items) > query.limit else None}


async def resend(ask: Ask[Nothing]) -> Json:
    """A text that nobody heard is sent once more."""

    async def do(work: Work) -> Json:
        return await order_json(work.session, await unheard.resend(work, ask.operator.id, ask.id))

    return await ask.once(do)


async def seen(ask: Ask[Nothing]) -> Json:
    """Somebody is done with a text that nobody heard."""

    async def do(work: Work) -> Json:
        return await order_json(work.session, await unheard.seen(work, ask.operator.id, ask.id))

    return await ask.once(do)
