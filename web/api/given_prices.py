"""What may be asked of the prices' side of the API: what the office takes of a fare, and its own tariff."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from web.api.given_texts import MomentGiven
from web.api.shapes import Given, Money, Short, storable

Cell = Annotated[str, Field(max_length=200), AfterValidator(storable)]
HOLDS_FROM = "From when on, at most a year ahead; null: from now on. What was before is never changed."


class FeeGiven(Given):
    """`fixed` and `basis_points` (hundredths of a percent) of the fare, down to whole `unit`s, between `least` and `most`."""

    basis_points: Annotated[int, Field(ge=0, le=10_000)] = 0
    fixed: Money = 0
    unit: Annotated[int, Field(ge=1, le=10_000_000)] = 1
    least: Money = 0
    most: Money | None = None


class FeeRuleGiven(Given):
    """Whose rule it is (`class_name`: the grade or the group; empty for all), and the rule; null: they have none any more."""

    sort: Literal["all", "grade", "group"]
    class_name: Short = ""
    rule: FeeGiven | None
    holds_from: MomentGiven | None = Field(default=None, description=HOLDS_FROM)


class DeadRunGiven(Given):
    """What a driver gets when nobody came out; 0: nothing."""

    amount: Annotated[int, Field(ge=0, le=10_000_000)]
    holds_from: MomentGiven | None = Field(default=None, description=HOLDS_FROM)


class TariffGiven(Given):
    """A table as it would stand in a file: headings and lines (docs/orders.md). A longer one is uploaded at /money/tariff."""

    kind: Literal["zones", "distance", "hours", "days"]
    name: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(storable)]
    columns: Annotated[list[Cell], Field(min_length=1, max_length=20)]
    lines: Annotated[list[Annotated[list[Cell], Field(max_length=20)]], Field(min_length=1, max_length=5_000)]


class TariffTaken(Given):
    """From when on a tariff holds."""

    holds_from: MomentGiven | None = Field(default=None, description=HOLDS_FROM)
