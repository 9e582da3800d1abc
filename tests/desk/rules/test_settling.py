"""Whom a batch pays and whom it bills: never more than was his and is his still, never more than he owes still."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.errors import Invalid
from desk.rules.settling import SettlingRule

AMOUNT = st.integers(-(10**9), 10**9)


@given(
    keep=st.integers(0, 10**6), unit=st.integers(1, 10**5), share=st.floats(0, 1), had=AMOUNT, has=AMOUNT,
)  # fmt: skip
def test_what_is_proposed_leaves_what_stays_in_and_asks_for_no_more_than_is_owed(
    keep: int, unit: int, share: float, had: int, has: int
) -> None:
    """Seen failing with the balance of now alone, and with rounding up."""
    rule = SettlingRule(keep, unit, int(keep * share))
    found = rule.proposal(had, has)
    assert found == rule.proposal(has, had)
    if found.kind == "pay":
        assert found.amount > 0
        assert found.amount % unit == 0
        assert keep <= min(had, has) - found.amount < keep + unit
    elif found.kind == "bill":
        assert max(had, has) + found.amount == rule.needed
    else:
        assert (found.amount, found.reason) in ((0, "small"), (0, "within"))
        assert max(had, has) >= rule.needed
        assert min(had, has) < keep + unit
    if found.kind != "none":
        assert rule.stands(found.kind, found.amount, has)


def test_what_was_proposed_stands_while_he_has_it_still_or_owes_it_still() -> None:
    rule = SettlingRule(30_000, 1_000, 10_000)
    assert [rule.stands("pay", 20_000, has) for has in (49_999, 50_000, 80_000)] == [False, True, True]
    assert [rule.stands("bill", 15_000, has) for has in (-20_000, -5_000, -4_999)] == [True, True, False]


@pytest.mark.parametrize(("rule", "field"), [((-1, 1, 0), "keep"), ((0, 0, 0), "unit"), ((0, 1, 1), "needed")])
def test_a_rule_that_is_none_is_refused(rule: tuple[int, int, int], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        SettlingRule(*rule)
    assert refused.value.details["field"] == field
