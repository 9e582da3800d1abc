"""What the office keeps of a fare: whole won, never more than the fare, and the two parts are the whole."""

from __future__ import annotations

import pytest

from desk import trades
from desk.errors import Invalid
from desk.rules.fees import FeeRule

TWENTY = FeeRule(basis_points=2000)


RULES = [
    TWENTY,
    FeeRule(330),
    FeeRule(330, unit=10),
    FeeRule(1500, fixed=500, unit=100),
    FeeRule(1750, fixed=300, unit=100, least=1_000, most=9_000),
    FeeRule(fixed=1_234, unit=7),
    FeeRule(10_000),
    *(trade.fees["KRW"] for trade in map(trades.load, trades.names())),
]


@pytest.mark.parametrize("rule", RULES)
def test_the_parts_of_every_fare_up_to_a_hundred_thousand_are_the_whole(rule: FeeRule) -> None:
    """Against whole numbers only: ten thousandths of a unit, so that nothing is rounded by what proves it."""
    before = 0
    for fare in range(1, 100_001):
        fee, rest = rule.split(fare)
        assert fee + rest == fare
        assert before <= fee <= fare  # a dearer trip never costs its driver less
        before = fee
        exact = fare * rule.basis_points + rule.fixed * 10_000
        if fee in (fare, rule.least, rule.most):
            most = exact if rule.most is None else min(exact, rule.most * 10_000)
            assert fee == fare or fee * 10_000 <= max(rule.least * 10_000, most)
            continue
        # Rounded down, by less than one unit.
        assert 0 <= exact - fee * 10_000 < rule.unit * 10_000
        assert fee % rule.unit == 0


@pytest.mark.parametrize(
    ("rule", "fare", "fee"),
    [
        (TWENTY, 20_000, 4_000),
        (TWENTY, 19_999, 3_999),
        (FeeRule(330), 100, 3),
        (FeeRule(fixed=3_000), 20_000, 3_000),
        (FeeRule(fixed=3_000), 2_000, 2_000),
        (FeeRule(2000, least=2_500), 10_000, 2_500),
        (FeeRule(2000, most=5_000), 90_000, 5_000),
        (FeeRule(2000, unit=100), 20_990, 4_100),
        (FeeRule(), 20_000, 0),
        (TWENTY, 0, 0),
    ],
)
def test_a_fee_by_its_rule(rule: FeeRule, fare: int, fee: int) -> None:
    assert rule.fee(fare) == fee


@pytest.mark.parametrize(
    "wrong", [{"basis_points": 10_001}, {"basis_points": -1}, {"fixed": -1}, {"unit": 0}, {"least": 5, "most": 4}]
)
def test_a_rule_that_makes_no_sense_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(Invalid):
        FeeRule(**wrong)


def test_a_negative_fare_is_refused() -> None:
    with pytest.raises(Invalid):
        TWENTY.fee(-1)
