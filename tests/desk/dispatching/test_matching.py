"""Peaks matched at once: as many as can be are served, nobody twice; the nearest first where it cannot be solved."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from itertools import permutations

import pytest

from desk.dispatching import matching
from desk.dispatching.modes import ALL_DAYS, Hours, mode_at


def drawn(seed: int, orders: int = 5, drivers: int = 6) -> dict[tuple[int, int], int]:
    """Some pairs, some of which are missing, some cheaper than nothing."""
    chance = random.Random(seed)
    return {
        (order, 100 + driver): chance.randint(-60, 900)
        for order in range(orders)
        for driver in range(drivers)
        if chance.random() < 0.6
    }


def best_of_all(pairs: dict[tuple[int, int], int]) -> tuple[int, int]:
    """By trying everything: how many orders can be served, and (negative) what it costs then at least."""
    orders = sorted({order for order, _ in pairs})
    drivers = [*sorted({driver for _, driver in pairs}), *(-n for n in range(1, len(orders) + 1))]
    found = (0, 0)
    for chosen in permutations(drivers, len(orders)):
        costs = [pairs[pair] for pair in zip(orders, chosen, strict=True) if pair in pairs]
        found = max(found, (len(costs), -sum(costs)))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_as_many_as_can_be_are_served_and_for_the_least(seed: int) -> None:
    pairs = drawn(seed, 4, 4)
    found = matching.optimal(pairs)
    assert (len(found.driver_of), -found.total(pairs)) == best_of_all(pairs)
    assert len(set(found.driver_of.values())) == len(found.driver_of)


def test_the_nearest_first_gives_each_driver_once_and_the_same_again() -> None:
    pairs = {(1, 7): 10, (1, 8): 900, (2, 7): 5, (2, 8): 6}
    assert matching.greedy(pairs).driver_of == {2: 7, 1: 8}
    assert matching.optimal(pairs).driver_of == {1: 7, 2: 8}


async def test_what_is_too_large_or_nothing_is_taken_nearest_first() -> None:
    pairs = drawn(1)
    assert (await matching.match(pairs)).method == "optimal"
    assert (await matching.match(pairs, most_cells=4)).driver_of == matching.greedy(pairs).driver_of
    assert (await matching.match({})).driver_of == {}


def test_a_mode_holds_by_line_day_and_hour_and_a_night_belongs_to_its_evening() -> None:
    friday_night = Hours(None, 1 << 4, 18 * 60, 5 * 60, "automatic")
    own = Hours(3, ALL_DAYS, 0, 0, "semi")
    hours = [friday_night, own]
    assert mode_at(hours, None, datetime(2026, 11, 27, 23, 0, tzinfo=UTC)) == "automatic"
    assert mode_at(hours, None, datetime(2026, 11, 28, 4, 59, tzinfo=UTC)) == "automatic"
    assert mode_at(hours, None, datetime(2026, 11, 28, 5, 0, tzinfo=UTC)) == "manual"
    assert mode_at(hours, None, datetime(2026, 11, 27, 4, 0, tzinfo=UTC)) == "manual"
    assert mode_at(hours, 3, datetime(2026, 11, 27, 23, 0, tzinfo=UTC)) == "semi"
