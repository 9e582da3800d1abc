"""Looking for a driver by itself: ring after ring, the nearest first, until somebody says yes or everybody was asked.

A search is a row with the moment at which it goes on, so it survives any restart: `advance` is called often and does what is
due. Each ring asks some drivers at once (desk/dispatching/rings.py), the last one everybody, in waves; nobody is asked twice in
one search. A search that only proposes names the driver whom it would ask, and asks nobody. The order's row is held in everything
that ends an offer, so a driver, another driver and an operator never win together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from desk import events, trades
from desk.dispatching import crowds, next_orders, pins, rings
from desk.dispatching.giving import driver_of_office, give
from desk.dispatching.rings import Asked, Plan
from desk.driver import driver_fitness, offers
from desk.errors import Conflict, NotFound, WrongState
from desk.order import order_steps, pin_doubt
from desk.text import plain
from desk.trades import TAKEN, Ring, Trade
from desk.work import Work
from models import Assignment, NextOrder, Offer, Order, Search

PROPOSED_FOR = timedelta(seconds=15)
"""A proposal is thought over anew as often."""
LOOKED_AGAIN = timedelta(seconds=10)
"""While those who were asked by a broadcast still think, it looks as often for who has come on duty meanwhile."""
PATIENCE = timedelta(seconds=90)
"""So long after its last offer, a broadcast waits for drivers who think about other orders."""


class OfferGone(Conflict):
    """The offer is no longer open. `details["state"]` says how it ended: declined, expired, withdrawn, accepted."""

    code = "offer_gone"


async def start(work: Work, operator_id: int | None, order_id: int, all_the_same: str | None = None) -> Search:
    """Begin to look for a driver; a search that is running is given back as it is, one that proposes begins to ask.

    `all_the_same` is why an order is offered although it is uncertain where it begins, in the operator's words.
    Raises WrongState unless the order waits for a driver, PinUncertain, TooManyAlike, NotFound.
    """
    order = await order_steps.hold(work, operator_id, order_id)
    if order.state != TAKEN or await next_orders.of_order(work.session, order_id) is not None:
        raise WrongState(f"an order that is {order.state} waits for no driver", before=order.state)
    running = await _running(work, order_id)
    if running is not None and not running.proposes:
        return running
    pins.check(work, order, operator_id, all_the_same)
    await crowds.check(work, order, operator_id, all_the_same)
    search = running or await _begin(work, order, operator_id)
    search.proposes, search.proposed_driver_id = False, None
    work.tell(events.SearchChanged(work.now, order_id, "running"))
    await _go_on(work, search, order)
    return search


async def begin_by_itself(work: Work, order: Order, *, proposes: bool) -> bool:
    """Have a search begin a moment from now for an order that is held; whether it does.

    Not where it is uncertain where the order begins, nor for one of a crowd: nobody has said why all the same.
    """
    if order.state != TAKEN or pin_doubt.doubt(order) is not None or await _running(work, order.id) is not None:
        return False
    if await crowds.of_orders(work.session, [order]):
        return False
    search = await _begin(work, order, None)
    search.proposes = proposes
    work.tell(events.SearchChanged(work.now, order.id, "running"))
    return True


async def resume(work: Work, order: Order) -> bool:
    """Look again for an order that is held and has lost its driver, where the desk had looked for him; whether it does.

    What was said of an uncertain pick-up then holds still.
    """
    last = await work.session.scalar(
        select(Search).where(Search.order_id == order.id, ~Search.by_hand).order_by(Search.id.desc()).limit(1)
    )
    if last is None or last.state != "assigned" or order.state != TAKEN:
        return False
    search = await _begin(work, order, None)
    search.proposes = last.proposes
    work.tell(events.SearchChanged(work.now, order.id, "running"))
    return True


async def propose_anew(work: Work, order: Order) -> None:
    """An order that is held asks something else of its driver: who is proposed for it is thought over at once."""
    search = await _running(work, order.id)
    if search is not None and search.proposes:
        search.due_at = work.now


async def freed(work: Work, driver_id: int) -> None:
    """A driver has nothing to do any more: he begins his next order, or that one is looked for again."""
    lost = await next_orders.begin(work, driver_id)
    if lost is not None:
        await resume(work, lost)


async def _begin(work: Work, order: Order, operator_id: int | None) -> Search:
    search = Search(
        order_id=order.id, state="running", ring=0, started_at=work.now, started_by=operator_id, due_at=work.now
    )
    try:
        async with work.session.begin_nested():
            work.session.add(search)
    except IntegrityError:
        running = await _running(work, order.id)
        assert running is not None
        return running
    return search


async def stop(work: Work, operator_id: int, order_id: int) -> None:
    """Look no further; the order waits for an operator's choice. Raises NotFound."""
    await order_steps.hold(work, operator_id, order_id)
    await offers.withdraw_of_order(work, order_id, "an operator stopped the search", "stopped")


async def due(session: AsyncSession, now: datetime, limit: int = 200) -> list[int]:
    """Orders whose search has something to do, the longest due first."""
    query = select(Search.order_id).where(Search.state == "running", Search.due_at <= now).order_by(Search.due_at)
    return list(await session.scalars(query.limit(limit)))


async def next_due(session: AsyncSession) -> datetime | None:
    """When the next search goes on."""
    found: datetime | None = await session.scalar(
        select(Search.due_at).where(Search.state == "running").order_by(Search.due_at).limit(1)
    )
    return found


async def expire(work: Work, limit: int = 200) -> int:
    """End offers that ran out, of many orders at once; how many. Orders that somebody holds at this moment see to theirs.

    A search goes on by its own `due_at`.
    """
    late = (
        select(Order.id)
        .join(Offer, Offer.order_id == Order.id)
        .where(Offer.state == offers.OPEN, Offer.expires_at <= work.now)
        .order_by(Offer.expires_at)
        .limit(limit)
        .with_for_update(of=Order, skip_locked=True)
    )
    return await _end_late(work, Offer.order_id.in_(list(await work.session.scalars(late))))


async def next_expiry(session: AsyncSession) -> datetime | None:
    """When the next open offer runs out."""
    found: datetime | None = await session.scalar(select(func.min(Offer.expires_at)).where(Offer.state == offers.OPEN))
    return found


async def advance(work: Work, order_id: int, plan: Plan | None = None) -> None:
    """Do what is due for one order: offers that ran out end, and the next ring is asked, or whom the `plan` of a peak names."""
    order = await order_steps.hold(work, None, order_id)
    search = await _running(work, order_id)
    if search is not None and search.due_at <= work.now:
        await _go_on(work, search, order, plan)


async def accept(work: Work, driver_id: int, offer_id: int) -> Assignment | NextOrder:
    """The driver takes it, at once or as his next order: everybody else's offer is withdrawn.

    Raises OfferGone when he is too late, and what `dispatch.assign` raises; NotFound for somebody else's offer.
    """
    offer = await _hold_offer(work, driver_id, offer_id)
    offer.state, offer.ended_at = "accepted", work.now
    await work.session.flush()
    work.tell(events.OfferEnded(work.now, offer.id, driver_id, offer.order_id, "accepted"))
    order = await work.session.get_one(Order, offer.order_id)
    driver = await driver_of_office(work, order, driver_id)
    await driver_fitness.check(work.session, order, driver, work.now, by_operator=False)
    if driver.done_at is not None and driver.state == "busy":
        return await next_orders.hold(work, None, order, driver)
    return await give(work, None, order, driver)


async def decline(work: Work, driver_id: int, offer_id: int, reason: str) -> None:
    """The driver does not want it; once everybody asked has said no, the next ring is asked at once."""
    offer = await _hold_offer(work, driver_id, offer_id)
    offer.state, offer.ended_at, offer.reason = "declined", work.now, plain(reason, 200) or None
    await work.session.flush()
    work.tell(events.OfferEnded(work.now, offer.id, driver_id, offer.order_id, "declined"))
    if not await offers.is_offered(work.session, offer.order_id):
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


async def _go_on(work: Work, search: Search, order: Order, plan: Plan | None = None) -> None:
    trade = trades.load(order.trade)
    waiting = await _expire(work, order.id)
    held_up = [at for at in (_goes_on(some, trade.rings) for some in waiting) if at > work.now]
    if held_up:
        search.due_at = min(held_up)
        return
    if search.proposes:
        await _propose(work, search, order, trade)
        return
    if await _gathers(work, search, order, trade):
        return
    asked = await _ask(work, search, order, trade, plan)
    if asked.count:
        return
    again = work.now + LOOKED_AGAIN
    if waiting:
        over = min(some.expires_at for some in waiting)
        search.due_at = min(over, again) if trade.rings[-1].wave_s else over
    elif asked.thinking and await _has_patience(work, search):
        search.due_at = again
    else:
        search.state, search.ended_at = "unassigned", work.now
        work.tell(events.SearchChanged(work.now, order.id, "unassigned"))


async def _ask(work: Work, search: Search, order: Order, trade: Trade, plan: Plan | None) -> Asked:
    """Ask the next ring that has anybody; a broadcast again and again, as it goes out in waves and others come on duty."""
    asked = Asked(0, 0)
    if search.ring == len(trade.rings) and trade.rings[-1].wave_s:
        search.ring -= 1
    while search.ring < len(trade.rings) and not asked.count:
        ring = trade.rings[search.ring]
        search.ring += 1
        asked = await rings.ask(work, search, order, ring, None if ring.wave_s else plan)
        search.due_at = work.now + timedelta(seconds=ring.wave_s or ring.seconds)
    return asked


async def _has_patience(work: Work, search: Search) -> bool:
    """Whether it still waits for those who think about other orders."""
    last = await work.session.scalar(select(func.max(Offer.offered_at)).where(Offer.search_id == search.id))
    return work.now - max(last or search.started_at, search.started_at) < PATIENCE


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Open offers that were made together: in which ring, whether by text, when, and when the first of them is over."""

    ring: int
    by_text: bool
    offered_at: datetime
    expires_at: datetime


def _goes_on(some: _Waiting, plan: tuple[Ring, ...]) -> datetime:
    """Until when open offers hold up their search. Who answers by text has longer, and nobody waits for him."""
    if not 0 < some.ring <= len(plan):
        return some.expires_at
    ring = plan[some.ring - 1]
    if ring.wave_s:
        return min(some.expires_at, some.offered_at + timedelta(seconds=ring.wave_s))
    return min(some.expires_at, some.offered_at + timedelta(seconds=ring.seconds)) if some.by_text else some.expires_at


async def _propose(work: Work, search: Search, order: Order, trade: Trade) -> None:
    """Name the driver who would be asked first, and think it over again in a while."""
    found = await rings.could_be_asked(work.session, search, order, trade.rings[-1].reach_m, work.now)
    best = found[0] if found else None
    search.due_at = work.now + PROPOSED_FOR
    if search.proposed_driver_id == (best.driver_id if best else None) and search.ring > 0:
        return
    search.ring, search.proposed_driver_id = 1, best.driver_id if best else None
    await rings.keep(work, search, [rings.proposed(each, each is best, best) for each in found])
    work.tell(events.SearchChanged(work.now, order.id, "running"))


async def _gathers(work: Work, search: Search, order: Order, trade: Trade) -> bool:
    """Whether it waits for others, because so many search at once that they are better matched together.

    Not before a broadcast: that asks everybody.
    """
    if trade.rings[min(search.ring, len(trade.rings) - 1)].wave_s:
        return False
    if search.match_at is not None:
        if search.match_at <= work.now:
            search.match_at = None
            return False
        search.due_at = search.match_at
        return True
    some = (
        select(Search.id)
        .join(Order, Order.id == Search.order_id)
        .where(Search.state == "running", Search.proposes.is_(False), Order.office_id == order.office_id)
        .limit(trade.peak.searches)
        .subquery()
    )
    if (await work.session.scalar(select(func.count()).select_from(some)) or 0) < trade.peak.searches:
        return False
    # By the clock, not by when it began: all that gather meet at the same moments.
    window = trade.peak.window_s
    since = work.now.timestamp() % window
    search.match_at = search.due_at = work.now + timedelta(seconds=window - since)
    return True


async def _expire(work: Work, order_id: int) -> list[_Waiting]:
    """End what ran out; what waits for an answer. A broadcast has thousands of offers: they are not read one by one."""
    await _end_late(work, Offer.order_id == order_id)
    by_text = Offer.code.is_not(None)
    found = await work.session.execute(
        select(Offer.ring, by_text, Offer.offered_at, func.min(Offer.expires_at))
        .where(Offer.order_id == order_id, Offer.state == offers.OPEN)
        .group_by(Offer.ring, by_text, Offer.offered_at)
    )
    return [_Waiting(ring, bool(text), offered_at, expires_at) for ring, text, offered_at, expires_at in found]


async def _end_late(work: Work, which: ColumnElement[bool]) -> int:
    ended = await work.session.execute(
        update(Offer)
        .where(which, Offer.state == offers.OPEN, Offer.expires_at <= work.now)
        .values(state="expired", ended_at=work.now)
        .returning(Offer.id, Offer.driver_id, Offer.order_id)
        .execution_options(synchronize_session=False)
    )
    rows = ended.all()
    for offer_id, driver_id, order_id in rows:
        work.tell(events.OfferEnded(work.now, offer_id, driver_id, order_id, "expired"))
    return len(rows)
