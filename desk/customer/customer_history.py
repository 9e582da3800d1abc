"""What happened with one customer, newest first, in one scroll: calls, orders, texts both ways, what the office did to him."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models import Call, CustomerDeed, CustomerPhone, IncomingText, Message, Operator, Order

OF_EACH = 100
"""So many of each kind at most, the newest."""


@dataclass(frozen=True, slots=True)
class Event:
    """`kind` is "call", "order", "text" (sent), "received" (a text that came) or "deed".

    `state` is how it stands (of a deed: what was done), `words` what it says.
    """

    at: datetime
    kind: str
    id: int
    state: str
    words: str
    fare: int | None = None
    by: str | None = None


async def of_customer(session: AsyncSession, customer_id: int) -> list[Event]:
    """The newest of each kind, in one order."""
    found = [
        *await _calls(session, customer_id),
        *await _orders(session, customer_id),
        *await _texts(session, customer_id),
        *await _deeds(session, customer_id),
    ]
    return sorted(found, key=lambda each: (each.at, each.kind, each.id), reverse=True)


async def _calls(session: AsyncSession, customer_id: int) -> list[Event]:
    query = select(Call.id, Call.arrived_at, Call.state, Call.disposition, Call.number, Call.choice_text, Operator.name)
    rows = await session.execute(
        query.outerjoin(Operator, Operator.id == Call.operator_id)
        .where(Call.customer_id == customer_id)
        .order_by(Call.id.desc())
        .limit(OF_EACH)
    )
    return [
        Event(
            row.arrived_at,
            "call",
            row.id,
            row.disposition or row.state,
            _joined(row.number, row.choice_text),
            by=row.name,
        )
        for row in rows
    ]


async def _orders(session: AsyncSession, customer_id: int) -> list[Event]:
    query = select(Order, Operator.name).outerjoin(Operator, Operator.id == Order.taken_by)
    rows = await session.execute(query.where(Order.customer_id == customer_id).order_by(Order.id.desc()).limit(OF_EACH))
    return [
        Event(
            order.taken_at,
            "order",
            order.id,
            order.state,
            _joined(f"{order.origin_text} → {order.destination_text or '–'}", order.note),
            order.fare,
            name,
        )
        for order, name in rows
    ]


async def _texts(session: AsyncSession, customer_id: int) -> list[Event]:
    """What his numbers were sent, about an order or to many, and what came from them."""
    phones = select(CustomerPhone.office_id, CustomerPhone.number).where(CustomerPhone.customer_id == customer_id)
    told: list[Event] = []
    for office_id, number in (await session.execute(phones)).all():
        sent = select(Message).where(
            Message.office_id == office_id, Message.recipient == number, Message.audience != "driver"
        )
        came = select(IncomingText).where(IncomingText.office_id == office_id, IncomingText.sender == number)
        told += [
            Event(one.created_at, "text", one.id, one.state, one.text)
            for one in await session.scalars(sent.order_by(Message.id.desc()).limit(OF_EACH))
        ]
        told += [
            Event(one.received_at, "received", one.id, "received", one.text)
            for one in await session.scalars(came.order_by(IncomingText.received_at.desc()).limit(OF_EACH))
        ]
    return told


async def _deeds(session: AsyncSession, customer_id: int) -> list[Event]:
    query = select(CustomerDeed, Operator.name).outerjoin(Operator, Operator.id == CustomerDeed.operator_id)
    rows = await session.execute(
        query.where(CustomerDeed.customer_id == customer_id).order_by(CustomerDeed.id.desc()).limit(OF_EACH)
    )
    return [Event(deed.at, "deed", deed.id, deed.what, deed.words or "", by=name) for deed, name in rows]


def _joined(*parts: Any) -> str:
    return " · ".join(str(part) for part in parts if part)
