"""Everything a console shows when it opens, read in one transaction."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from desk.call import calls, wrap_ups
from desk.customer import task_views
from desk.driver import driver_papers
from desk.message import inbox, messages, unheard
from desk.office import offices, pauses
from desk.ordering import orders
from desk.ordering.order_views import message_json, orders_json

RECENT_ORDERS = 20
OPEN_ORDERS = 1_000
RECENT_MESSAGES = 20


async def read_snapshot(session: AsyncSession, office_id: int, begun: asyncio.Event) -> dict[str, Any]:
    """Open and recent calls, orders and messages. `begun` is set with the first read: from then on nothing newer is seen."""
    open_ids = await orders.list_orders(session, office_id, open_only=True, limit=OPEN_ORDERS)
    begun.set()
    recent_ids = await orders.list_orders(session, office_id, limit=RECENT_ORDERS)
    order_ids = sorted({*open_ids, *recent_ids, *await unheard.open_orders(session, office_id)}, reverse=True)
    recent_messages = await messages.list_messages(session, office_id, limit=RECENT_MESSAGES)
    return {
        "calls": [call.as_json() for call in await calls.board(session, office_id)],
        "orders": await orders_json(session, order_ids),
        "messages": [message_json(message) for message in recent_messages],
        "pauses": [pause.as_json() for pause in await pauses.now(session, office_id)],
        "texts_waiting": await inbox.waiting_count(session, office_id),
        "papers": await driver_papers.open_count(session, office_id),
        "wrap_ups": wrap_ups.told(await offices.by_id(session, office_id)),
        "tasks": await task_views.to_count(session, office_id),
    }
