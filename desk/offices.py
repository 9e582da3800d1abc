"""The firm itself: what its country, currency and time zone are, for whoever has to show numbers, money and days."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from desk.errors import NotFound
from models import Office


async def by_id(session: AsyncSession, office_id: int) -> Office:
    """The office. Raises NotFound."""
    office = await session.get(Office, office_id)
    if office is None:
        raise NotFound(f"there is no office {office_id}", office_id=office_id)
    return office
