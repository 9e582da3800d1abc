"""Drivers who are about to be done: where and about when, as it is known when the last leg begins and whenever one asks."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from desk import trades
from desk.place.nearby import beeline_m, boxed, nearest
from desk.trades import Trade
from desk.work import Work
from models import Assignment, Driver, NextOrder, Offer, Order, Shift
from models.dispatch import HELD

FRESH_S = 180
"""A place that is older says nothing about how far he still has to go."""
SOON_S = 60
"""Nobody is done sooner than this, whatever the beeline says: he still has to park and be paid."""
OVERDUE = timedelta(minutes=15)
"""Who is later than expected by more, and is not located, is expected no more."""
LISTED = 5


async def note(work: Work, order: Order) -> None:
    """Write down where the driver of an order on its last leg will be done: when it begins, and when its destination changes."""
    trade = trades.load(order.trade)
    if not trade.is_last_leg(order.state):
        return
    his = select(Assignment.driver_id).where(Assignment.order_id == order.id, Assignment.state == "active")
    lat, lon = order.destination_lat, order.destination_lon
    done_at = None
    if lat is not None and lon is not None and order.origin_lat is not None and order.origin_lon is not None:
        ride = trade.ride.seconds(beeline_m(order.origin_lat, order.origin_lon, lat, lon))
        done_at = work.now + timedelta(seconds=max(SOON_S, ride))
    await work.session.execute(
        update(Driver)
        .where(Driver.id.in_(his))
        .values(done_lat=lat if done_at else None, done_lon=lon if done_at else None, done_at=done_at)
        .execution_options(synchronize_session=False)
    )


async def near(
    session: AsyncSession, order: Order, trade: Trade, columns: tuple[Any, ...], now: datetime, search_id: int = 0
) -> list[tuple[float, int, Row[Any]]]:
    """Drivers who will be done near where `order` begins: metres from there (beeline), seconds until then, the row.

    Without those whom the search `search_id` has asked.
    """
    policy = trade.finishing
    if policy is None or order.origin_lat is None or order.origin_lon is None:
        return []
    point = (order.origin_lat, order.origin_lon)
    query, values = _finishing(columns), {"office": order.office_id, "search": search_id}
    found = await nearest(session, query, values, point, 2 * LISTED, policy.reach_m)
    timed = [(distance, done_in_s(row, trade, now), row) for distance, row in found]
    return [(distance, left, row) for distance, left, row in timed if left is not None and left <= policy.within_s][
        :LISTED
    ]


def done_in_s(row: Row[Any] | Driver, trade: Trade, now: datetime) -> int | None:
    """Seconds until a driver on his last leg is done, by where he is where that is known; None: nobody can say."""
    if row.done_at is None or row.done_lat is None or row.done_lon is None:
        return None
    located = row.located_at is not None and (now - row.located_at).total_seconds() <= FRESH_S
    if located and row.lat is not None and row.lon is not None:
        return max(SOON_S, trade.ride.seconds(beeline_m(row.lat, row.lon, row.done_lat, row.done_lon)))
    if now - row.done_at > OVERDUE:
        return None
    return max(SOON_S, round((row.done_at - now).total_seconds()))


@lru_cache
def _finishing(columns: tuple[Any, ...]) -> Select[Any]:
    """Those on their last leg who stay on duty and have no next order yet."""
    driver, shift, kept, offer = (table.__table__.c for table in (Driver, Shift, NextOrder, Offer))
    on_duty = exists().where(shift.driver_id == driver.id, shift.ended_at.is_(None))
    taken = exists().where(kept.driver_id == driver.id, kept.state == HELD)
    asked = exists().where(offer.search_id == bindparam("search"), offer.driver_id == driver.id)
    at = (driver.done_lat.label("at_lat"), driver.done_lon.label("at_lon"))
    query = (
        select(*columns, *at, driver.done_lat, driver.done_lon, driver.done_at)
        .where(driver.office_id == bindparam("office"), driver.state == "busy", driver.disabled_at.is_(None))
        .where(on_duty, ~taken, ~asked)
    )
    return boxed(query, driver.done_lat, driver.done_lon)
