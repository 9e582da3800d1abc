"""The chance of a driver at a price: learned from the office's own orders, never better for less money, and tried on them."""

from __future__ import annotations

import random
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from desk.rules.acceptance import ENOUGH, HELPS, Tried, calibration, chance, curve, in_time

ANY = st.builds(
    Tried, st.integers(50, 300), st.integers(0, 4_000), st.booleans(), st.integers(0, 23), st.integers(0, 100)
)


def night(seed: int, orders: int, percent: Callable[[int], float], hour: int = 23) -> list[Tried]:
    """Orders at random prices, of which `percent(price)` of 100 are reached within ten minutes, the others after an hour."""
    dice = random.Random(seed)
    prices = [dice.choice((95, 105, 115, 125, 140)) for _ in range(orders)]
    return [Tried(price, 600 if dice.random() * 100 < percent(price) else 3_600, True, hour, 5) for price in prices]


def test_a_chance_is_the_share_of_such_orders_that_were_reached_in_time() -> None:
    tried = [Tried(100, 500, True, 23, 5)] * 30 + [Tried(100, 1_500, True, 23, 5)] * 10
    found = chance(tried, 23, 5, 100, 900)
    assert found is not None
    assert (found.percent, found.orders, found.raise_to, found.raised_percent) == (75, 40, None, None)


def test_too_few_orders_say_nothing() -> None:
    assert chance([Tried(100, 500, True, 23, 5)] * (ENOUGH - 1), 23, 5, 100, 900) is None
    assert chance([], 23, 5, 100, 900) is None


def test_the_cheapest_raise_that_helps_is_told() -> None:
    tried = [Tried(100, 600 if n % 2 else 3_600, True, 23, 5) for n in range(40)]
    tried += [Tried(112, 600 if n % 20 < 11 else 3_600, True, 23, 5) for n in range(40)]  # 55 of 100: not worth it
    tried += [Tried(125, 600 if n % 4 else 3_600, True, 23, 5) for n in range(40)]
    tried += [Tried(160, 600, True, 23, 5)] * 40
    found = chance(tried, 23, 5, 100, 900)
    assert found is not None
    assert (found.percent, found.raise_to, found.raised_percent) == (50, 120, 75)
    best = chance(tried, 23, 5, 160, 900)
    assert best is not None
    assert (best.percent, best.raise_to) == (100, None)


def test_who_gave_up_before_the_time_tells_nothing_and_who_waited_for_longer_in_vain_does() -> None:
    assert in_time(Tried(100, 300, False, 23, 5), 900) is None
    assert in_time(Tried(100, 900, False, 23, 5), 900) is False
    assert in_time(Tried(100, 900, True, 23, 5), 900) is True
    assert in_time(Tried(100, 901, True, 23, 5), 900) is False


def test_orders_at_such_an_hour_with_as_many_drivers_free_count_before_all_others() -> None:
    alike, busy = [Tried(100, 500, True, 23, 5)] * ENOUGH, [Tried(100, 3_600, True, 23, 0)] * 90
    by_day = [Tried(100, 3_600, True, 14, 5)] * 300
    found = chance([*busy, *by_day, *alike], 0, 5, 100, 900)
    assert found is not None
    assert (found.percent, found.orders) == (100, ENOUGH)
    fewer = chance([*busy, *by_day, *alike[1:]], 0, 5, 100, 900)
    assert fewer is not None
    assert fewer.orders == 90 + ENOUGH - 1


@given(st.lists(ANY, max_size=120), st.integers(1, 3_600))
@settings(max_examples=200, deadline=None)
def test_a_dearer_fare_is_never_told_as_worse(tried: list[Tried], within_s: int) -> None:
    bands = curve(tried, within_s)
    assert [band.price for band in bands] == sorted({band.price for band in bands})
    assert [band.percent for band in bands] == sorted(band.percent for band in bands)
    assert sum(band.orders for band in bands) == sum(in_time(one, within_s) is not None for one in tried)
    found = chance(tried, 23, 5, 100, within_s)
    if found is not None and found.raise_to is not None and found.raised_percent is not None:
        assert found.raised_percent >= found.percent + HELPS


def test_chances_of_a_steady_office_hold_within_ten_points() -> None:
    for seed in range(5):
        tried = night(seed, 1_200, lambda price: price - 50)
        found = calibration(tried, 900)
        assert found is not None
        assert found.off <= 10, (seed, found)
        assert sum(one.orders for one in found.bins) == found.orders == 600


def test_where_the_past_misleads_the_calibration_says_so() -> None:
    turned = night(1, 600, lambda _: 95) + night(2, 600, lambda _: 10)
    found = calibration(turned, 900)
    assert found is not None
    assert found.off > 10
    assert max(one.told for one in found.bins) >= 85  # foretold from what was known before, not afterwards
    assert calibration(night(3, 40, lambda _: 50), 900) is None
