"""Who opened whose page: on record once for each person, customer and hour of the clock, so that the record does not grow without
sense.

    await openings.note(desk, operator_id, customer_id)

Only what somebody opens by himself is meant. The card of a call that comes in is shown to the desk unasked, and what a search
finds is a list: neither is written down.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.errors import NotFound
from desk.office.people import audit, operator_of
from desk.work import Desk, Work
from models import AuditEntry, Customer, Operator

OPENED: Final = "customer.opened"


async def note(desk: Desk, operator_id: int, customer_id: int) -> None:
    """Write down that this person opens this customer's page now. Raises NotFound, also for another office's customer.

    Whoever has opened it within the hour costs a look and no writing.
    """
    async with desk.look() as session:
        if await _known(session, operator_id, customer_id, desk.clock()):
            return
    await desk.do(lambda work: _note(work, operator_id, customer_id))


async def _note(work: Work, operator_id: int, customer_id: int) -> None:
    # One who opens it in two windows at once comes one after the other; whoever only names him in a row of his does not wait.
    mine = select(Operator.id).where(Operator.id == operator_id).with_for_update(key_share=True)
    await work.session.execute(mine)
    office_id = (await operator_of(work, operator_id)).office_id
    theirs = select(Customer.id).where(Customer.id == customer_id, Customer.office_id == office_id)
    if await work.session.scalar(theirs) is None:
        raise NotFound("there is no such customer", customer_id=customer_id)
    if not await _known(work.session, operator_id, customer_id, work.now):
        audit(work, operator_id, OPENED, _subject(customer_id))


async def _known(session: AsyncSession, operator_id: int, customer_id: int, now: datetime) -> bool:
    return await session.scalar(_this_hour(operator_id, customer_id, now)) is not None


def _this_hour(operator_id: int, customer_id: int, now: datetime) -> Select[int]:
    hour = now.replace(minute=0, second=0, microsecond=0)
    asked: list[ColumnElement[bool]] = [
        AuditEntry.at >= hour,
        AuditEntry.operator_id == operator_id,
        AuditEntry.what == OPENED,
        AuditEntry.subject == _subject(customer_id),
    ]
    return select(AuditEntry.id).where(*asked).limit(1)


def _subject(customer_id: int) -> str:
    return f"customer {customer_id}"
