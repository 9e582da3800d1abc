"""How long drivers were on duty: whole seconds of their shifts within some days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.clock.local_time import milliseconds
from models import Driver, Shift
from models.base import UtcDateTime


async def seconds(
    session: AsyncSession, office_id: int, since: datetime, until: datetime, now: datetime | None = None
) -> Mapping[int, int]:
    """By driver, from `since` until `until`, a shift that is not over until `now`; those who were not on duty are left out."""
    end = until if now is None else min(until, now)
    begun: Any = case((Shift.started_at < since, literal(since, UtcDateTime)), else_=Shift.started_at)
    over = or_(Shift.ended_at.is_(None), Shift.ended_at > end)
    ended: Any = case((over, literal(end, UtcDateTime)), else_=Shift.ended_at)
    took = func.sum(milliseconds(begun, ended, session.get_bind().dialect.name))
    rows = await session.execute(
        select(Shift.driver_id, took)
        .join(Driver, Driver.id == Shift.driver_id)
        .where(
            Driver.office_id == office_id,
            Shift.started_at < end,
            or_(Shift.ended_at.is_(None), Shift.ended_at > since),
        )
        .group_by(Shift.driver_id)
    )
    return {driver_id: int(ms) // 1000 for driver_id, ms in rows}
