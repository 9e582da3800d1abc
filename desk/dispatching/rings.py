"""One ring of a search: whom of those who could drive it asks, and why each is asked or is not. Every weighed driver is a row."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import insert, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from desk import events, trades
from desk.dispatching import candidates as looking
from desk.dispatching.candidates import Candidate
from desk.driver import offer_texts, offers
from desk.trades import Ring, Trade
from desk.work import Work
from models import Assignment, NextOrder, Offer, Order, Search, Weighing

WEIGHED = 30
"""So many drivers are looked at for a ring, at least; the reasons of those are kept."""
MORE = 4
"""So many times as many are looked at where those were not enough: they think about other orders, or may not take this one."""
THINKS = "weighing.has_an_offer"


@dataclass(frozen=True, slots=True)
class Weighed:
    """A driver, whether he is asked, and why: a text in `panel.toml` with its values."""

    candidate: Candidate
    asked: bool
    reason_key: str
    more: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a round of matching found for one order: this driver, or (None) nobody, of so many orders and drivers."""

    driver_id: int | None
    orders: int
    drivers: int


@dataclass(frozen=True, slots=True)
class Asked:
    """How many drivers a ring has asked, and how many more it could have, had they not been asked for another order."""

    count: int
    thinking: int


@dataclass(frozen=True, slots=True)
class _Barred:
    released: Collection[int]
    thinking: Collection[int]
    farthest_m: int

    def key(self, each: Candidate) -> str | None:
        if each.unfit is not None:
            return f"unfit.{each.unfit}"
        if each.driver_id in self.released:
            return "weighing.released_before"
        return THINKS if each.driver_id in self.thinking else None


async def could_be_asked(
    session: AsyncSession, search: Search, order: Order, reach_m: int, now: datetime
) -> list[Candidate]:
    """Those within reach who may be asked now, the best first: one at least, if there is one."""
    found, barred = await _look(session, search, order, Ring(reach_m, at_once=1, seconds=0), now)
    return _able(found, barred, reach_m)


async def ask(work: Work, search: Search, order: Order, ring: Ring, plan: Plan | None) -> Asked:
    """Ask one ring of drivers. With a `plan`, its driver and nobody else, if he still can."""
    found, barred = await _look(work.session, search, order, ring, work.now)
    weighed = weigh(found, ring, barred, plan)
    await keep(work, search, await _news(work.session, search, weighed) if ring.wave_s else _passed_over(weighed))
    made = [
        Offer(
            search_id=search.id, order_id=order.id, driver_id=one.candidate.driver_id, ring=search.ring, state=offers.OPEN,
            offered_at=work.now, expires_at=work.now + timedelta(seconds=ring.seconds),
        )
        for one in weighed if one.asked
    ]  # fmt: skip
    work.session.add_all(made)
    await work.session.flush()  # one statement for all of them
    await offer_texts.write(work, order, made, trades.load(order.trade).by_text_s)
    for offer in made:
        work.tell(events.OfferMade(work.now, offer.id, offer.driver_id, order.id))
    return Asked(len(made), sum(barred.key(each) == THINKS and not _too_far(each, ring.reach_m) for each in found))


def _passed_over(weighed: Sequence[Weighed]) -> Sequence[Weighed]:
    """Those before the last one who is asked; behind him, as many as are always looked at."""
    last = max((n for n, one in enumerate(weighed, 1) if one.asked), default=0)
    return weighed[: max(WEIGHED, last)]


async def _news(session: AsyncSession, search: Search, weighed: Sequence[Weighed]) -> Sequence[Weighed]:
    """Of a wave: who is asked, and who is not for another reason than in the waves before it."""
    before = await session.execute(
        select(Weighing.driver_id, Weighing.reason_key).where(
            Weighing.search_id == search.id, Weighing.ring == search.ring, Weighing.asked.is_(False)
        )
    )
    known = {(driver_id, key) for driver_id, key in before}
    return [one for one in weighed if one.asked or (one.candidate.driver_id, one.reason_key) not in known]


async def keep(work: Work, search: Search, weighed: Collection[Weighed]) -> None:
    """Write down why, with one statement for all of them: nobody asks for the ids."""
    rows = [
        {
            "search_id": search.id, "driver_id": one.candidate.driver_id, "at": work.now, "ring": search.ring,
            "asked": one.asked, "reason_key": one.reason_key, "reason_args": {**one.candidate.reason_args, **one.more},
        }
        for one in weighed
    ]  # fmt: skip
    if rows:
        await work.session.execute(insert(Weighing), rows)


def weigh(found: Collection[Candidate], ring: Ring, barred: _Barred, plan: Plan | None = None) -> list[Weighed]:
    """Each driver with the reason why he is asked, or why he is not. Pure."""
    able = _able(found, barred, ring.reach_m)
    planned = [each for each in able if plan is not None and each.driver_id == plan.driver_id]
    asked = planned or able[: ring.at_once]
    chosen = {each.driver_id for each in asked}
    costs = [each.cost_s for each in asked if each.cost_s is not None]
    weighed = []
    for each in found:
        key = barred.key(each)
        more: dict[str, int] = {}
        if each.driver_id in chosen:
            key = "weighing.matched" if planned else _asked_key(each)
        elif key is None and _too_far(each, ring.reach_m):
            key = "weighing.too_far"
        elif key is None:
            key, more = _others_key(each, bool(planned), costs)
        if plan is not None and key in ("weighing.matched", "weighing.matched_other"):
            more = {"orders": plan.orders, "drivers": plan.drivers}
        weighed.append(Weighed(each, each.driver_id in chosen, key, more))
    return weighed


def proposed(each: Candidate, chosen: bool, best: Candidate | None) -> Weighed:
    """Why a driver was proposed to the operators, or was not. Nobody is asked."""
    if chosen:
        sort = "proposed" if each.distance_m is not None else f"proposed_{_sort(each)}"
        return Weighed(each, False, f"weighing.{sort}")
    key, more = _others_key(each, False, [best.cost_s] if best is not None and best.cost_s is not None else [])
    return Weighed(each, False, key, more)


def _asked_key(each: Candidate) -> str:
    if each.distance_m is None:
        return "weighing.asked_place_old" if _sort(each) == "place_old" else "weighing.longest_waiting"
    return "weighing.best" if each.free else f"weighing.{_sort(each)}"


def _sort(each: Candidate) -> str:
    return each.reason_key.removeprefix("candidate.")


def _others_key(each: Candidate, planned: bool, costs: Collection[int]) -> tuple[str, dict[str, int]]:
    if planned and each.cost_s is not None:
        return "weighing.matched_other", {}
    if each.cost_s is None or not costs:
        return ("weighing.place_old" if _sort(each) == "place_old" else "weighing.others_first"), {}
    return ("weighing.costs_more" if each.free else "weighing.free_first"), {"asked_cost_s": max(costs)}


def _too_far(each: Candidate, reach_m: int) -> bool:
    return each.distance_m is not None and each.distance_m > reach_m


def _able(found: Collection[Candidate], barred: _Barred, reach_m: int) -> list[Candidate]:
    """Those within reach. Whose place is not known waits for the last ring, as long as anybody is left whose place is known."""
    able = [each for each in found if barred.key(each) is None and not _too_far(each, reach_m)]
    placed = [each for each in found if each.distance_m is not None and barred.key(each) is None]
    if reach_m < barred.farthest_m and any(not _too_far(each, barred.farthest_m) for each in placed):
        return [each for each in able if each.distance_m is not None]
    return able


async def _look(
    session: AsyncSession, search: Search, order: Order, ring: Ring, now: datetime
) -> tuple[list[Candidate], _Barred]:
    """The drivers whom a ring weighs, without those whom this search has asked: enough to ask, or else all there are.

    A wave looks at nobody who is out of reach; other rings do, for the reasons, and look no farther once they see one.
    """
    limit, trade = max(WEIGHED, ring.at_once), trades.load(order.trade)
    reach = ring.reach_m if ring.wave_s else None
    while True:
        found = await looking.of_order(session, order, limit, now, search.id, reach)
        barred = await _barred(session, search, found, trade)
        enough = len(_able(found, barred, ring.reach_m)) >= ring.at_once
        if enough or len(found) < limit or any(_too_far(each, ring.reach_m) for each in found):
            return found, barred
        limit *= MORE


async def _barred(session: AsyncSession, search: Search, found: Collection[Candidate], trade: Trade) -> _Barred:
    """Who had the order and was released, and who thinks about another order. What everybody was asked bars nobody."""
    these = [candidate.driver_id for candidate in found]
    thinking = await session.scalars(
        select(Offer.driver_id).where(
            Offer.driver_id.in_(these), Offer.state == offers.OPEN, Offer.ring < len(trade.rings)
        )
    )
    return _Barred(await released(session, search.order_id), set(thinking), trade.reach_m)


async def released(session: AsyncSession, order_id: int) -> set[int]:
    """Who had this order, or was to take it next, and was released."""
    found = await session.scalars(
        union(
            select(Assignment.driver_id).where(Assignment.order_id == order_id, Assignment.state == "released"),
            select(NextOrder.driver_id).where(NextOrder.order_id == order_id, NextOrder.state == "released"),
        )
    )
    return set(found)
