"""Orders and drivers matched so that all customers together wait least: each pair has a cost, no driver and no order has two.

Only near drivers are pairs, so the table is sparse; what is not a pair costs more than all pairs together and is dropped from the
answer. As many orders as possible get a driver, and of those answers the cheapest is found. Where the table is too large, or the
solver is not there or not quick enough, the cheapest pair is taken first, then the next: a fair answer, and never a late one.
scipy (docs/adr/0016) takes a second or more to load: `load` does it ahead of the first peak, whose limit it would use up.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import structlog

Pairs: TypeAlias = Mapping[tuple[int, int], int]
"""By order and driver: what it costs, in seconds. May be negative: waiting counts against the way."""

MOST_CELLS = 400 * 1_500
"""Orders times drivers that are solved at most; about a tenth of a second."""
LIMIT_S = 1.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Matching:
    """Which driver each order gets. `method` is "optimal" or "greedy"."""

    driver_of: Mapping[int, int]
    method: str
    took_ms: int = 0

    def total(self, costs: Pairs) -> int:
        """Of all pairs together."""
        return sum(costs[pair] for pair in self.driver_of.items())

    def worst(self, costs: Pairs) -> int:
        """Of the pair that costs most; 0 where there is none."""
        return max((costs[pair] for pair in self.driver_of.items()), default=0)


def greedy(pairs: Pairs) -> Matching:
    """The cheapest pair first, then the cheapest of what is left; ties go to the lower ids: the answer is always the same."""
    driver_of: dict[int, int] = {}
    taken: set[int] = set()
    for (order_id, driver_id), _ in sorted(pairs.items(), key=lambda pair: (pair[1], pair[0])):
        if order_id not in driver_of and driver_id not in taken:
            driver_of[order_id] = driver_id
            taken.add(driver_id)
    return Matching(driver_of, "greedy")


def optimal(pairs: Pairs) -> Matching:
    """As many orders as can be, and of those answers the one that costs least (Jonker-Volgenant, `linear_sum_assignment`)."""
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    orders = sorted({order_id for order_id, _ in pairs})
    drivers = sorted({driver_id for _, driver_id in pairs})
    row = {order_id: n for n, order_id in enumerate(orders)}
    column = {driver_id: n for n, driver_id in enumerate(drivers)}
    lowest = min(pairs.values(), default=0)
    none = (max(pairs.values(), default=0) - lowest + 1) * (min(len(orders), len(drivers)) + 1)
    table = np.full((len(orders), len(drivers)), float(none))
    for (order_id, driver_id), cost in pairs.items():
        table[row[order_id], column[driver_id]] = cost - lowest
    found = zip(*(side.tolist() for side in linear_sum_assignment(table)), strict=True)
    chosen = {orders[r]: drivers[c] for r, c in found}
    return Matching({order: driver for order, driver in chosen.items() if (order, driver) in pairs}, "optimal")


def load() -> None:
    """Have the solver at hand; to be called in a thread. Where it is not there, `match` says so when it is wanted."""
    with contextlib.suppress(ImportError):
        optimal({(0, 0): 0})
        gc.freeze()  # a hundred thousand objects more, which each full collection would walk through


async def match(pairs: Pairs, most_cells: int = MOST_CELLS, limit_s: float = LIMIT_S) -> Matching:
    """The optimal matching where it can be had in time, found beside the event loop; the greedy one otherwise."""
    begun = time.monotonic()
    fallback = greedy(pairs)
    cells = len({order_id for order_id, _ in pairs}) * len({driver_id for _, driver_id in pairs})
    if not pairs or cells > most_cells:
        return _timed(fallback, begun)
    try:
        async with asyncio.timeout(limit_s):
            return _timed(await asyncio.to_thread(optimal, dict(pairs)), begun)
    except TimeoutError:
        log.warning("the matching of a peak took too long; the nearest were taken one by one", pairs=len(pairs))
    except ImportError as error:
        log.warning("peaks are matched one by one: scipy is not there", reason=str(error))
    return _timed(fallback, begun)


def _timed(found: Matching, begun: float) -> Matching:
    return Matching(found.driver_of, found.method, round(1000 * (time.monotonic() - begun)))
