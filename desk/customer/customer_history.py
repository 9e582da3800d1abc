"""What happened with one customer, newest first, in one order: calls, orders, texts both ways, what the office did to him.

Told some at a time: the last one's place is the cursor of those before it, whatever their number and whatever comes in meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.customer import person_rows
from desk.customer.person_rows import Span
from desk.errors import Invalid
from desk.views import Json, moment
from models import Call, Customer, CustomerDeed, IncomingText, Message, Operator, Order

AT_A_TIME: Final = 100
MOST: Final = 200
KINDS: Final = ("call", "deed", "order", "received", "text")


@dataclass(frozen=True, slots=True)
class Event:
    """`kind` is "call" (↗: one of us called him), "order", "text" (sent), "received" (a text that came) or "deed".

    `state` is how it stands (of a deed: what was done), `words` what it says.
    """

    at: datetime
    kind: str
    id: int
    state: str
    words: str
    fare: int | None = None
    by: str | None = None

    def as_json(self) -> Json:
        return {
            "at": moment(self.at),
            "kind": self.kind,
            "id": self.id,
            "state": self.state,
            "words": self.words,
            "fare": self.fare,
            "by": self.by,
        }


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some of it, newest first; `older` is the cursor of what was before, or null at the end."""

    items: tuple[Event, ...]
    older: str | None


@dataclass(frozen=True, slots=True)
class _Before:
    """The place of an event in the order: only what comes after it, that is what was before, is asked for."""

    at: datetime
    kind: str
    id: int

    def of(self, kind: str, at: Any, row_id: Any) -> ColumnElement[bool]:
        if kind < self.kind:
            return at <= self.at  # type: ignore[no-any-return]
        if kind > self.kind:
            return at < self.at  # type: ignore[no-any-return]
        return or_(at < self.at, and_(at == self.at, row_id < self.id))


async def of_customer(
    session: AsyncSession, customer: Customer, cursor: str | None = None, limit: int = AT_A_TIME
) -> Stretch:
    """The newest `limit`, or those before `cursor`. Raises Invalid for a cursor that is none of ours."""
    before = None if not cursor else _read(cursor)
    few = limit + 1
    found = [
        *await _calls(session, customer.id, before, few),
        *await _orders(session, customer.id, before, few),
        *await _texts(session, customer, before, few),
        *await _deeds(session, customer.id, before, few),
    ]
    found.sort(key=lambda each: (each.at, each.kind, each.id), reverse=True)
    items = tuple(found[:limit])
    return Stretch(items, _written(items[-1]) if len(found) > limit else None)


async def _calls(session: AsyncSession, customer_id: int, before: _Before | None, few: int) -> list[Event]:
    about = (Call.id, Call.arrived_at, Call.state, Call.disposition, Call.number, Call.choice_text, Call.direction)
    query = select(*about, Operator.name)
    query = query.outerjoin(Operator, Operator.id == Call.operator_id).where(Call.customer_id == customer_id)
    rows = await session.execute(_last(query, "call", Call.arrived_at, Call.id, before, few))
    return [
        Event(
            row.arrived_at,
            "call",
            row.id,
            row.disposition or row.state,
            _joined(row.number if row.direction == "in" else f"↗ {row.number}", row.choice_text),
            by=row.name,
        )
        for row in rows
    ]


async def _orders(session: AsyncSession, customer_id: int, before: _Before | None, few: int) -> list[Event]:
    query = select(Order, Operator.name).outerjoin(Operator, Operator.id == Order.taken_by)
    query = query.where(Order.customer_id == customer_id)
    rows = await session.execute(_last(query, "order", Order.taken_at, Order.id, before, few))
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


async def _texts(session: AsyncSession, customer: Customer, before: _Before | None, few: int) -> list[Event]:
    """What his numbers were sent while they were his, about an order or to many, and what came from them."""
    spans = await person_rows.spans_of(session, customer)
    sent = select(Message).where(
        Message.office_id == customer.office_id,
        Message.audience != "driver",
        _by_his_numbers(spans, Message.recipient, Message.created_at),
    )
    came = select(IncomingText).where(
        IncomingText.office_id == customer.office_id,
        _by_his_numbers(spans, IncomingText.sender, IncomingText.received_at),
    )
    sent = _last(sent, "text", Message.created_at, Message.id, before, few)
    came = _last(came, "received", IncomingText.received_at, IncomingText.id, before, few)
    return [
        *(Event(one.created_at, "text", one.id, one.state, one.text) for one in await session.scalars(sent)),
        *(Event(one.received_at, "received", one.id, "received", one.text) for one in await session.scalars(came)),
    ]


def _by_his_numbers(spans: Sequence[Span], number: Any, at: Any) -> ColumnElement[bool]:
    return or_(false(), *(span.of(number, at) for span in spans))


async def _deeds(session: AsyncSession, customer_id: int, before: _Before | None, few: int) -> list[Event]:
    query = select(CustomerDeed, Operator.name).outerjoin(Operator, Operator.id == CustomerDeed.operator_id)
    query = query.where(CustomerDeed.customer_id == customer_id)
    rows = await session.execute(_last(query, "deed", CustomerDeed.at, CustomerDeed.id, before, few))
    return [Event(deed.at, "deed", deed.id, deed.what, deed.words or "", by=name) for deed, name in rows]


def _last(query: Any, kind: str, at: Any, row_id: Any, before: _Before | None, few: int) -> Any:
    if before is not None:
        query = query.where(before.of(kind, at, row_id))
    return query.order_by(at.desc(), row_id.desc()).limit(few)


def _written(event: Event) -> str:
    at = event.at.astimezone(UTC)
    return f"{at:%Y%m%dT%H%M%S.%f}-{event.kind}-{event.id}"


def _read(cursor: str) -> _Before:
    at, _, rest = cursor.partition("-")
    kind, _, row_id = rest.partition("-")
    try:
        if kind not in KINDS or not row_id.isascii() or not row_id.isdigit() or len(row_id) > 18:
            raise ValueError
        return _Before(datetime.strptime(at, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC), kind, int(row_id))
    except ValueError:
        raise Invalid("that is no cursor of this list", field="cursor") from None


def _joined(*parts: Any) -> str:
    return " · ".join(str(part) for part in parts if part)
