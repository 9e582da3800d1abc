"""The way of an order's driver: where he was while he had it, thinned, and kept for a time.

It is written where he is located, in the same transaction. Off duty, and without an order, nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from desk.errors import NotFound
from desk.message.assignments import ACTIVE
from desk.place.nearby import beeline_m
from desk.views import Json, moment
from desk.work import Work
from models import Assignment, Driver, DriverWay, Order

EVERY = timedelta(seconds=30)
"""One place is kept at least so often."""
FAR_M = 100
"""One is kept, too, where he has come so far."""
CLOSE = timedelta(seconds=5)
"""But no two within this: a phone that jumps about fills no table."""
AT_A_TIME = 5_000


async def note(work: Work, spots: Mapping[int, tuple[float, float]], moments: Mapping[int, datetime]) -> None:
    """Keep where these drivers were at those moments (degrees by driver), of those who have an order and were not just there.

    What was found before they had it is not of its way.
    """
    if not spots:
        return
    last = aliased(DriverWay)
    newest = (
        select(DriverWay.id)
        .where(DriverWay.order_id == Assignment.order_id, DriverWay.driver_id == Assignment.driver_id)
        .order_by(DriverWay.at.desc(), DriverWay.id.desc())
        .limit(1)
        .correlate(Assignment)
        .scalar_subquery()
    )
    query = (
        select(Assignment.driver_id, Assignment.order_id, Assignment.assigned_at, last.at, last.lat, last.lon)
        .outerjoin(last, last.id == newest)
        .where(Assignment.driver_id.in_(spots), Assignment.state == ACTIVE)
    )
    rows = [
        {"order_id": order_id, "driver_id": driver_id, "at": now, "lat": lat, "lon": lon}
        for driver_id, order_id, since, at, was_lat, was_lon in await work.session.execute(query)
        for (lat, lon), now in ((spots[driver_id], moments[driver_id]),)
        if now >= since and (at is None or is_kept(now - at, beeline_m(was_lat, was_lon, lat, lon)))
    ]
    if rows:
        await work.session.execute(insert(DriverWay), rows)


def is_kept(since: timedelta, moved_m: float) -> bool:
    """Whether a place is kept that long and that far after the one before it. Pure."""
    return since >= EVERY or (since >= CLOSE and moved_m >= FAR_M)


async def of_order(session: AsyncSession, office_id: int, order_id: int) -> Json:
    """The way by driver, in its order, with its length in metres. Raises NotFound, also for another office's order."""
    order = await session.get(Order, order_id)
    if order is None or order.office_id != office_id:
        raise NotFound(f"there is no order {order_id}", order_id=order_id)
    query = (
        select(DriverWay, Driver.number, Driver.name)
        .join(Driver, Driver.id == DriverWay.driver_id)
        .where(DriverWay.order_id == order_id)
        .order_by(DriverWay.driver_id, DriverWay.at, DriverWay.id)
    )
    found = (await session.execute(query)).all()
    return {
        "ways": [
            _way([row for row, _, _ in rows], {"id": who[0], "number": who[1], "name": who[2]})
            for who, rows in (
                (key, list(group)) for key, group in groupby(found, key=lambda one: (one[0].driver_id, one[1], one[2]))
            )
        ]
    }


async def forget_before(work: Work, at: datetime) -> int:
    """Forget what was kept before `at`, some thousand places at most; how many."""
    old = select(DriverWay.id).where(DriverWay.at < at).order_by(DriverWay.at).limit(AT_A_TIME)
    ids = list(await work.session.scalars(old))
    if ids:
        await work.session.execute(delete(DriverWay).where(DriverWay.id.in_(ids)))
    return len(ids)


def _way(rows: Sequence[DriverWay], driver: Json) -> Json:
    metres = sum(beeline_m(one.lat, one.lon, other.lat, other.lon) for one, other in pairwise(rows))
    points = [{"at": moment(row.at), "lat": row.lat, "lon": row.lon} for row in rows]
    return {"driver": driver, "metres": round(metres), "points": points}
