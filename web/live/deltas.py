"""From a desk event to what browsers are told: one read by key an event, in plain JSON.

The customer's card comes when the call is identified and again when somebody answers, who is about to work with it. What only
moves the call (it rings, it ends, the caller chose) says nothing of the customer, not even null: who listens keeps what he has.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from desk.call import call_views, wrap_ups
from desk.customer import task_views
from desk.dispatching import modes
from desk.driver import driver_papers
from desk.errors import NotFound
from desk.events import (
    CallAnswered,
    CallArrived,
    CallChosen,
    CallCoded,
    CallEnded,
    CallIdentified,
    CallPlaced,
    CallRinging,
    CallTreated,
    CallWanted,
    CodesSet,
    Event,
    MessageChanged,
    ModesSet,
    OfferEnded,
    OfferMade,
    OperatorPaused,
    OrderAlarmed,
    OrderAssigned,
    OrderChanged,
    OrderTaken,
    PapersTold,
    PartChanged,
    SearchChanged,
    TasksChanged,
    TextArrived,
    TextHandled,
)
from desk.message import inbox, messages
from desk.office import offices, pauses
from desk.ordering.order_views import message_json, order_json, orders_json
from desk.views import CallView
from models import Operator, Order

Json = dict[str, Any]
Reader = Callable[[AsyncSession, Any], Awaitable[tuple[int | None, Json]]]
AHEAD = "orders read ahead"
FLAT = ("number", "name", "line", "source", "linkedid")


@dataclass(frozen=True, slots=True)
class Delta:
    """What browsers are told: only those of `office_id`; None is for everybody (it is about the server itself)."""

    office_id: int | None
    kind: str
    content: Json


async def _arrived(session: AsyncSession, event: CallArrived) -> tuple[int, Json]:
    # The pop: it must not wait for the customer's history, which follows with call.identified.
    return _call(await call_views.brief(session, event.call_id))


async def _called(session: AsyncSession, event: CallIdentified | CallAnswered | CallPlaced) -> tuple[int, Json]:
    return _call(await call_views.card(session, event.call_id))


async def _moved(
    session: AsyncSession, event: CallChosen | CallCoded | CallTreated | CallRinging | CallWanted | CallEnded
) -> tuple[int, Json]:
    office_id, content = _call(await call_views.brief(session, event.call_id))
    del content["call"]["customer"]
    return office_id, content


async def _wanted(session: AsyncSession, event: CallWanted) -> tuple[int, Json]:
    office_id, content = await _moved(session, event)
    operator = await session.get(Operator, event.operator_id) if event.operator_id is not None else None
    content["call"]["wanted_by"] = {"id": operator.id, "name": operator.name} if operator else None
    return office_id, content


def _call(view: CallView) -> tuple[int, Json]:
    call = view.as_json()
    return view.office_id, {"call_id": call["id"], **{name: call[name] for name in FLAT}, "call": call}


async def _ordered(session: AsyncSession, event: OrderTaken | SearchChanged) -> tuple[int | None, Json]:
    order = await session.get(Order, event.order_id)  # order_json finds it in the session
    read = session.info.get(AHEAD, {}).get(event.order_id) or await order_json(session, event.order_id)
    return order.office_id if order else None, {"order": read}


async def _messaged(session: AsyncSession, event: MessageChanged) -> tuple[int, Json]:
    message = await messages.one(session, event.message_id)
    return message.office_id, {"message": message_json(message)}


async def _texted(session: AsyncSession, event: TextArrived | TextHandled) -> tuple[int, Json]:
    office_id, received = await inbox.one(session, event.text_id)
    return office_id, {"text": received.as_json(), "texts_waiting": await inbox.waiting_count(session, office_id)}


async def _modes(session: AsyncSession, event: ModesSet) -> tuple[int, Json]:
    return event.office_id, {"modes": (await modes.told(session, event.office_id, event.at))["now"]}


async def _codes(session: AsyncSession, event: CodesSet) -> tuple[int, Json]:
    return event.office_id, {"wrap_ups": wrap_ups.told(await offices.by_id(session, event.office_id))}


async def _papers(session: AsyncSession, event: PapersTold) -> tuple[int, Json]:
    return event.office_id, {"papers": await driver_papers.open_count(session, event.office_id)}


async def _tasks(session: AsyncSession, event: TasksChanged) -> tuple[int, Json]:
    return event.office_id, {"tasks": await task_views.to_count(session, event.office_id)}


async def _paused(session: AsyncSession, event: OperatorPaused) -> tuple[int, Json]:
    return event.office_id, {"pauses": [pause.as_json() for pause in await pauses.now(session, event.office_id)]}


async def _parted(_session: AsyncSession, event: PartChanged) -> tuple[None, Json]:
    return None, {"part": event.part, "ok": event.ok, "reason": event.reason}


READERS: dict[type[Event], tuple[str, Reader]] = {
    CallArrived: ("call.arrived", _arrived),
    CallIdentified: ("call.identified", _called),
    CallPlaced: ("call.placed", _called),
    CallTreated: ("call.treated", _moved),
    CallChosen: ("call.chosen", _moved),
    CallRinging: ("call.ringing", _moved),
    CallWanted: ("call.wanted", _wanted),
    CallAnswered: ("call.answered", _called),
    CallEnded: ("call.ended", _moved),
    CallCoded: ("call.coded", _moved),
    OrderTaken: ("order.taken", _ordered),
    OrderChanged: ("order.changed", _ordered),
    OrderAlarmed: ("order.changed", _ordered),
    OrderAssigned: ("order.assigned", _ordered),
    SearchChanged: ("order.changed", _ordered),
    OfferMade: ("order.changed", _ordered),
    OfferEnded: ("order.changed", _ordered),
    MessageChanged: ("message.changed", _messaged),
    TextArrived: ("text.arrived", _texted),
    TextHandled: ("text.handled", _texted),
    ModesSet: ("modes.set", _modes),
    CodesSet: ("codes.set", _codes),
    PapersTold: ("papers.told", _papers),
    TasksChanged: ("tasks.changed", _tasks),
    OperatorPaused: ("pauses.changed", _paused),
    PartChanged: ("part.changed", _parted),
}
"""What is told to browsers: by which name, and how its content is read."""


ORDERED = tuple(kind for kind, (_, read) in READERS.items() if read is _ordered)


async def read_ahead(session: AsyncSession, events: Iterable[Event]) -> None:
    """Read the orders that `events` are about together, for `delta_of` with the same session: marked orders are many, and of
    one order several things are told at once (a search begins, somebody is asked).
    """
    ids = [event.order_id for event in events if isinstance(event, ORDERED)]  # type: ignore[attr-defined]
    read = await orders_json(session, dict.fromkeys(ids)) if len(ids) > 1 else []
    session.info[AHEAD] = {order["id"]: order for order in read}


async def delta_of(session: AsyncSession, event: Event) -> Delta | None:
    """What browsers are told of `event`, and whose; None when the row is gone again."""
    kind, read = READERS[type(event)]
    try:
        office_id, content = await read(session, event)
    except NotFound:
        return None
    return Delta(office_id, kind, content)
