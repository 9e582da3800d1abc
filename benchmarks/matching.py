"""Simulated peaks: orders and drivers matched at once, against the nearest first, and against what no pairing can be below.

Orders gather around a few busy corners of a city of 20 by 20 km, drivers are everywhere; each order sees its 30 nearest. Costs
are seconds of the way. The lower bound gives every order its nearest driver, however many want the same one. No database.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Sequence

from benchmarks.machine import described
from benchmarks.report import Report, options
from desk.dispatching import matching
from desk.trades import proxy

CITY_M, CORNERS, SPREAD_M, SEEN, REACH_M = 20_000, 6, 1_200, 30, 7_000


def peak(seed: int, orders: int, drivers: int) -> dict[tuple[int, int], int]:
    """What each of the near drivers would need to each order, in seconds."""
    chance = random.Random(seed)
    corners = [(chance.uniform(0, CITY_M), chance.uniform(0, CITY_M)) for _ in range(CORNERS)]
    team = [(chance.uniform(0, CITY_M), chance.uniform(0, CITY_M)) for _ in range(drivers)]
    pairs: dict[tuple[int, int], int] = {}
    for order in range(orders):
        x, y = (chance.gauss(middle, SPREAD_M) for middle in chance.choice(corners))
        ways = sorted((((x - a) ** 2 + (y - b) ** 2) ** 0.5, driver) for driver, (a, b) in enumerate(team))
        for metres, driver in ways[:SEEN]:
            if metres <= REACH_M:
                pairs[order, driver] = proxy.TRADE.approach.seconds(metres)
    return pairs


def at_size(orders: int, drivers: int, peaks: int) -> tuple[str, ...]:
    """One row: the mean of so many seeded peaks."""
    figures: list[tuple[float, ...]] = []
    for seed in range(peaks):
        pairs = peak(seed, orders, drivers)
        nearest: dict[int, int] = {}
        for (order, _), cost in pairs.items():
            nearest[order] = min(cost, nearest.get(order, cost))
        one_by_one, begun = matching.greedy(pairs), time.perf_counter()
        best = matching.optimal(pairs)
        took = 1000 * (time.perf_counter() - begun)
        figures.append(
            (
                len(one_by_one.driver_of), len(best.driver_of), one_by_one.total(pairs) / max(1, len(one_by_one.driver_of)),
                best.total(pairs) / max(1, len(best.driver_of)), statistics.fmean(nearest.values()),
                one_by_one.worst(pairs), best.worst(pairs), took,
            )
        )  # fmt: skip
    means = [statistics.fmean(column) for column in zip(*figures, strict=True)]
    return (f"{orders:,} orders, {drivers:,} drivers", *(f"{mean:,.0f}" for mean in means[:-1]), f"{means[-1]:.1f}")


def measure(sizes: Sequence[tuple[int, int]], peaks: int) -> Report:
    """Everything."""
    matching.optimal({(0, 0): 1})  # the first one loads scipy
    report = Report("matching", described())
    heads = (
        "a peak of", "served: nearest first", "at once", "mean s: nearest first", "at once", "lower bound",
        "worst s: nearest first", "at once", "ms",
    )  # fmt: skip
    report.table(heads, [at_size(orders, drivers, peaks) for orders, drivers in sizes])
    report.line(
        f"Seeds 0 to {peaks - 1}; more orders served makes a mean longer, as the last ones have the longest way."
    )
    return report


def main() -> None:
    """Measure and report."""
    parser = options("matching", __doc__, rounds=1)
    parser.add_argument("--peaks", type=int, default=20, help="seeded peaks of each size (%(default)s)")
    chosen = parser.parse_args()
    sizes = [(10, 15)] if chosen.small else [(20, 40), (50, 60), (100, 150), (200, 200), (200, 600)]
    measure(sizes, 2 if chosen.small else chosen.peaks).finish(chosen.write)


if __name__ == "__main__":
    main()
