"""A clock that never goes back, held against machines' clocks that do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from desk.steady_clock import MOST, SteadyClock

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Machine:
    """Its clock jumps, its seconds pass."""

    def __init__(self) -> None:
        self.wall, self.ticks = NOON, 0.0
        self.clock = SteadyClock(lambda: self.wall, lambda: self.ticks)

    def pass_(self, **much: float) -> datetime:
        """So much later, by both."""
        self.wall += timedelta(**much)
        self.ticks += timedelta(**much).total_seconds()
        return self.clock()


def test_it_says_what_the_machine_says_and_follows_it_forward() -> None:
    machine = Machine()
    assert machine.pass_(seconds=20) == NOON + timedelta(seconds=20)
    machine.wall += timedelta(days=1)
    assert machine.pass_(seconds=1) == NOON + timedelta(days=1, seconds=21)


def test_set_back_it_goes_on_more_slowly_until_the_two_agree() -> None:
    """Seen failing with a clock that stands still meanwhile (no countdown would end), and with one that never slows down."""
    machine = Machine()
    machine.wall -= timedelta(minutes=10)
    told = [machine.pass_(seconds=20) for _ in range(180)]
    assert all(after > before for before, after in pairwise(told))
    assert told[0] == NOON + timedelta(seconds=15)
    assert told[-1] == machine.wall
    assert told[100] > NOON + timedelta(minutes=25)


def test_a_clock_that_is_set_back_by_more_than_an_hour_is_corrected_and_followed() -> None:
    """Seen failing without the limit: the desk would stay a year ahead."""
    machine = Machine()
    machine.wall -= timedelta(days=365)
    assert machine.pass_(seconds=1) == machine.wall


def test_a_start_goes_on_from_what_was_written_down_last() -> None:
    """Seen failing without `not_before`."""
    machine = Machine()
    machine.clock.not_before(NOON + timedelta(minutes=9))
    assert machine.pass_(seconds=4) == NOON + timedelta(minutes=9, seconds=3)
    machine.clock.not_before(machine.wall + 2 * MOST)
    assert machine.pass_(seconds=4) == machine.wall
