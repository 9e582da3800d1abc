"""What the office keeps of a fare. Whole minor units and whole hundredths of a percent; no fraction is ever stored. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from desk.errors import Invalid

BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class FeeRule:
    """`fixed` plus `basis_points` (hundredths of a percent) of the fare, rounded down to whole `unit`s, within the two limits.

    Rounding is to the driver's good, so that nobody is charged a part of a unit that was not earned. Never more than the fare.
    """

    basis_points: int = 0
    fixed: int = 0
    unit: int = 1
    least: int = 0
    most: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.basis_points <= BASIS_POINTS:
            raise Invalid("a fee is between 0 and 100 percent", field="basis_points")
        if min(self.fixed, self.least) < 0 or self.unit < 1 or (self.most is not None and self.most < self.least):
            raise Invalid("a fee's amounts are not negative, and its limits in order", field="fixed")

    def fee(self, fare: int) -> int:
        """What the office keeps of `fare`. Raises Invalid for a negative one."""
        if fare < 0:
            raise Invalid("a fare is not negative", field="fare")
        raw = fare * self.basis_points // BASIS_POINTS + self.fixed
        bounded = max(self.least, raw // self.unit * self.unit)
        if self.most is not None:
            bounded = min(self.most, bounded)
        return min(fare, bounded)

    def split(self, fare: int) -> tuple[int, int]:
        """The office's part and the driver's; together they are the fare."""
        fee = self.fee(fare)
        return fee, fare - fee
