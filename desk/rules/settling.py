"""Whom the office pays out and whom it bills when it settles all drivers at once. Whole minor units. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from desk.errors import Invalid

Kind = Literal["pay", "bill", "none"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for one driver. `reason`: why nothing is ("within" what stays in, or "small": rounded down to nothing)."""

    kind: Kind
    amount: int = 0
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class SettlingRule:
    """At least `keep` stays with who is paid out, in whole `unit`s; who has less than `needed` is billed for it."""

    keep: int = 0
    unit: int = 1
    needed: int = 0

    def __post_init__(self) -> None:
        for field in ("keep", "needed"):
            if not 0 <= getattr(self, field) <= MOST:
                raise Invalid("what stays in is a whole amount, and not negative", field=field)
        if not 1 <= self.unit <= MOST:
            raise Invalid("what is rounded down to is one or more", field="unit")
        if self.needed > self.keep:
            raise Invalid("what a driver needs to have is not more than what stays in", field="needed")

    def proposal(self, had: int, has: int) -> Proposal:
        """For who had so much at the end of the days and has so much now.

        He is paid no more than what was his then and is his still; he is billed for no more than he has not paid in since.
        """
        if (above := min(had, has) - self.keep) > 0:
            amount = above // self.unit * self.unit
            return Proposal("pay", amount) if amount else Proposal("none", reason="small")
        if (below := self.needed - max(had, has)) > 0:
            return Proposal("bill", below)
        return Proposal("none", reason="within")

    def stands(self, kind: str, amount: int, has: int) -> bool:
        """Whether what was proposed can still be booked for who has so much by now."""
        return has - amount >= self.keep if kind == "pay" else has + amount <= self.needed


MOST = 10**12
"""No office keeps more of a driver's money."""
