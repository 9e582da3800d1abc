"""Who could drive an order, best first, and why: the time to the customer, less what waiting and grade count for.

Free drivers on duty, and those who are about to be done nearby (desk/order/finishing.py). What counts how much is the trade's
policy (desk/rules/dispatch_policy.py); every figure of it stands in the reason.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, Row, Select, bindparam, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import trades
from desk.driver import driver_fitness
from desk.errors import NotFound
from desk.order import finishing
from desk.place.nearby import Point, beeline_m, boxed, nearest
from desk.trades import Trade
from desk.work import utc_now
from models import Driver, Offer, Order

__all__ = ["Candidate", "beeline_m", "candidates", "of_order"]

# Nobody waits for a driver from farther away; he is listed after those who are near, like one whose place is not known.
REACH_M = 30_000
LOOKED_AT = 30
"""So many of the nearest are weighed against one another, also where fewer are wanted: the best is not always the nearest."""
ANY_TIME = timedelta(days=1)
ALIVE_FOR = timedelta(minutes=8)
_DRIVER, _OFFER = Driver.__table__.c, Offer.__table__.c
COLUMNS = (
    *driver_fitness.COLUMNS, _DRIVER.number, _DRIVER.name, _DRIVER.free_since, _DRIVER.grade, _DRIVER.lat, _DRIVER.lon,
    _DRIVER.located_at, _DRIVER.heard_at,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """A driver for an order. Metres are beeline; `reason_key` with `reason_args` is a text in `panel.toml`.

    `cost_s` is what he is weighed by: `eta_s` less his credits; None without a pin. Of one who is not `free`, metres are from
    where he will be done, `finish_s` is in how many seconds that is, and `eta_s` counts from now. `unfit` is why he may not
    take it (desk/driver/driver_fitness.py): he is listed after those who may, with that as his reason. `papers` run out within a
    month. `alive`: his place is too old to be known, but his page has just spoken.
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
    papers: driver_fitness.Papers = ()
    alive: bool = False


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
    return await of_order(session, order, limit, now or utc_now())


async def of_order(
    session: AsyncSession, order: Order, limit: int, now: datetime, search_id: int = 0, reach_m: int | None = None
) -> list[Candidate]:
    """The same for an order that is at hand, without those whom the search `search_id` has asked.

    Those whose place is not known, or only from long ago, come after the others. Whoever is known to be farther away than
    anybody waits for comes with them, or with `reach_m` (metres, beeline), of which the same is true, not at all.
    """
    trade = trades.load(order.trade)
    about_to_be_done = await finishing.near(session, order, trade, COLUMNS, now, search_id)
    soon = [_finishing(row, distance, left, trade, now) for distance, left, row in about_to_be_done]
    seen_since = now - timedelta(seconds=trade.place_good_for_s)
    look = _Look(order, max(limit, LOOKED_AT), now, search_id, reach_m, seen_since)
    near, rows = await _near(session, look, trade)
    reasons = await driver_fitness.reasons_for(session, order, [*rows, *(row for *_, row in about_to_be_done)], now)
    fit = [each for each in near if each.driver_id not in reasons]
    soon.sort(key=_cost)
    done_soon = [each for each in soon if each.driver_id not in reasons]
    if trade.finishing is not None and trade.finishing.beside:
        listed = sorted([*fit, *done_soon], key=_cost)[:limit]
    else:
        listed = [*fit[: max(0, limit - len(done_soon))], *done_soon][:limit]
    if len(listed) < limit:
        others = await _longest_waiting(session, look, limit - len(listed), {row.id for row in rows})
        reasons = {**reasons, **await driver_fitness.reasons_for(session, order, others, now)}
        rest = [_waiting(row, look) for row in others]
        listed += [each for each in rest if each.driver_id not in reasons]
        unfit = [each for each in (*near, *soon, *rest) if each.driver_id in reasons]
        listed += [_unfit(each, reasons[each.driver_id]) for each in unfit]
    return listed[:limit]


def _unfit(candidate: Candidate, reason: str) -> Candidate:
    return replace(candidate, free=False, unfit=reason, reason_key=f"unfit.{reason}")


def _cost(candidate: Candidate) -> tuple[float, int]:
    return (math.inf if candidate.cost_s is None else candidate.cost_s, -candidate.waiting_s)


def _free(*more: Any) -> Select[Any]:
    of_office = (_DRIVER.office_id == bindparam("office"), _DRIVER.state == "free", _DRIVER.disabled_at.is_(None))
    asked = exists().where(_OFFER.search_id == bindparam("search"), _OFFER.driver_id == _DRIVER.id)
    return select(*COLUMNS, *more).where(*of_office, ~asked)


_AT = (_DRIVER.lat.label("at_lat"), _DRIVER.lon.label("at_lon"))
_SEEN = _DRIVER.located_at >= bindparam("seen_since")
_NEAR = boxed(_free(*_AT).where(_SEEN), _DRIVER.lat, _DRIVER.lon)
_SKILLED_NEAR = boxed(_free(*_AT).where(_SEEN, driver_fitness.is_skilled()), _DRIVER.lat, _DRIVER.lon)
_UNSEEN = or_(_DRIVER.lat.is_(None), _DRIVER.lon.is_(None), _DRIVER.located_at.is_(None), ~_SEEN)
_MOST = bindparam("most", type_=Integer)
_SKILLED_WAITING = (
    _free()
    .where(_UNSEEN, driver_fitness.is_skilled())
    .order_by(_DRIVER.free_since.is_(None), _DRIVER.free_since, _DRIVER.id)
    .limit(_MOST)
)
# Two walks along an index rather than a sort: those who are known to wait, then those of whom nobody knows since when.
_WAITING = (
    _free().where(_UNSEEN, _DRIVER.free_since.is_not(None)).order_by(_DRIVER.free_since, _DRIVER.id).limit(_MOST),
    _free().where(_UNSEEN, _DRIVER.free_since.is_(None)).order_by(_DRIVER.id).limit(_MOST),
)


@dataclass(frozen=True, slots=True)
class _Look:
    """What is looked for: so many of an order's drivers (`limit`) at a moment, without those whom a search has asked."""

    order: Order
    limit: int
    now: datetime
    search_id: int
    reach_m: int | None
    seen_since: datetime

    @property
    def point(self) -> Point | None:
        """Where the order begins."""
        lat, lon = self.order.origin_lat, self.order.origin_lon
        return None if lat is None or lon is None else (lat, lon)

    @property
    def values(self) -> dict[str, Any]:
        """What every statement is given."""
        return {"office": self.order.office_id, "search": self.search_id, "seen_since": self.seen_since}

    @property
    def values_of_others(self) -> dict[str, Any]:
        """The same for those who are not near: whoever is known to be far away is left out, where `reach_m` says so."""
        narrow = self.reach_m is not None and self.point is not None
        return self.values if narrow else {**self.values, "seen_since": self.now + ANY_TIME}


async def _near(session: AsyncSession, look: _Look, trade: Trade) -> tuple[list[Candidate], list[Row[Any]]]:
    """Free drivers within reach, the least cost first, and their rows."""
    order, point, reach = look.order, look.point, look.reach_m or max(REACH_M, trade.reach_m)
    if point is None:
        return [], []
    found = await nearest(session, _NEAR, look.values, point, look.limit, reach)
    if order.wants:  # whoever has the skills, however many nearer ones have not
        values = {**look.values, **_wanted(order)}
        able = await nearest(session, _SKILLED_NEAR, values, point, look.limit, reach)
        have = {row.id for _, row in able}
        found = [*able, *(each for each in found if each[1].id not in have)]
    weighed = [(_free_candidate(row, distance, trade, look.now), _waiting_order(row)) for distance, row in found]
    weighed.sort(key=lambda pair: (_cost(pair[0])[0], *pair[1]))
    return [candidate for candidate, _ in weighed], [row for _, row in found]


def _wanted(order: Order) -> dict[str, Any]:
    wants = sorted(set(order.wants or ()))
    return {"skills": wants, "many": len(wants)}


async def _longest_waiting(session: AsyncSession, look: _Look, limit: int, seen: Collection[int]) -> list[Row[Any]]:
    """Those who wait longest, without `seen`; where skills are wanted, first those who have them."""
    values = look.values_of_others
    queries = [(query, values) for query in _WAITING]
    if look.order.wants:
        queries.insert(0, (_SKILLED_WAITING, {**values, **_wanted(look.order)}))
    found: dict[int, Row[Any]] = {}
    for query, given in queries:
        if len(found) < limit:
            most = {"most": limit + len(seen) + len(found)}  # so many at least are left over without those
            rows = (await session.execute(query, {**given, **most})).all()
            found |= {row.id: row for row in rows if row.id not in seen and row.id not in found}
    return list(found.values())[:limit]


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
        "grade_credit_s": grade, "cost_s": cost, "located_s": _located_s(row, now) or 0,
    }  # fmt: skip
    return Candidate(
        row.id, row.number, row.name, round(distance), eta, waiting, "candidate.distance", args, True, cost,
        papers=_papers(row, now),
    )  # fmt: skip


def _finishing(row: Row[Any], distance: float, left_s: int, trade: Trade, now: datetime) -> Candidate:
    assert trade.finishing is not None
    eta = left_s + trade.finishing.turn_s + trade.approach.seconds(distance)
    grade, located = trade.fairness.grade_credit_s(row.grade), _located_s(row, now)
    args = {
        "waiting_s": 0, "distance_m": round(distance), "finish_s": left_s, "eta_s": eta, "waiting_credit_s": 0,
        "grade_credit_s": grade, "cost_s": eta - grade,
    }  # fmt: skip
    seen = located is not None and located <= finishing.FRESH_S
    return Candidate(
        row.id, row.number, row.name, round(distance), eta, 0, "candidate.finishing" if seen else "candidate.finishing_by_plan",
        args | {"located_s": located} if located is not None else args, False, eta - grade, left_s, papers=_papers(row, now),
    )  # fmt: skip


def _waiting(row: Row[Any], look: _Look) -> Candidate:
    """One who is not near: his place is not known, or only from long ago, or it is too far away; or the order has no pin."""
    waiting, located = _waited_s(row, look.now), _located_s(row, look.now)
    sort, args, distance = "waiting", {"waiting_s": waiting}, None
    if look.point is not None and located is not None:
        sort, args = "place_old", {**args, "located_s": located}
        if row.located_at >= look.seen_since:
            sort, distance = "far", round(beeline_m(row.lat, row.lon, *look.point))
            args = {**args, "distance_m": distance}
    return Candidate(
        row.id,
        row.number,
        row.name,
        distance,
        None,
        waiting,
        f"candidate.{sort}",
        args,
        True,
        papers=_papers(row, look.now),
        alive=sort == "place_old" and is_alive(row.heard_at, look.now),
    )


def is_alive(heard_at: datetime | None, now: datetime) -> bool:
    """Whether his page has spoken lately: it does so every few minutes, wherever he stands."""
    return heard_at is not None and now - heard_at <= ALIVE_FOR


def _located_s(row: Row[Any], now: datetime) -> int | None:
    """How many seconds ago he was seen; None: never."""
    if row.lat is None or row.lon is None or row.located_at is None:
        return None
    seconds: float = (now - row.located_at).total_seconds()
    return max(0, round(seconds))


def _papers(row: Row[Any], now: datetime) -> driver_fitness.Papers:
    return driver_fitness.soon_out(row.licence_until, row.insurance_until, now.date())
