"""Who has which order now, and how that ends. The partial unique indexes on `assignment` are what "one" rests on."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from desk.message import messages
from desk.work import Work
from models import Assignment, Driver, Shift

ACTIVE = "active"


async def of_order(session: AsyncSession, order_id: int) -> Assignment | None:
    """The active assignment of an order."""
    query = select(Assignment).where(Assignment.order_id == order_id, Assignment.state == ACTIVE)
    return (await session.execute(query)).scalar_one_or_none()


async def of_driver(session: AsyncSession, driver_id: int) -> Assignment | None:
    """The active assignment of a driver."""
    query = select(Assignment).where(Assignment.driver_id == driver_id, Assignment.state == ACTIVE)
    return (await session.execute(query)).scalar_one_or_none()


async def end(work: Work, assignment: Assignment, state: str, reason: str | None = None) -> None:
    """End an active assignment as "released" or "completed": the driver is free again, unsent texts about it expire."""
    assignment.state = state
    assignment.ended_at = work.now
    assignment.reason = reason or None
    await work.session.flush()
    await _free_driver(work, assignment.driver_id)
    if state == "released":
        await messages.withdraw(work, assignment.id, "the driver was released")


async def _free_driver(work: Work, driver_id: int) -> None:
    """A busy driver is free again from now on; one whose shift has ended meanwhile is off."""
    on_shift = select(Shift.id).where(Shift.driver_id == driver_id, Shift.ended_at.is_(None))
    state = "free" if (await work.session.execute(on_shift)).first() else "off"
    await work.session.execute(
        update(Driver)
        .where(Driver.id == driver_id, Driver.state == "busy")
        .values(
            state=state, free_since=work.now if state == "free" else None, done_lat=None, done_lon=None, done_at=None
        )
    )
