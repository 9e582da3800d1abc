"""What an office's screen on the wall shows: counts and times, read together; nothing in it is about any one person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from desk.clock import days
from desk.views import Json, moment
from models import Assignment, Call, Driver, Office, Order, Promise, Search
from models.call import OPEN_STATES

SOON = timedelta(minutes=5)
"""A promise that breaks within this time is about to break, as on the board."""
MEDIAN_OF = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Wall:
    """One moment of an office. `waiting_since` is the arrival of who has waited longest; `dispatched_s` the median, in seconds,
    from the ring to a driver of the orders that got theirs within the last hour, null where none did.

    `today` counts since the office's midnight: orders taken, completed and cancelled, calls that came in and those missed.
    """

    at: datetime
    office: str
    timezone: str
    waiting: int
    waiting_since: datetime | None
    talking: int
    orders: dict[str, int]
    unassigned: int
    promises: int
    on_duty: int
    free: int
    dispatched_s: int | None
    today: dict[str, int]

    def as_json(self) -> Json:
        return {
            "at": moment(self.at),
            "office": self.office,
            "timezone": self.timezone,
            "waiting": self.waiting,
            "waiting_since": moment(self.waiting_since),
            "talking": self.talking,
            "orders": self.orders,
            "unassigned": self.unassigned,
            "promises": self.promises,
            "on_duty": self.on_duty,
            "free": self.free,
            "dispatched_s": self.dispatched_s,
            "today": self.today,
        }


async def look(session: AsyncSession, office_id: int, now: datetime) -> Wall:
    """The office at this moment, in a fixed number of look-ups by index, however long its history."""
    office = await session.get_one(Office, office_id)
    day = days.today(office.timezone, now)
    midnight = days.span(office.timezone, day, day).since
    waiting, since, talking = await _calls(session, office_id)
    drivers = await _counted(session, Driver.state, Driver.office_id == office_id, Driver.disabled_at.is_(None))
    return Wall(
        at=now,
        office=office.name,
        timezone=office.timezone,
        waiting=waiting,
        waiting_since=since,
        talking=talking,
        orders=await _counted(session, Order.state, Order.office_id == office_id, Order.closed_at.is_(None)),
        unassigned=await _unassigned(session, office_id),
        promises=await _promises(session, office_id, now),
        on_duty=drivers.get("free", 0) + drivers.get("busy", 0),
        free=drivers.get("free", 0),
        dispatched_s=await _dispatched_s(session, office_id, now - MEDIAN_OF),
        today=await _today(session, office_id, midnight),
    )


async def _counted(session: AsyncSession, by: Any, *where: ColumnElement[bool]) -> dict[str, int]:
    return dict((await session.execute(select(by, func.count()).where(*where).group_by(by))).all())


async def _calls(session: AsyncSession, office_id: int) -> tuple[int, datetime | None, int]:
    query = select(Call.state, func.count(), func.min(Call.arrived_at)).where(
        Call.state.in_(OPEN_STATES), Call.office_id == office_id, or_(Call.direction == "in", Call.state == "answered")
    )
    rows = (await session.execute(query.group_by(Call.state))).all()
    waits = [(count, first) for state, count, first in rows if state != "answered"]
    talking = sum(count for state, count, _ in rows if state == "answered")
    return sum(count for count, _ in waits), min((first for _, first in waits), default=None), talking


async def _unassigned(session: AsyncSession, office_id: int) -> int:
    """Orders whose search has ended without a driver: everybody was asked, or it stopped where a person must say a word."""
    any_search = aliased(Search)
    last = select(func.max(any_search.id)).where(any_search.order_id == Order.id).scalar_subquery()
    left_alone = or_(Search.state == "unassigned", and_(Search.state == "stopped", Search.ended_why == "uncertain"))
    query = (
        select(func.count())
        .select_from(Order)
        .join(Search, Search.id == last)
        .where(Order.office_id == office_id, Order.closed_at.is_(None), Order.state == "taken", left_alone)
    )
    return await session.scalar(query) or 0


async def _promises(session: AsyncSession, office_id: int, now: datetime) -> int:
    """Open orders to which nobody has come yet and whose promise breaks soon, or has."""
    query = (
        select(func.count())
        .select_from(Order)
        .join(Promise, Promise.order_id == Order.id)
        .where(
            Order.office_id == office_id,
            Order.closed_at.is_(None),
            Promise.state.in_(("open", "broken")),
            Promise.actual_s.is_(None),
            Promise.promised_at < now + SOON,
        )
    )
    return await session.scalar(query) or 0


async def _dispatched_s(session: AsyncSession, office_id: int, since: datetime) -> int | None:
    """Whoever got a driver since then is open or was closed since then: two ranges of one index, as below."""
    before = aliased(Assignment)
    earlier = exists().where(before.order_id == Order.id, before.assigned_at < since)
    query = (
        select(func.coalesce(Call.ringing_at, Call.arrived_at), func.min(Assignment.assigned_at))
        .select_from(Order)
        .join(Call, Call.id == Order.call_id)
        .join(Assignment, Assignment.order_id == Order.id)
        .where(Order.office_id == office_id, Call.direction == "in", Assignment.assigned_at >= since, ~earlier)
        .group_by(Order.id, Call.ringing_at, Call.arrived_at)
    )
    took: list[float] = []
    for closed in (Order.closed_at.is_(None), Order.closed_at >= since):
        took += [(until - rang).total_seconds() for rang, until in await session.execute(query.where(closed))]
    return round(median(took)) if took else None


async def _today(session: AsyncSession, office_id: int, midnight: datetime) -> dict[str, int]:
    """An order of today is open, or was closed today: two ranges of one index, and never the whole past."""
    ours = Order.office_id == office_id
    still = select(func.count()).where(ours, Order.closed_at.is_(None), Order.taken_at >= midnight)
    closed = select(Order.state, func.count(), func.count().filter(Order.taken_at >= midnight))
    rows = (await session.execute(closed.where(ours, Order.closed_at >= midnight).group_by(Order.state))).all()
    calls = await _counted(
        session, Call.disposition, Call.office_id == office_id, Call.arrived_at >= midnight, Call.direction == "in"
    )
    done = {state: count for state, count, _ in rows}
    return {
        "taken": (await session.scalar(still) or 0) + sum(count for _, _, count in rows),
        "completed": done.get("completed", 0),
        "cancelled": done.get("cancelled", 0) + done.get("no_show", 0),
        "calls": sum(calls.values()),
        "missed": calls.get("abandoned", 0),
    }
