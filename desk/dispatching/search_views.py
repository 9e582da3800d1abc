"""How the searches for drivers stand, as the desk looks at them: in short for every order, and one order's offers in full."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import trades
from desk.driver import offers
from desk.views import Json, moment
from models import Driver, Offer, Operator, Order, Search, Weighing

NAMED = 3
"""So many of those who are asked are named beside an order; the last ring asks hundreds."""


@dataclass(frozen=True, slots=True)
class SearchView:
    """How a search stands: `ring` of `rings` rounds were asked, `asked` drivers are thinking about it now.

    `asking` has the numbers of the first few of them. One that `proposes` asks nobody: `proposed` is whom it would ask.
    `declined` said no and `silent` did not answer, in this search. `due_at` is when it goes on, null once it has ended. `why` is
    "uncertain" where it stopped by itself, because it had become uncertain where the order begins.
    """

    state: str
    ring: int
    rings: int
    asked: int
    asking: tuple[str, ...]
    declined: int
    silent: int
    started_at: datetime
    due_at: datetime | None
    why: str | None = None
    proposes: bool = False
    proposed: Json | None = None

    def as_json(self) -> Json:
        return {
            "state": self.state,
            "ring": self.ring,
            "rings": self.rings,
            "asked": self.asked,
            "asking": list(self.asking),
            "declined": self.declined,
            "silent": self.silent,
            "started_at": moment(self.started_at),
            "due_at": moment(self.due_at),
            "why": self.why,
            "proposes": self.proposes,
            "proposed": self.proposed,
        }


async def of_orders(session: AsyncSession, order_ids: Collection[int]) -> dict[int, SearchView]:
    """How the newest search of each order stands; orders that nobody looked for are left out."""
    found = await session.execute(
        select(Search, Order.trade)
        .join(Order, Order.id == Search.order_id)
        .where(Search.order_id.in_(order_ids), ~Search.by_hand)
        .order_by(Search.id)
    )
    newest = {search.order_id: (search, trade) for search, trade in found}
    if not newest:
        return {}
    # Whom an ended search asked is told only where somebody has to act on it.
    lively = [search.id for search, _ in newest.values() if search.state in ("running", "unassigned")]
    counts = await _counts(session, lively)
    names = await _asking(session, lively)
    proposed = await _proposed(session, [search for search, _ in newest.values() if search.state == "running"])
    return {
        order_id: SearchView(
            search.state,
            search.ring,
            len(trades.load(trade).rings),
            counts[search.id][offers.OPEN],
            tuple(names[search.id]),
            counts[search.id]["declined"],
            counts[search.id]["expired"],
            search.started_at,
            search.due_at if search.state == "running" else None,
            search.ended_why,
            search.proposes,
            proposed.get(search.proposed_driver_id or 0) if search.state == "running" else None,
        )
        for order_id, (search, trade) in newest.items()
    }


async def weighings(
    session: AsyncSession, order_id: int, limit: int = 200
) -> list[tuple[Weighing, Driver, str | None]]:
    """Why drivers were asked for this order or were not, the newest first; with who gave it, where an operator did by hand."""
    rows = await session.execute(
        select(Weighing, Driver, Operator.name)
        .join(Search, Search.id == Weighing.search_id)
        .join(Driver, Driver.id == Weighing.driver_id)
        .outerjoin(Operator, and_(Operator.id == Search.started_by, Search.by_hand))
        .where(Search.order_id == order_id)
        .order_by(Weighing.id.desc())
        .limit(limit)
    )
    return [(weighing, driver, by) for weighing, driver, by in rows]


async def offers_of(session: AsyncSession, order_id: int, limit: int = 200) -> list[tuple[Offer, Driver]]:
    """Whom this order was offered to and what became of it, the newest first."""
    rows = await session.execute(
        select(Offer, Driver)
        .join(Driver, Driver.id == Offer.driver_id)
        .where(Offer.order_id == order_id)
        .order_by(Offer.id.desc())
        .limit(limit)
    )
    return [(offer, driver) for offer, driver in rows]


async def _counts(session: AsyncSession, search_ids: list[int]) -> dict[int, Counter[str]]:
    counted = await session.execute(
        select(Offer.search_id, Offer.state, func.count())
        .where(Offer.search_id.in_(search_ids))
        .group_by(Offer.search_id, Offer.state)
    )
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for search_id, state, count in counted:
        counts[search_id][state] = count
    return counts


async def _proposed(session: AsyncSession, running: list[Search]) -> dict[int, Json]:
    ids = [search.proposed_driver_id for search in running if search.proposed_driver_id is not None]
    if not ids:
        return {}
    found = await session.execute(select(Driver.id, Driver.number, Driver.name).where(Driver.id.in_(ids)))
    return {driver_id: {"id": driver_id, "number": number, "name": name} for driver_id, number, name in found}


async def _asking(session: AsyncSession, search_ids: list[int]) -> dict[int, list[str]]:
    place = func.row_number().over(partition_by=Offer.search_id, order_by=Offer.id)
    first = (
        select(Offer.id, Offer.search_id, Offer.driver_id, place.label("place"))
        .where(Offer.search_id.in_(search_ids), Offer.state == offers.OPEN)
        .subquery()
    )
    asked = await session.execute(
        select(first.c.search_id, Driver.number)
        .join(Driver, Driver.id == first.c.driver_id)
        .where(first.c.place <= NAMED)
        .order_by(first.c.id)
    )
    names: dict[int, list[str]] = defaultdict(list)
    for search_id, number in asked:
        names[search_id].append(number)
    return names
