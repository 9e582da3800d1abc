"""The chance that a driver is there within some minutes at a price, learned from the office's own orders. Pure.

A price is told as a share of what the tariff asked for that very order, so that long and short trips can be held side by side. Of
the orders at such an hour, with about as many drivers free where there are enough of them, each price band has its share of
orders that were reached in time; where a dearer band seems worse than a cheaper one, which is chance, the two are taken together.
How far such chances can be believed is tried on the orders themselves: `calibration`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ENOUGH = 30
"""From fewer orders nothing is said."""
HELPS = 10
"""A raise that adds fewer points than this is not proposed."""
EDGES = (90, 100, 110, 120, 135, 150, 175, 200)
"""Where the bands of prices begin, in percent of the tariff; the first has what is cheaper, too."""
BINS = 5
_FREE = (0, 2, 9)


@dataclass(frozen=True, slots=True)
class Tried:
    """An order of the past. `price` is its fare in percent of what the tariff asked.

    `waited_s` is how long it took until a driver was there (`reached`), or how long the caller waited for one in vain.
    """

    price: int
    waited_s: int
    reached: bool
    hour: int
    drivers_free: int


@dataclass(frozen=True, slots=True)
class Band:
    """Prices from `price` percent of the tariff on, until the next band: of `orders`, `percent` were reached in time."""

    price: int
    orders: int
    percent: int


@dataclass(frozen=True, slots=True)
class Chance:
    """`percent` at the price that was asked about; `raise_to` is the lowest price (percent of the tariff) that helps, if any."""

    percent: int
    orders: int
    raise_to: int | None
    raised_percent: int | None


@dataclass(frozen=True, slots=True)
class Bin:
    """Of `orders` for which about `told` percent were foretold, `came` percent were reached in time."""

    told: int
    came: int
    orders: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """`off` is by how many points the told chances missed what came, the mean of the bins by their orders."""

    bins: tuple[Bin, ...]
    off: float
    orders: int


def chance(tried: Sequence[Tried], hour: int, drivers_free: int, price: int, within_s: int) -> Chance | None:
    """What may be expected at `price`; null where too few orders tell."""
    return _chance(curve(_alike(tried, hour, drivers_free, within_s), within_s), price)


def _chance(known: Sequence[Band], price: int) -> Chance | None:
    if sum(band.orders for band in known) < ENOUGH:
        return None
    now = _at(known, price)
    better = next((band for band in known if band.price > price and band.percent >= now.percent + HELPS), None)
    return Chance(
        now.percent,
        sum(band.orders for band in known),
        better.price if better else None,
        better.percent if better else None,
    )


def curve(tried: Iterable[Tried], within_s: int) -> list[Band]:
    """The bands that have orders, the cheapest first; a dearer one is never worse (pool adjacent violators)."""
    counts: dict[int, tuple[int, int]] = {}
    for one in tried:
        if (came := in_time(one, within_s)) is not None:
            edge = EDGES[max(0, bisect_right(EDGES, one.price) - 1)]
            orders, reached = counts.get(edge, (0, 0))
            counts[edge] = orders + 1, reached + came
    pools: list[list[tuple[int, int, int]]] = []
    for edge in sorted(counts):
        pools.append([(edge, *counts[edge])])
        while len(pools) > 1 and _share(pools[-2]) > _share(pools[-1]):
            pools[-2:] = [pools[-2] + pools[-1]]
    return [Band(edge, orders, round(100 * _share(pool))) for pool in pools for edge, orders, _ in pool]


def in_time(one: Tried, within_s: int) -> bool | None:
    """Whether it was reached within so many seconds; null where the caller gave up before that."""
    if one.reached:
        return one.waited_s <= within_s
    return None if one.waited_s < within_s else False


def calibration(tried: Sequence[Tried], within_s: int) -> Calibration | None:
    """Each order of the later half foretold from those before it (a tenth of them at a time); null where they are too few.

    `tried` are in the order in which they happened.
    """
    told: list[tuple[int, bool]] = []
    step = max(1, len(tried) // 10)
    for begin in range(len(tried) // 2, len(tried), step):
        before, curves = tried[:begin], dict[tuple[int, int], list[Band]]()
        for one in tried[begin : begin + step]:
            came, like = in_time(one, within_s), (one.hour, _bucket(one.drivers_free))
            if like not in curves:
                curves[like] = curve(_alike(before, one.hour, one.drivers_free, within_s), within_s)
            expected = _chance(curves[like], one.price)
            if came is not None and expected is not None:
                told.append((expected.percent, came))
    if len(told) < ENOUGH:
        return None
    bins = []
    for n in range(BINS):
        here = [one for one in told if min(BINS - 1, one[0] * BINS // 100) == n]
        if here:
            bins.append(
                Bin(
                    round(sum(percent for percent, _ in here) / len(here)),
                    round(100 * sum(came for _, came in here) / len(here)),
                    len(here),
                )
            )
    off = sum(abs(one.told - one.came) * one.orders for one in bins) / len(told)
    return Calibration(tuple(bins), round(off, 1), len(told))


def _alike(tried: Sequence[Tried], hour: int, drivers_free: int, within_s: int) -> Sequence[Tried]:
    """Those at such an hour with about as many drivers free; where too few of them tell, all at such an hour, then all."""
    at_hour = [one for one in tried if (one.hour - hour) % 24 in (0, 1, 23)]
    alike = [one for one in at_hour if _bucket(one.drivers_free) == _bucket(drivers_free)]
    for level in (alike, at_hour):
        if sum(in_time(one, within_s) is not None for one in level) >= ENOUGH:
            return level
    return tried


def _at(known: Sequence[Band], price: int) -> Band:
    """The band in which a price lies, or the nearest below it; the cheapest, where all are dearer."""
    return next((band for band in reversed(known) if band.price <= price), known[0])


def _share(pool: Iterable[tuple[int, int, int]]) -> float:
    orders, reached = 0, 0
    for _, count, came in pool:
        orders, reached = orders + count, reached + came
    return reached / orders


def _bucket(drivers_free: int) -> int:
    return bisect_right(_FREE, drivers_free - 1)
