"""A moment as people at the office read it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from models import Office


async def clock(session: AsyncSession, office_id: int, at: datetime) -> str:
    """Day and time on the office's own clock: "11/23 01:30"."""
    office = await session.get_one(Office, office_id)
    return at.astimezone(ZoneInfo(office.timezone)).strftime("%m/%d %H:%M")
