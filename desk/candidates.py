"""Who could drive an order, best first, and why: the time to the customer, less what waiting and grade count for.

Free drivers on duty, and those who are about to be done nearby (desk/finishing.py). What counts how much is the trade's policy
(desk/dispatch_policy.py); every figure of it stands in the reason.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import driver_fitness, finishing, trades
from desk.errors import NotFound
from desk.nearby import beeline_m, nearest
from desk.trades import Trade
from models import Driver, Order

__all__ = ["Candidate", "beeline_m", "candidates", "of_order"]

# Nobody waits for a driver from farther away; he is listed after those who are near, like one whose place is not known.
REACH_M = 30_000
LOOKED_AT = 30
"""So many of the nearest are weighed against one another, also where fewer are wanted: the best is not always the nearest."""
COLUMNS = (
    Driver.id,
    Driver.number,
    Driver.name,
    Driver.lat,
    Driver.lon,
    Driver.located_at,
    Driver.free_since,
    Driver.grade,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A driver for an order. Metres are beeline; `reason_key` with `reason_args` is a text in `panel.toml`.

    `cost_s` is what he is weighed by: `eta_s` less his credits; None without a pin. Of one who is not `free`, metres are from
    where he will be done, `finish_s` is in how many seconds that is, and `eta_s` counts from now. `unfit` is why he may not
    take it (desk/driver_fitness.py): he is listed after those who may, with that as his reason.
    """

    driver_id: int
    number: str
    name: str
    distance_m: int | None
    eta_s: int | None
    waiting_s: int
    reason_key: str
    reason_args: Mapping[str, int]
    free: bool
    cost_s: int | None = None
    finish_s: int | None = None
    unfit: str | None = None


async def candidates(
    session: AsyncSession, order_id: int, limit: int = 20, now: datetime | None = None, office_id: int | None = None
) -> list[Candidate]:
    """Up to `limit` drivers for an order: by what they cost, or by waiting time without a pin.

    Raises NotFound, with `office_id` also for another office's order. `now` is the moment of the question (default: the
    present).
    """
    order = await session.get(Order, order_id)
    if order is None or office_id not in (None, order.office_id):
        raise NotFound(f"there is no order {order_id}", order_id=order_id)
    return await of_order(session, order, limit, now or datetime.now().astimezone())


async def of_order(session: AsyncSession, order: Order, limit: int, now: datetime) -> list[Candidate]:
    """The same for an order that is at hand."""
    trade = trades.load(order.trade)
    soon = [
        _finishing(row, distance, left, trade)
        for distance, left, row in await finishing.near(session, order, trade, COLUMNS, now)
    ]
    near, seen = await _near(session, order, trade, max(limit, LOOKED_AT), now)
    reasons = await driver_fitness.reasons_for(session, order, [*seen, *(each.driver_id for each in soon)], now)
    fit = [each for each in near if each.driver_id not in reasons]
    soon.sort(key=_cost)
    done_soon = [each for each in soon if each.driver_id not in reasons]
    if trade.finishing is not None and trade.finishing.beside:
        listed = sorted([*fit, *done_soon], key=_cost)[:limit]
    else:
        listed = [*fit[: max(0, limit - len(done_soon))], *done_soon][:limit]
    if len(listed) < limit:
        rest = [_waiting(row, now) for row in await _longest_waiting(session, order, limit - len(listed), seen)]
        more = await driver_fitness.reasons_for(session, order, [each.driver_id for each in rest], now)
        reasons = {**reasons, **more}
        listed += [each for each in rest if each.driver_id not in reasons]
        unfit = [each for each in (*near, *soon, *rest) if each.driver_id in reasons]
        listed += [_unfit(each, reasons[each.driver_id]) for each in unfit]
    return listed[:limit]


def _unfit(candidate: Candidate, reason: str) -> Candidate:
    return replace(candidate, free=False, unfit=reason, reason_key=f"unfit.{reason}")


def _cost(candidate: Candidate) -> tuple[float, int]:
    return (math.inf if candidate.cost_s is None else candidate.cost_s, -candidate.waiting_s)


def _free(office_id: int, *more: Any) -> Select[Any]:
    return select(*COLUMNS, *more).where(
        Driver.office_id == office_id, Driver.state == "free", Driver.disabled_at.is_(None)
    )


async def _near(
    session: AsyncSession, order: Order, trade: Trade, limit: int, now: datetime
) -> tuple[list[Candidate], list[int]]:
    """Free drivers within reach, the least cost first, and who they are."""
    if order.origin_lat is None or order.origin_lon is None:
        return [], []
    places = (Driver.lat.label("at_lat"), Driver.lon.label("at_lon"))
    query, point = _free(order.office_id, *places), (order.origin_lat, order.origin_lon)
    found = await nearest(session, query, (Driver.lat, Driver.lon), point, limit, REACH_M)
    if order.wants:  # whoever has the skills, however many nearer ones have not
        skilled = query.where(driver_fitness.is_skilled(order.wants))
        able = await nearest(session, skilled, (Driver.lat, Driver.lon), point, limit, REACH_M)
        found = [*able, *(each for each in found if each[1].id not in {row.id for _, row in able})]
    weighed = [(_free_candidate(row, distance, trade, now), _waiting_order(row)) for distance, row in found]
    weighed.sort(key=lambda pair: (_cost(pair[0])[0], *pair[1]))
    return [candidate for candidate, _ in weighed], [row.id for _, row in found]


async def _longest_waiting(session: AsyncSession, order: Order, limit: int, seen: list[int]) -> list[Row[Any]]:
    """By two walks along an index rather than a sort: those who are known to wait, then those of whom nobody knows since when."""
    query = _free(order.office_id).where(Driver.id.not_in(seen))
    if order.wants:
        first = driver_fitness.skilled_first(order.wants)
        by = query.order_by(*first, Driver.free_since.is_(None), Driver.free_since, Driver.id)
        return list((await session.execute(by.limit(limit))).all())
    waiting = query.where(Driver.free_since.is_not(None)).order_by(Driver.free_since, Driver.id).limit(limit)
    found = list((await session.execute(waiting)).all())
    if len(found) < limit:
        unknown = query.where(Driver.free_since.is_(None)).order_by(Driver.id).limit(limit - len(found))
        found += (await session.execute(unknown)).all()
    return found


def _waiting_order(row: Row[Any]) -> tuple[float, int]:
    return (row.free_since.timestamp() if row.free_since else math.inf, row.id)


def _waited_s(row: Row[Any], now: datetime) -> int:
    return max(0, round((now - row.free_since).total_seconds())) if row.free_since else 0


def _free_candidate(row: Row[Any], distance: float, trade: Trade, now: datetime) -> Candidate:
    waiting, eta = _waited_s(row, now), trade.approach.seconds(distance)
    credit, grade = trade.fairness.waiting_credit_s(waiting), trade.fairness.grade_credit_s(row.grade)
    cost = eta - credit - grade
    args = {
        "waiting_s": waiting, "distance_m": round(distance), "eta_s": eta, "waiting_credit_s": credit,
        "grade_credit_s": grade, "cost_s": cost,
    }  # fmt: skip
    return Candidate(
        row.id, row.number, row.name, round(distance), eta, waiting, "candidate.distance", args, True, cost
    )  # fmt: skip


def _finishing(row: Row[Any], distance: float, left_s: int, trade: Trade) -> Candidate:
    assert trade.finishing is not None
    eta = left_s + trade.finishing.turn_s + trade.approach.seconds(distance)
    grade = trade.fairness.grade_credit_s(row.grade)
    args = {
        "waiting_s": 0, "distance_m": round(distance), "finish_s": left_s, "eta_s": eta, "waiting_credit_s": 0,
        "grade_credit_s": grade, "cost_s": eta - grade,
    }  # fmt: skip
    return Candidate(
        row.id, row.number, row.name, round(distance), eta, 0, "candidate.finishing", args, False, eta - grade, left_s
    )


def _waiting(row: Row[Any], now: datetime) -> Candidate:
    waiting = _waited_s(row, now)
    return Candidate(
        row.id, row.number, row.name, None, None, waiting, "candidate.waiting", {"waiting_s": waiting}, True
    )
