"""One ring of a search: whom of those who could drive it asks, and why each is asked or is not. Every weighed driver is a row."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import insert, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from desk import events, trades
from desk.dispatching import candidates as looking
from desk.dispatching.candidates import Candidate
from desk.driver import offer_texts, offers
from desk.trades import Ring
from desk.work import Work
from models import Assignment, NextOrder, Offer, Order, Search, Weighing

WEIGHED = 30
"""So many drivers are looked at for a ring; the reasons of those are kept."""


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
class _Barred:
    before: Collection[int]
    released: Collection[int]
    thinking: Collection[int]

    def key(self, each: Candidate) -> str | None:
        if each.driver_id in self.before:
            return "weighing.asked_before"
        if each.unfit is not None:
            return f"unfit.{each.unfit}"
        if each.driver_id in self.released:
            return "weighing.released_before"
        return "weighing.has_an_offer" if each.driver_id in self.thinking else None


async def could_be_asked(
    session: AsyncSession, search: Search, order: Order, reach_m: int, now: datetime
) -> list[Candidate]:
    """Those within reach who may be asked now, the best first."""
    found = await looking.of_order(session, order, WEIGHED, now)
    barred = await _barred(session, search, found)
    return [each for each in found if barred.key(each) is None and not _too_far(each, reach_m)]


async def ask(work: Work, search: Search, order: Order, ring: Ring, plan: Plan | None) -> bool:
    """Ask one ring of drivers; whether there was anybody to ask. With a `plan`, its driver and nobody else, if he still can."""
    found = await looking.of_order(work.session, order, WEIGHED, work.now)
    barred = await _barred(work.session, search, found)
    weighed = weigh(found, ring, barred, plan)
    await keep(work, search, weighed)
    made = [
        Offer(
            search_id=search.id, order_id=order.id, driver_id=one.candidate.driver_id, ring=search.ring, state=offers.OPEN,
            offered_at=work.now, expires_at=work.now + timedelta(seconds=ring.seconds),
        )
        for one in weighed if one.asked
    ]  # fmt: skip
    work.session.add_all(made)
    await work.session.flush()
    await offer_texts.write(work, order, made, trades.load(order.trade).by_text_s)
    for offer in made:
        work.tell(events.OfferMade(work.now, offer.id, offer.driver_id, order.id))
    return bool(made)


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
    able = [
        each for each in found if barred.key(each) is None and not _too_far(each, ring.reach_m)
    ]  # fmt: skip
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
        return Weighed(each, False, "weighing.proposed" if each.distance_m is not None else "weighing.proposed_waiting")
    key, more = _others_key(each, False, [best.cost_s] if best is not None and best.cost_s is not None else [])
    return Weighed(each, False, key, more)


def _asked_key(each: Candidate) -> str:
    if each.distance_m is None:
        return "weighing.longest_waiting"
    return "weighing.best" if each.free else "weighing.finishing"


def _others_key(each: Candidate, planned: bool, costs: Collection[int]) -> tuple[str, dict[str, int]]:
    if planned and each.cost_s is not None:
        return "weighing.matched_other", {}
    if each.cost_s is None or not costs:
        return "weighing.others_first", {}
    return ("weighing.costs_more" if each.free else "weighing.free_first"), {"asked_cost_s": max(costs)}


def _too_far(each: Candidate, reach_m: int) -> bool:
    return each.distance_m is not None and each.distance_m > reach_m


async def _barred(session: AsyncSession, search: Search, found: Collection[Candidate]) -> _Barred:
    """Who was asked in this search, who had the order and was released, who thinks about another order."""
    these = [candidate.driver_id for candidate in found]
    before = await session.scalars(select(Offer.driver_id).where(Offer.search_id == search.id))
    released = await session.scalars(
        union(
            select(Assignment.driver_id).where(Assignment.order_id == search.order_id, Assignment.state == "released"),
            select(NextOrder.driver_id).where(NextOrder.order_id == search.order_id, NextOrder.state == "released"),
        )
    )
    thinking = await session.scalars(
        select(Offer.driver_id).where(Offer.driver_id.in_(these), Offer.state == offers.OPEN)
    )
    return _Barred(set(before), set(released), set(thinking))
