"""What the analysis answers over the API. Cells add up to their total, and each opens into its rows."""

from __future__ import annotations

from typing import Literal

from web.api.shapes import Id, Moment, Told
from web.api.told_money import Count, SpanTold, Sum
from web.api.told_orders import OperatorBrief


class CountedTold(Told):
    """Orders by their end; `fares` of those that were driven, `average` of one of them; rates of a thousand orders."""

    orders: Count
    completed: Count
    cancelled: Count
    no_show: Count
    fares: Sum
    average: Sum | None
    cancelled_permille: Count | None
    no_show_permille: Count | None


class AnalysisCell(CountedTold):
    """One cell. `key`: for hours 0 (Monday, 00:00) to 167; "" where the orders do not say; null for the many small ones.

    `lat`, `lon`: the middle of a square of half a kilometre, on that side; null on every other one.
    """

    key: str | None
    label: str
    lat: float | None
    lon: float | None


class CodedCallsTold(Told):
    """So many answered calls of one code ("": nothing was said of them), of one hour of the day, of one operator."""

    code: str
    hour: int
    operator_id: Id | None
    operator: str
    calls: Count


class CodesTold(Told):
    """What calls were about. The cells add up to `total`; `coded` are those of which something was said."""

    span: SpanTold
    cells: list[CodedCallsTold]
    total: Count
    coded: Count
    coded_permille: Count | None


class CrossedCell(CountedTold):
    """What a row and a column have in common, by their keys."""

    row: str | None
    column: str | None


class CrossedTold(Told):
    """Two sides at once; cells without orders are left out. Rows, columns and cells each add up to `total`."""

    by: str
    across: str
    currency: str
    span: SpanTold
    cells: list[CrossedCell]
    rows: list[AnalysisCell]
    columns: list[AnalysisCell]
    total: CountedTold


class AwayTold(Told):
    """How long no calls were taken, in whole seconds, and in how many pauses; one over midnight counts on each of its days."""

    by_reason: dict[Literal["break", "after_call", "other"], int]
    seconds: int
    count: int


class AwayDay(AwayTold):
    """An operator's pauses of one day."""

    operator: OperatorBrief
    day: str


class AwayRow(Told):
    """A pause as far as it lies in `day`. `until` is null while it is not over, and its seconds count until now.

    `begun_by` and `ended_by` are who said so; null: the telephone.
    """

    operator: OperatorBrief
    day: str
    reason: Literal["break", "after_call", "other"]
    since: Moment
    until: Moment | None
    begun_by: str | None
    ended_by: str | None
    seconds: int


class PausesReport(Told):
    """When operators took no calls: by operator and day, every pause, and all together."""

    span: SpanTold
    days: list[AwayDay]
    rows: list[AwayRow]
    total: AwayTold


class AnalysisTold(Told):
    """One side of the orders that were closed in some days; `total` is the report's and, but by segment, the cells' sum."""

    by: str
    currency: str
    span: SpanTold
    cells: list[AnalysisCell]
    total: CountedTold
