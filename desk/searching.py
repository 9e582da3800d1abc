"""Looking for a driver by itself: ring after ring, the nearest first, until somebody says yes or everybody was asked.

A search is a row with the moment at which it goes on, so it survives any restart: `advance` is called often and does what is
due. Each ring asks some drivers at once; nobody is asked twice in one search; why each was asked, or was not, is written down.
The order's row is held in everything that ends an offer, so a driver, another driver and an operator never win together.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from desk import dispatch, events, offer_texts, offers, order_steps, pins, trades
from desk.candidates import Candidate, candidates
from desk.errors import Conflict, NotFound, WrongState
from desk.text import plain
from desk.trades import TAKEN, Ring
from desk.work import Work
from models import Assignment, Offer, Order, Search, Weighing

WEIGHED = 30
"""So many drivers are looked at for a ring; the reasons of those are kept."""


class OfferGone(Conflict):
    """The offer is no longer open. `details["state"]` says how it ended: declined, expired, withdrawn, accepted."""

    code = "offer_gone"


@dataclass(frozen=True, slots=True)
class _Weighed:
    candidate: Candidate
    asked: bool
    reason_key: str


async def start(work: Work, operator_id: int | None, order_id: int, all_the_same: str | None = None) -> Search:
    """Begin to look for a driver; a search that is running is given back as it is.

    `all_the_same` is why an order is offered although it is uncertain where it begins, in the operator's words.
    Raises WrongState unless the order waits for a driver, PinUncertain, NotFound.
    """
    order = await order_steps.hold(work, operator_id, order_id)
    if order.state != TAKEN:
        raise WrongState(f"an order that is {order.state} waits for no driver", before=order.state)
    if (running := await _running(work, order_id)) is not None:
        return running
    pins.check(work, order, operator_id, all_the_same)
    search = Search(
        order_id=order_id, state="running", ring=0, started_at=work.now, started_by=operator_id, due_at=work.now
    )
    try:
        async with work.session.begin_nested():
            work.session.add(search)
    except IntegrityError:
        running = await _running(work, order_id)
        assert running is not None
        return running
    work.tell(events.SearchChanged(work.now, order_id, "running"))
    await _go_on(work, search, order)
    return search


async def stop(work: Work, operator_id: int, order_id: int) -> None:
    """Look no further; the order waits for an operator's choice. Raises NotFound."""
    await order_steps.hold(work, operator_id, order_id)
    await offers.withdraw_of_order(work, order_id, "an operator stopped the search", "stopped")


async def due(session: AsyncSession, now: datetime, limit: int = 50) -> list[int]:
    """Orders whose search has something to do, the longest due first."""
    query = select(Search.order_id).where(Search.state == "running", Search.due_at <= now).order_by(Search.due_at)
    return list(await session.scalars(query.limit(limit)))


async def next_due(session: AsyncSession) -> datetime | None:
    """When the next search goes on."""
    found: datetime | None = await session.scalar(
        select(Search.due_at).where(Search.state == "running").order_by(Search.due_at).limit(1)
    )
    return found


async def advance(work: Work, order_id: int) -> None:
    """Do what is due for one order: offers that ran out end, and the next ring is asked."""
    order = await order_steps.hold(work, None, order_id)
    search = await _running(work, order_id)
    if search is not None and search.due_at <= work.now:
        await _go_on(work, search, order)


async def accept(work: Work, driver_id: int, offer_id: int) -> Assignment:
    """The driver takes it: he has the order, everybody else's offer is withdrawn.

    Raises OfferGone when he is too late, and what `dispatch.assign` raises; NotFound for somebody else's offer.
    """
    offer = await _hold_offer(work, driver_id, offer_id)
    offer.state, offer.ended_at = "accepted", work.now
    await work.session.flush()
    work.tell(events.OfferEnded(work.now, offer.id, driver_id, offer.order_id, "accepted"))
    return await dispatch.assign(work, None, offer.order_id, driver_id)


async def decline(work: Work, driver_id: int, offer_id: int, reason: str) -> None:
    """The driver does not want it; once everybody asked has said no, the next ring is asked at once."""
    offer = await _hold_offer(work, driver_id, offer_id)
    offer.state, offer.ended_at, offer.reason = "declined", work.now, plain(reason, 200) or None
    await work.session.flush()
    work.tell(events.OfferEnded(work.now, offer.id, driver_id, offer.order_id, "declined"))
    if not await offers.open_of_order(work.session, offer.order_id):
        search = await work.session.get_one(Search, offer.search_id)
        search.due_at = work.now


async def _hold_offer(work: Work, driver_id: int, offer_id: int) -> Offer:
    offer = await work.session.get(Offer, offer_id)
    if offer is None or offer.driver_id != driver_id:
        raise NotFound(f"there is no offer {offer_id}", offer_id=offer_id)
    await order_steps.hold(work, None, offer.order_id)
    await work.session.refresh(offer)
    if offer.state != offers.OPEN or offer.expires_at <= work.now:
        state = "expired" if offer.state == offers.OPEN else offer.state
        raise OfferGone(f"offer {offer_id} is {state}", state=state, order_id=offer.order_id)
    return offer


async def _running(work: Work, order_id: int) -> Search | None:
    found = await work.session.scalars(
        select(Search)
        .where(Search.order_id == order_id, Search.state == "running")
        .execution_options(populate_existing=True)
    )
    return found.one_or_none()


async def _go_on(work: Work, search: Search, order: Order) -> None:
    rings = trades.load(order.trade).rings
    waiting = await _expire(work, order.id)
    held_up = [at for at in (_goes_on(offer, rings) for offer in waiting) if at > work.now]
    if held_up:
        search.due_at = min(held_up)
        return
    while search.ring < len(rings):
        ring = rings[search.ring]
        search.ring += 1
        if await _ask(work, search, order, ring):
            search.due_at = work.now + timedelta(seconds=ring.seconds)
            return
    if waiting:
        search.due_at = min(offer.expires_at for offer in waiting)
        return
    search.state, search.ended_at = "unassigned", work.now
    work.tell(events.SearchChanged(work.now, order.id, "unassigned"))


def _goes_on(offer: Offer, rings: tuple[Ring, ...]) -> datetime:
    """Until when an open offer holds up its search. Who answers by text has longer, and nobody waits for him."""
    if offer.code is None or not 0 < offer.ring <= len(rings):
        return offer.expires_at
    return min(offer.expires_at, offer.offered_at + timedelta(seconds=rings[offer.ring - 1].seconds))


async def _expire(work: Work, order_id: int) -> list[Offer]:
    waiting = []
    for offer in await offers.open_of_order(work.session, order_id):
        if offer.expires_at > work.now:
            waiting.append(offer)
            continue
        offer.state, offer.ended_at = "expired", work.now
        work.tell(events.OfferEnded(work.now, offer.id, offer.driver_id, order_id, "expired"))
    await work.session.flush()
    return waiting


async def _ask(work: Work, search: Search, order: Order, ring: Ring) -> bool:
    """Ask one ring of drivers; whether there was anybody to ask."""
    found = await candidates(work.session, order.id, WEIGHED, work.now)
    before = set(await work.session.scalars(select(Offer.driver_id).where(Offer.search_id == search.id)))
    these = [candidate.driver_id for candidate in found]
    asked_now = await work.session.scalars(
        select(Offer.driver_id).where(Offer.driver_id.in_(these), Offer.state == offers.OPEN)
    )
    weighed = _weigh(found, ring, before, set(asked_now))
    for one in weighed:
        work.session.add(
            Weighing(
                search_id=search.id, driver_id=one.candidate.driver_id, at=work.now, ring=search.ring, asked=one.asked,
                reason_key=one.reason_key, reason_args=dict(one.candidate.reason_args),
            )
        )  # fmt: skip
    chosen = [one.candidate.driver_id for one in weighed if one.asked]
    made = [
        Offer(
            search_id=search.id, order_id=order.id, driver_id=driver_id, ring=search.ring, state=offers.OPEN,
            offered_at=work.now, expires_at=work.now + timedelta(seconds=ring.seconds),
        )
        for driver_id in chosen
    ]  # fmt: skip
    work.session.add_all(made)
    await work.session.flush()
    await offer_texts.write(work, order, made, trades.load(order.trade).by_text_s)
    for offer in made:
        work.tell(events.OfferMade(work.now, offer.id, offer.driver_id, order.id))
    return bool(made)


def _weigh(
    found: Collection[Candidate], ring: Ring, before: Collection[int], busy_with_another: Collection[int]
) -> list[_Weighed]:
    """Each driver with the reason why he is asked, or why he is not. Pure."""
    weighed, asked = [], 0
    for candidate in found:
        if candidate.driver_id in before:
            key = "weighing.asked_before"
        elif candidate.unfit is not None:
            key = f"unfit.{candidate.unfit}"
        elif candidate.driver_id in busy_with_another:
            key = "weighing.has_an_offer"
        elif candidate.distance_m is not None and candidate.distance_m > ring.reach_m:
            key = "weighing.too_far"
        elif asked == ring.at_once:
            key = "weighing.others_first"
        else:
            key = "weighing.nearest" if candidate.distance_m is not None else "weighing.longest_waiting"
            asked += 1
            weighed.append(_Weighed(candidate, True, key))
            continue
        weighed.append(_Weighed(candidate, False, key))
    return weighed
