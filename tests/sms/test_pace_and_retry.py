"""How fast, and when again."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from sms.outcome import Refused
from sms.pace import HOLD_S, RECOVERY_S, Pace
from sms.retry import AFTER_S, next_try
from sms.smpp_status import refusal

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def claim_all(pace: Pace, now: float) -> int:
    """Claim whatever may leave now."""
    texts = pace.allowance(now)
    pace.spend(texts)
    return texts


def test_no_more_than_the_contracts_rate_leaves_in_any_ten_seconds() -> None:
    pace = Pace(5, now=0)
    left = sum(claim_all(pace, tick / 20) for tick in range(200))
    assert 50 <= left <= 55


def test_a_rate_under_one_a_second_still_lets_texts_leave() -> None:
    pace = Pace(0.5, now=0)
    assert sum(claim_all(pace, tick / 20) for tick in range(200)) in (5, 6)


def test_throttled_the_link_holds_and_then_goes_at_half_the_rate() -> None:
    pace = Pace(10, now=0)
    claim_all(pace, 0)
    pace.slow_down(1)
    assert (pace.rate, pace.allowance(1 + HOLD_S / 2)) == (5, 0)
    assert sum(claim_all(pace, 2 + tick / 20) for tick in range(100)) in range(24, 28)


def test_a_burst_of_throttles_halves_the_rate_once() -> None:
    pace = Pace(16, now=0)
    for _ in range(10):
        pace.slow_down(1)
    assert pace.rate == 8


def test_the_rate_creeps_back_to_the_contracts_and_no_further() -> None:
    pace = Pace(10, now=0)
    pace.slow_down(0)
    rates = []
    for step in range(1, 5):
        pace.allowance(step * (RECOVERY_S + 1))
        rates.append(pace.rate)
    assert rates == [7.5, 10, 10, 10]


def test_the_wait_is_until_a_text_may_leave() -> None:
    pace = Pace(2, now=0)
    claim_all(pace, 0)
    assert pace.allowance(pace.wait_s(0)) == 1


@pytest.mark.parametrize(("attempts", "pause_s"), [(1, 10), (2, 30), (3, 120), (4, 300), (5, 900), (9, 900)])
def test_each_try_waits_longer_with_a_fifth_of_jitter(attempts: int, pause_s: float) -> None:
    at = next_try(refusal(0x08), attempts, NOW, random.Random(attempts))
    assert at is not None
    assert pause_s * 0.8 <= (at - NOW).total_seconds() <= pause_s * 1.2
    assert len(AFTER_S) == 5


def test_two_texts_refused_together_do_not_come_back_together() -> None:
    chance = random.Random(7)
    assert next_try(refusal(0x08), 1, NOW, chance) != next_try(refusal(0x08), 1, NOW, chance)


def test_a_throttled_text_comes_back_as_soon_as_the_link_may() -> None:
    at = next_try(refusal(0x58), 7, NOW, random.Random(1))
    assert at is not None
    assert at - NOW < timedelta(seconds=3)


@pytest.mark.parametrize("attempts", [3, 4])
def test_a_fault_without_a_reason_is_given_up_after_three_tries(attempts: int) -> None:
    assert next_try(refusal(0xFF), 2, NOW, random.Random(1)) is not None
    assert next_try(refusal(0xFF), attempts, NOW, random.Random(1)) is None


def test_what_is_refused_for_good_is_never_tried_again() -> None:
    assert next_try(Refused("no", permanent=True), 1, NOW, random.Random(1)) is None


@pytest.mark.parametrize(
    ("status", "permanent", "throttled", "tries"),
    [
        (0x01, True, False, None),
        (0x08, False, False, None),
        (0x0A, True, False, None),
        (0x0B, True, False, None),
        (0x14, False, True, None),
        (0x45, False, False, 3),
        (0x58, False, True, None),
        (0x64, False, False, None),
        (0x66, True, False, None),
        (0xFE, True, False, None),
        (0xFF, False, False, 3),
        (0x0400, False, False, 3),
        (0xDEADBEEF, False, False, 3),
    ],
)
def test_each_command_status_has_its_class(status: int, permanent: bool, throttled: bool, tries: int | None) -> None:
    refused = refusal(status)
    assert (refused.permanent, refused.throttled, refused.tries) == (permanent, throttled, tries)
    assert f"0x{status:02X}" in refused.detail
