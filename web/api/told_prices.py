"""What the prices' side of the API answers: what the office takes of a fare, and its own tariff."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from web.api.shapes import Id, Moment, Money, Told

Count = Annotated[int, Field(ge=0)]


class FeeTold(Told):
    """`fixed` and `basis_points` (hundredths of a percent) of the fare, down to whole `unit`s, between `least` and `most`."""

    basis_points: Count
    fixed: Money
    unit: Money
    least: Money
    most: Money | None


class FeeRuleTold(Told):
    """Whose rule (`class_name`: the grade or the group), and since when or from when on; `rule` null: none of their own.

    `state`: to come, holds, or another one has come after it.
    """

    id: Id
    sort: Literal["all", "grade", "group"]
    class_name: str
    rule: FeeTold | None
    holds_from: Moment
    state: Literal["to_come", "holds", "past"]
    made_at: Moment
    made_by: str | None


class FeeRulesTold(Told):
    """All rules of the office, that which holds last on top; `trade` is for who has no other, null: nothing is taken."""

    currency: str
    trade: FeeTold | None
    items: list[FeeRuleTold]


class DeadRunTold(Told):
    """What a driver gets when nobody came out, and since when or from when on."""

    id: Id
    amount: Money
    holds_from: Moment
    made_at: Moment
    made_by: str | None


class DeadRunsTold(Told):
    """`amount` is given now, 0: nothing; all rules of the office, that which holds last on top."""

    currency: str
    amount: Money
    items: list[DeadRunTold]


class TariffTold(Told):
    """A version of one table; `holds_from` null: a draft, by which nothing is priced."""

    id: Id
    kind: Literal["zones", "distance", "hours", "days"]
    name: str
    rows: Count
    brought_at: Moment
    brought_by: str | None
    holds_from: Moment | None


class TariffChanges(Told):
    """Rows against the version that holds at the same moment."""

    new: Count
    changed: Count
    gone: Count


class TariffFull(TariffTold):
    """A version with its rows, by the names of the columns, and what it changes; null: it holds, or has held."""

    table: list[dict[str, str | int | bool]]
    changes: TariffChanges | None
