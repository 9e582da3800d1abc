"""What somebody opened by himself is on record: once for each person, thing and hour of the clock, so that the record does not
grow without sense.

    await seen.note(desk, operator_id, "driver.opened", "17", there)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.office.people import audit, operator_of
from desk.work import Desk, Work
from models import AuditEntry, Operator

There = Callable[[Work, int], Awaitable[None]]
"""Raises NotFound where the office has no such thing."""


async def note(desk: Desk, operator_id: int, what: str, subject: str, there: There) -> None:
    """Write down that this person opens it now. Raises what `there` raises; nothing is on record then.

    Whoever has opened it within the hour costs a look and no writing.
    """
    async with desk.look() as session:
        if await _known(session, operator_id, what, subject, desk.clock()):
            return
    await desk.do(lambda work: _note(work, operator_id, what, subject, there))


async def _note(work: Work, operator_id: int, what: str, subject: str, there: There) -> None:
    # One who opens it in two windows at once comes one after the other; whoever only names him in a row of his does not wait.
    mine = select(Operator.id).where(Operator.id == operator_id).with_for_update(key_share=True)
    await work.session.execute(mine)
    await there(work, (await operator_of(work, operator_id)).office_id)
    if not await _known(work.session, operator_id, what, subject, work.now):
        audit(work, operator_id, what, subject)


async def _known(session: AsyncSession, operator_id: int, what: str, subject: str, now: datetime) -> bool:
    return await session.scalar(_this_hour(operator_id, what, subject, now)) is not None


def _this_hour(operator_id: int, what: str, subject: str, now: datetime) -> Select[int]:
    hour = now.replace(minute=0, second=0, microsecond=0)
    asked: list[ColumnElement[bool]] = [
        AuditEntry.at >= hour,
        AuditEntry.operator_id == operator_id,
        AuditEntry.what == what,
        AuditEntry.subject == subject,
    ]
    return select(AuditEntry.id).where(*asked).limit(1)
