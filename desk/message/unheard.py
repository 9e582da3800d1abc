"""Texts about orders that did not get through: the desk is alarmed of each once, until somebody has phoned or it has arrived.

A text counts as unheard when it has failed for good or was not sent in time, when nobody knows for two minutes whether it left,
or when the network took it half an hour ago and, though it tells of others, has not said that it arrived. What nobody needs to
hear any more is no alarm: an order that is over (unless its driver was told not to come), an assignment that has ended, a driver
who is on his way already. Who gave no number cannot be phoned, so there is none for him.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from desk import events
from desk.errors import NotFound, WrongState
from desk.message.order_texts import GIVEN_BACK
from desk.office.people import audit, operator_of
from desk.texts.message_states import LETS_IN, TOO_LATE, shown_text
from desk.trades import ASSIGNED, TAKEN
from desk.views import Json, moment
from desk.work import Work
from models import Assignment, Driver, Message, MessagePart, Operator, Order, TextAlarm

UNKNOWN_FOR = timedelta(minutes=2)
UNCONFIRMED_FOR = timedelta(minutes=30)
WATCHED_FOR = timedelta(hours=3)
"""What was due longer ago raises nothing new: what it said is history."""
CALLED_OFF = "sms.called_off."
KIND = "text"
MOST = 200


@dataclass(frozen=True, slots=True)
class Unheard:
    """One open alarm: `who` is the driver's name with his number, null for the customer."""

    alarm: TextAlarm
    message: Message
    who: str | None

    def as_json(self) -> Json:
        message = self.message
        return {
            "message_id": message.id,
            "audience": message.audience,
            "who": self.who,
            "number": message.recipient,
            "text": shown_text(message.text_key, message.text),
            "state": message.state,
            "detail": message.detail,
            "at": moment(self.alarm.raised_at),
        }


async def watch(work: Work) -> int:
    """Raise what is due and end what is over. Returns how many alarms were raised or ended."""
    ended = await _end(work)
    raised = list((await work.session.scalars(_due(work.now))).all())
    for message in raised:
        work.session.add(
            TextAlarm(
                office_id=message.office_id,
                order_id=message.order_id,
                message_id=message.id,
                state=message.state,
                raised_at=work.now,
            )
        )
    await work.session.flush()
    for order_id in dict.fromkeys([*ended, *(message.order_id for message in raised if message.order_id)]):
        work.tell(events.OrderAlarmed(work.now, order_id, KIND, "alarm", None))
    return len(ended) + len(raised)


async def something_to_do(session: AsyncSession, now: datetime) -> bool:
    """Whether `watch` would raise or end anything."""
    if (await session.scalars(_due(now).limit(1))).first() is not None:
        return True
    return (await session.execute(_over().limit(1))).first() is not None


async def of_orders(session: AsyncSession, order_ids: Iterable[int]) -> Mapping[int, Sequence[Unheard]]:
    """Open alarms by order, the oldest first."""
    rows = (
        await session.execute(
            select(TextAlarm, Message)
            .join(Message, Message.id == TextAlarm.message_id)
            .where(TextAlarm.order_id.in_(list(order_ids)), TextAlarm.ended_at.is_(None), Message.state != "delivered")
            .order_by(TextAlarm.id)
            .execution_options(populate_existing=True)
        )
    ).all()
    names = await _drivers(session, [message for _, message in rows if message.audience == "driver"])
    found: dict[int, list[Unheard]] = {}
    for alarm, message in rows:
        who = names.get((message.office_id, message.recipient)) if message.audience == "driver" else None
        found.setdefault(alarm.order_id, []).append(Unheard(alarm, message, who))
    return found


async def open_orders(session: AsyncSession, office_id: int) -> list[int]:
    """Orders with an open alarm, also closed ones: whoever opens the console is to see them."""
    query = select(TextAlarm.order_id).where(TextAlarm.office_id == office_id, TextAlarm.ended_at.is_(None))
    return list(dict.fromkeys(await session.scalars(query.order_by(TextAlarm.id.desc()).limit(MOST))))


async def done_of(session: AsyncSession, order_id: int) -> Sequence[tuple[TextAlarm, Message, str | None]]:
    """All alarms of an order, with the name of who saw to each."""
    query = (
        select(TextAlarm, Message, Operator.name)
        .join(Message, Message.id == TextAlarm.message_id)
        .outerjoin(Operator, Operator.id == TextAlarm.ended_by)
        .where(TextAlarm.order_id == order_id)
        .order_by(TextAlarm.id)
    )
    return [(alarm, message, name) for alarm, message, name in await session.execute(query)]


async def seen(work: Work, operator_id: int, message_id: int) -> int:
    """Somebody is done with an unheard text; who, is on record. Returns its order. Raises NotFound and WrongState."""
    _, alarm = await _open(work, operator_id, message_id)
    _close(work, alarm, "seen", operator_id)
    audit(work, operator_id, "text.seen_to", f"message {message_id}", {"order": alarm.order_id})
    await work.session.flush()
    work.tell(events.OrderChanged(work.now, alarm.order_id, operator_id))
    return alarm.order_id


async def resend(work: Work, operator_id: int, message_id: int) -> int:
    """Send an unheard text again, as it was, as a text of its own. Returns its order.

    Raises NotFound, and WrongState where it is no alarm (any more).
    """
    old, alarm = await _open(work, operator_id, message_id)
    again = Message(
        office_id=old.office_id,
        order_id=old.order_id,
        audience=old.audience,
        recipient=old.recipient,
        sender=old.sender,
        text_key=old.text_key,
        language=old.language,
        text=old.text,
        state="queued",
        next_try_at=work.now,
        created_at=work.now,
        updated_at=work.now,
    )
    work.session.add(again)
    await work.session.flush()
    alarm.resent_id = again.id
    _close(work, alarm, "resent", operator_id)
    audit(work, operator_id, "text.resent", f"message {message_id}", {"order": old.order_id, "as": again.id})
    await work.session.flush()
    work.tell(events.MessageChanged(work.now, again.id, again.order_id, again.state))
    work.tell(events.OrderChanged(work.now, alarm.order_id, operator_id))
    return alarm.order_id


async def _open(work: Work, operator_id: int, message_id: int) -> tuple[Message, TextAlarm]:
    office_id = (await operator_of(work, operator_id)).office_id
    message = await work.session.get(Message, message_id)
    if message is None or message.office_id != office_id:
        raise NotFound(f"there is no message {message_id}", message_id=message_id)
    query = select(TextAlarm).where(TextAlarm.message_id == message_id).with_for_update()
    alarm = (await work.session.scalars(query.execution_options(populate_existing=True))).one_or_none()
    if alarm is None or alarm.ended_at is not None:
        raise WrongState(f"message {message_id} waits for nobody any more", message_id=message_id)
    return message, alarm


def _close(work: Work, alarm: TextAlarm, ending: str, operator_id: int | None) -> None:
    alarm.ended_at, alarm.ending, alarm.ended_by = work.now, ending, operator_id


async def _end(work: Work) -> list[int]:
    """Arrived after all, or not needed any more."""
    rows = (await work.session.execute(_over().with_for_update(of=TextAlarm))).all()
    for alarm, state in rows:
        _close(work, alarm, "delivered" if state == "delivered" else "over", None)
    return [alarm.order_id for alarm, _ in rows]


def _over() -> Select[TextAlarm, str]:
    return (
        select(TextAlarm, Message.state)
        .join(Message, Message.id == TextAlarm.message_id)
        .join(Order, Order.id == TextAlarm.order_id)
        .outerjoin(Assignment, Assignment.id == Message.assignment_id)
        .where(TextAlarm.ended_at.is_(None), or_(Message.state == "delivered", ~_needed()))
        .order_by(TextAlarm.id)
        .limit(MOST)
    )


def _needed() -> ColumnElement[bool]:
    """Whether somebody still has to hear it."""
    of_assignment = or_(
        Message.assignment_id.is_(None),
        and_(Assignment.state == "active", or_(Message.audience != "driver", Order.state == ASSIGNED)),
    )
    still = or_(Message.text_key != GIVEN_BACK, Order.state == TAKEN)
    return or_(Message.text_key.startswith(CALLED_OFF), and_(Order.closed_at.is_(None), of_assignment, still))


def _due(now: datetime) -> Select[Message]:
    part = aliased(MessagePart)
    tells = exists().where(part.provider == Message.provider, part.state == "delivered").correlate(Message)
    unheard = or_(
        Message.state == "failed",
        and_(Message.state == "expired", or_(Message.provider.is_not(None), Message.detail == TOO_LATE)),
        and_(Message.state == "unknown", Message.updated_at <= now - UNKNOWN_FOR),
        and_(Message.state == "sent", Message.updated_at <= now - UNCONFIRMED_FOR, tells),
    )
    return (
        select(Message)
        .join(Order, Order.id == Message.order_id)
        .outerjoin(Assignment, Assignment.id == Message.assignment_id)
        .where(
            Message.state.in_(("failed", "expired", "unknown", "sent")),
            Message.next_try_at > now - WATCHED_FOR,
            Message.recipient != "",
            Message.text_key.not_in(LETS_IN),
            unheard,
            ~exists().where(TextAlarm.message_id == Message.id),
            _needed(),
        )
        .order_by(Message.id)
        .limit(MOST)
    )


async def _drivers(session: AsyncSession, messages: Sequence[Message]) -> dict[tuple[int, str], str]:
    phones = {message.recipient for message in messages}
    if not phones:
        return {}
    query = select(Driver).where(Driver.phone.in_(phones)).order_by(Driver.disabled_at.is_(None), Driver.id)
    return {(one.office_id, one.phone): f"#{one.number} {one.name}" for one in await session.scalars(query)}
