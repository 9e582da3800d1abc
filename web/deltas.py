"""From a desk event to what browsers are told: one read by key an event, everything a card needs, in plain JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from desk import call_views, messages
from desk.errors import NotFound
from desk.events import (
    CallAnswered,
    CallArrived,
    CallChosen,
    CallEnded,
    CallIdentified,
    CallRinging,
    Event,
    MessageChanged,
    OrderAssigned,
    OrderChanged,
    OrderTaken,
    PartChanged,
)
from desk.order_views import message_json, order_json

Json = dict[str, Any]
Reader = Callable[[AsyncSession, Any], Awaitable[Json]]
FLAT = ("number", "name", "line", "source", "linkedid")


async def _arrived(session: AsyncSession, event: CallArrived) -> Json:
    # The pop: it must not wait for the customer's history, which follows with call.identified.
    return _call((await call_views.brief(session, event.call_id)).as_json())


async def _called(session: AsyncSession, event: CallIdentified) -> Json:
    return _call((await call_views.card(session, event.call_id)).as_json())


def _call(call: Json) -> Json:
    return {"call_id": call["id"], **{name: call[name] for name in FLAT}, "call": call}


async def _ordered(session: AsyncSession, event: OrderTaken) -> Json:
    return {"order": await order_json(session, event.order_id)}


async def _messaged(session: AsyncSession, event: MessageChanged) -> Json:
    return {"message": message_json(await messages.one(session, event.message_id))}


async def _parted(_session: AsyncSession, event: PartChanged) -> Json:
    return {"part": event.part, "ok": event.ok, "reason": event.reason}


READERS: dict[type[Event], tuple[str, Reader]] = {
    CallArrived: ("call.arrived", _arrived),
    CallIdentified: ("call.identified", _called),
    CallChosen: ("call.chosen", _called),
    CallRinging: ("call.ringing", _called),
    CallAnswered: ("call.answered", _called),
    CallEnded: ("call.ended", _called),
    OrderTaken: ("order.taken", _ordered),
    OrderChanged: ("order.changed", _ordered),
    OrderAssigned: ("order.assigned", _ordered),
    MessageChanged: ("message.changed", _messaged),
    PartChanged: ("part.changed", _parted),
}
"""What is told to browsers: by which name, and how its content is read."""


async def delta_of(session: AsyncSession, event: Event) -> tuple[str, Json] | None:
    """The type and content of what browsers are told of `event`; None when the row is gone again."""
    kind, read = READERS[type(event)]
    try:
        return kind, await read(session, event)
    except NotFound:
        return None
