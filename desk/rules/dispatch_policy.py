"""What a trade thinks fair and worth the while when drivers are chosen: data, all of it in seconds of the way to the customer.

A driver's cost for an order is the time that he needs to the customer, less what his waiting and his grade count for. Who costs
least is asked first, within a ring of distance: nearer drivers see an order before farther ones, whatever they cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fairness:
    """Waiting counts `waiting_percent` hundredths of a second each second, `waiting_up_to_s` seconds at most.

    `grades` are seconds by grade: what a good grade is worth, or (negative) a bad one costs. A grade that is not named counts 0.
    """

    waiting_percent: int = 10
    waiting_up_to_s: int = 120
    grades: Mapping[str, int] = field(default_factory=dict)

    def waiting_credit_s(self, waiting_s: int) -> int:
        """What having waited so long counts for."""
        return min(self.waiting_up_to_s, waiting_s * self.waiting_percent // 100)

    def grade_credit_s(self, grade: str | None) -> int:
        """What a grade counts for."""
        return self.grades.get(grade, 0) if grade is not None else 0


@dataclass(frozen=True, slots=True)
class Finishing:
    """Drivers who are about to be done count where they will be done within `within_s` and `reach_m` metres (beeline).

    `turn_s` is what it takes to hand over one customer and set out for the next. `beside`: they are weighed with the free ones by
    what they cost; otherwise the free ones of a ring are asked first.
    """

    within_s: int = 600
    reach_m: int = 1_500
    turn_s: int = 60
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Peak:
    """From `searches` running searches of an office on, searches gather for `window_s` seconds and are matched at once."""

    searches: int = 12
    window_s: int = 3
