"""A peak: searches that have gathered are matched with the drivers whom they could ask, all at once, and the round is kept.

Nothing is decided here for good: each order still asks the driver who was found for it, who says yes or no, and whoever is first
has it. A plan that is lost with the process costs nothing: the searches are due still, and are matched again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import trades
from desk.dispatching import matching, rings
from desk.dispatching.matching import Matching
from desk.views import Json, moment
from desk.work import Work
from models import MatchingRound, Order, Search

TOGETHER = 200
"""So many searches are matched at once at most; what is over is matched in the next round."""


@dataclass(slots=True)
class Gathered:
    """The searches of one office that are due together, and what each driver would cost each of them, and need for the way."""

    office_id: int
    orders: list[int] = field(default_factory=list)
    costs: dict[tuple[int, int], int] = field(default_factory=dict)
    ways: dict[tuple[int, int], int] = field(default_factory=dict)

    @property
    def drivers(self) -> int:
        """How many could be asked."""
        return len({driver_id for _, driver_id in self.costs})


async def gathered(session: AsyncSession, order_ids: Iterable[int], now: datetime) -> list[Gathered]:
    """Of these due searches, those that wait to be matched and are not alone, by office."""
    found = await session.execute(
        select(Search, Order)
        .join(Order, Order.id == Search.order_id)
        .where(Search.order_id.in_(list(order_ids)), Search.state == "running", Search.match_at <= now)
        .order_by(Search.started_at, Search.id)
    )
    offices: dict[int, list[tuple[Search, Order]]] = defaultdict(list)
    for search, order in found:
        offices[order.office_id].append((search, order))
    return [
        await _weighed(session, office_id, some[:TOGETHER], now) for office_id, some in offices.items() if len(some) > 1
    ]


async def _weighed(session: AsyncSession, office_id: int, some: list[tuple[Search, Order]], now: datetime) -> Gathered:
    round_ = Gathered(office_id)
    for search, order in some:
        plan = trades.load(order.trade).rings
        ring = plan[min(search.ring, len(plan) - 1)]
        round_.orders.append(order.id)
        for each in await rings.could_be_asked(session, search, order, ring.reach_m, now):
            if each.cost_s is not None and each.eta_s is not None:
                round_.costs[order.id, each.driver_id] = each.cost_s
                round_.ways[order.id, each.driver_id] = each.eta_s
    return round_


async def latest(session: AsyncSession, office_id: int, limit: int) -> list[MatchingRound]:
    """An office's last rounds, newest first."""
    query = select(MatchingRound).where(MatchingRound.office_id == office_id).order_by(MatchingRound.id.desc())
    return list(await session.scalars(query.limit(limit)))


def round_json(row: MatchingRound) -> Json:
    """A round as it is told."""
    whole = (
        "orders", "drivers", "matched", "method", "total_s", "worst_s", "greedy_matched", "greedy_total_s", "greedy_worst_s",
        "took_ms",
    )  # fmt: skip
    return {"at": moment(row.at), **{name: getattr(row, name) for name in whole}}


async def match(round_: Gathered) -> Matching:
    """Which driver each order asks."""
    return await matching.match(round_.costs)


def plans(round_: Gathered, found: Matching) -> dict[int, rings.Plan]:
    """By order, those with a driver first: who has none takes nobody's."""
    told = {
        order_id: rings.Plan(found.driver_of.get(order_id), len(round_.orders), round_.drivers)
        for order_id in round_.orders
    }
    return dict(sorted(told.items(), key=lambda item: item[1].driver_id is None))


async def keep(work: Work, round_: Gathered, found: Matching) -> None:
    """Write the round down, with what taking the nearest one by one would have come to."""
    one_by_one = matching.greedy(round_.costs)
    work.session.add(
        MatchingRound(
            office_id=round_.office_id, at=work.now, orders=len(round_.orders), drivers=round_.drivers,
            matched=len(found.driver_of), method=found.method,
            total_s=found.total(round_.ways), worst_s=found.worst(round_.ways),
            greedy_matched=len(one_by_one.driver_of), greedy_total_s=one_by_one.total(round_.ways),
            greedy_worst_s=one_by_one.worst(round_.ways), took_ms=found.took_ms,
        )
    )  # fmt: skip
