"""Texts that wait for a person, and those that were dealt with: what the desk reads, and that somebody is done with one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import events
from desk.errors import NotFound
from desk.message import incoming_texts
from desk.message.text_senders import names_of
from desk.office.people import operator_of
from desk.views import Json, moment
from desk.work import Work
from models import IncomingText, Operator

WAITING = "inbox"


@dataclass(frozen=True, slots=True)
class Received:
    """A text that came in, whose number it came from as far as that is known, and who dealt with it."""

    one: IncomingText
    name: str
    handled_by: str | None

    def as_json(self) -> Json:
        row = self.one
        return {
            "id": row.id,
            "sender": row.sender,
            "name": self.name or None,
            "text": row.text,
            "whole": row.whole,
            "meaning": row.meaning,
            "outcome": row.outcome,
            "offer_id": row.offer_id,
            "received_at": moment(row.received_at),
            "handled_at": moment(row.handled_at),
            "handled_by": self.handled_by,
        }


async def listed(
    session: AsyncSession, office_id: int, *, waiting: bool = False, limit: int = 50, before_id: int | None = None
) -> list[Received]:
    """Texts that came in, newest first; `waiting`: only those that wait for a person."""
    query = select(IncomingText).where(IncomingText.office_id == office_id)
    if waiting:
        query = query.where(IncomingText.outcome == WAITING, IncomingText.handled_at.is_(None))
    if before_id is not None:
        query = query.where(IncomingText.id < before_id)
    return await _with_names(
        session, office_id, (await session.scalars(query.order_by(IncomingText.id.desc()).limit(limit))).all()
    )


async def one(session: AsyncSession, text_id: int) -> tuple[int, Received]:
    """The text and its office. Raises NotFound."""
    row = await session.get(IncomingText, text_id)
    if row is None:
        raise NotFound(f"there is no text {text_id}", text_id=text_id)
    return row.office_id, (await _with_names(session, row.office_id, [row]))[0]


async def waiting_count(session: AsyncSession, office_id: int) -> int:
    """How many texts wait for a person."""
    query = select(func.count()).where(
        IncomingText.office_id == office_id, IncomingText.outcome == WAITING, IncomingText.handled_at.is_(None)
    )
    return await session.scalar(query) or 0


async def done(work: Work, operator_id: int, text_id: int) -> IncomingText:
    """Somebody is done with it; saying it again is harmless. Raises NotFound, also for another office's."""
    operator = await operator_of(work, operator_id)
    text = await incoming_texts.hold(work, text_id)
    if text.office_id != operator.office_id:
        raise NotFound(f"there is no text {text_id}", text_id=text_id)
    if text.handled_at is None:
        text.handled_at, text.handled_by = work.now, operator.id
        await work.session.flush()
        work.tell(events.TextHandled(work.now, text.id))
    return text


async def _with_names(session: AsyncSession, office_id: int, rows: Sequence[IncomingText]) -> list[Received]:
    names = await names_of(session, office_id, [row.sender for row in rows])
    hands = {row.handled_by for row in rows if row.handled_by is not None}
    found = await session.execute(select(Operator.id, Operator.name).where(Operator.id.in_(hands)))
    people = {row.id: row.name for row in found}
    return [Received(row, names.get(row.sender, ""), people.get(row.handled_by or 0)) for row in rows]
