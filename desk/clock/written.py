"""The newest moment that is written down: before it nothing can happen any more, whatever the machine's clock says at a start."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models import AuditEntry, Call, Message, OrderStep

_NEWEST = (
    select(Call.arrived_at, Call.ended_at).order_by(Call.id.desc()).limit(1),
    select(OrderStep.at).order_by(OrderStep.id.desc()).limit(1),
    select(Message.created_at, Message.updated_at).order_by(Message.id.desc()).limit(1),
    select(AuditEntry.at).order_by(AuditEntry.id.desc()).limit(1),
)


async def last_written(session: AsyncSession) -> datetime | None:
    """Of the last call, the last step of an order, the last text and the last row of the record; None on an empty database."""
    rows = [row for query in _NEWEST for row in await session.execute(query)]
    return max((moment for row in rows for moment in row if moment is not None), default=None)
