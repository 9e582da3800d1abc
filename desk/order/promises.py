"""By when a driver was promised to be there: made when the order is taken, kept on it, and settled when he is there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from sqlalchemy import Select, bindparam, func, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.pool import Pool

from desk import trades
from desk.rules import promising
from desk.rules.promising import Estimate, Sample
from desk.trades import COMPLETED, Trade
from desk.views import moment
from desk.work import Work
from models import Driver, Office, Order, Promise

LATEST = 200
"""From so many orders of the past is learned."""
LOOKED_AT = 1_000
"""Of each hour of the day: how long it took is not known of every order."""
COUNTED = 100
"""Free drivers; where there are more, that many."""
FRESH = timedelta(minutes=1)
"""What was learned of the past is good for so long: every order that is taken or typed asks for it."""
WANTED = "wanted"
_LEARNED: WeakKeyDictionary[Pool, dict[tuple[int, int], tuple[datetime, list[Sample]]]] = WeakKeyDictionary()
"""By database, office and hour: since when, and what."""
_FREE = select(func.count()).select_from(
    select(Driver.id)
    .where(Driver.office_id == bindparam("office"), Driver.state == "free", Driver.disabled_at.is_(None))
    .limit(COUNTED)
    .subquery()
)


async def estimate(
    session: AsyncSession, office: Office, lat: float | None, lon: float | None, at: datetime
) -> tuple[Estimate, int]:
    """What may be promised to who orders at `at` from that pin, and how many drivers are free."""
    hour = at.astimezone(ZoneInfo(office.timezone)).hour
    free = await _drivers_free(session, office.id)
    samples = await _learned(session, office.id, hour, at)
    usual_s = trades.load(office.trade).ahead.usual_s
    return promising.estimate(samples, hour, promising.cell(lat, lon), free, usual_s), free


async def make(work: Work, order: Order) -> Promise:
    """Promise when a driver will be there for an order that was just taken: as it is wanted, or as it usually takes."""
    office = await work.session.get_one(Office, order.office_id)
    found, free = await estimate(work.session, office, order.origin_lat, order.origin_lon, work.now)
    if order.wanted_at is not None:
        found = Estimate(WANTED, 0, 0, 0, None)
    promise = Promise(
        order_id=order.id,
        office_id=office.id,
        made_at=work.now,
        hour=work.now.astimezone(ZoneInfo(office.timezone)).hour,
        cell=promising.cell(order.origin_lat, order.origin_lon),
        drivers_free=free,
        promised_at=order.wanted_at or work.now + timedelta(seconds=found.seconds),
        basis=found.basis,
        samples=found.samples,
        median_s=found.median_s,
        spread_s=found.spread_s,
        error_s=found.error_s,
        state="open",
    )
    work.session.add(promise)
    await work.session.flush()
    return promise


async def of_order(session: AsyncSession, order_id: int) -> Promise | None:
    """The promise of an order."""
    found: Promise | None = await session.scalar(
        select(Promise).where(Promise.order_id == order_id).execution_options(populate_existing=True)
    )
    return found


async def of_orders(session: AsyncSession, order_ids: Iterable[int]) -> dict[int, Promise]:
    """The promises of several orders, by order."""
    query = select(Promise).where(Promise.order_id.in_(list(order_ids)))
    return {row.order_id: row for row in await session.scalars(query.execution_options(populate_existing=True))}


async def another_time(work: Work, promise: Promise, promised_at: datetime, *, told: bool) -> None:
    """Promise another time; `told`: the customer has it in writing."""
    promise.promised_at, promise.state = promised_at, "open"
    if told:
        promise.told_at = work.now
    await work.session.flush()


def is_there(trade: Trade, state: str) -> bool:
    """Whether in `state` the driver has come to the customer, or the trip is done."""
    return state == COMPLETED or state in trade.way[1:]


async def settle(work: Work, order: Order, trade: Trade) -> None:
    """The order has moved: a promise is kept or broken by the driver who is there, and off where nobody comes any more."""
    if is_there(trade, order.state):
        promise = await of_order(work.session, order.id)
        if promise is None or promise.state not in ("open", "broken") or promise.actual_s is not None:
            return
        promise.state = "kept" if work.now <= promise.promised_at and promise.state == "open" else "broken"
        if order.state != COMPLETED:  # of a trip that was only said to be done nobody knows when it began
            promise.actual_s = max(0, round((work.now - promise.made_at).total_seconds()))
        await work.session.flush()
    elif trade.is_closed(order.state):
        await work.session.execute(
            update(Promise).where(Promise.order_id == order.id, Promise.state == "open").values(state="off")
        )


def as_json(promise: Promise | None, now: datetime) -> dict[str, Any] | None:
    """A promise as it is told; `minutes_left` is negative once it is late, and null once it is settled."""
    if promise is None:
        return None
    left = None
    if promise.state in ("open", "broken") and promise.actual_s is None:
        left = int((promise.promised_at - now).total_seconds() // 60)
    return {
        "at": moment(promise.promised_at),
        "minutes_left": left,
        "state": promise.state,
        "basis": promise.basis,
        "samples": promise.samples,
        "median_s": promise.median_s,
        "spread_s": promise.spread_s,
        "error_s": promise.error_s,
        "told_at": moment(promise.told_at),
    }


async def _drivers_free(session: AsyncSession, office_id: int) -> int:
    return await session.scalar(_FREE, {"office": office_id}) or 0


async def _learned(session: AsyncSession, office_id: int, hour: int, at: datetime) -> list[Sample]:
    kept = _LEARNED.setdefault(session.get_bind().engine.pool, {})
    since, samples = kept.get((office_id, hour), (None, []))
    if since is None or not since <= at < since + FRESH:
        samples = await _samples(session, office_id, hour)
        kept[office_id, hour] = at, samples
    return samples


async def _samples(session: AsyncSession, office_id: int, hour: int) -> list[Sample]:
    """The latest orders at such an hour; where these are too few, the latest of all. The oldest first."""
    hours = [(hour + by) % 24 for by in (-1, 0, 1)]
    found = await _latest(session, office_id, hours)
    return found if len(found) >= promising.ENOUGH else await _latest(session, office_id, list(range(24)))


async def _latest(session: AsyncSession, office_id: int, hours: Sequence[int]) -> list[Sample]:
    rows = await session.execute(
        _newest(len(hours)), {"office": office_id} | {f"hour{n}": h for n, h in enumerate(hours)}
    )
    return [Sample(actual_s or 0, hour, cell, free) for _, actual_s, hour, cell, free in reversed(rows.all())]


@cache
def _newest(hours: int) -> Select[Any]:
    """By a walk along the index for each of so many hours, of a bounded length: to sort all orders of years would take very long.

    Every order that is taken asks this, so the statement is made once.
    """
    walked = union_all(*(_walk(f"hour{n}") for n in range(hours))).subquery()
    return select(walked).order_by(walked.c.id.desc()).limit(LATEST)


def _walk(hour: str) -> Select[Any]:
    newest = (
        select(Promise.id, Promise.actual_s, Promise.hour, Promise.cell, Promise.drivers_free, Promise.basis)
        .where(Promise.office_id == bindparam("office"), Promise.hour == bindparam(hour))
        .order_by(Promise.id.desc())
        .limit(LOOKED_AT)
        .subquery()
    )
    known = select(newest.c.id, newest.c.actual_s, newest.c.hour, newest.c.cell, newest.c.drivers_free).where(
        newest.c.actual_s.is_not(None), newest.c.basis != WANTED
    )
    return select(known.limit(LATEST).subquery())
