"""What the money side of the API answers. Every total is the sum of the rows that it opens into."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from web.api.shapes import Id, Moment, Money, Told
from web.api.told_orders import DriverBrief, OperatorBrief

Sum = Annotated[int, Field(description="Whole minor units of the currency; may be negative.")]
Count = Annotated[int, Field(ge=0)]
Date = Annotated[str, Field(json_schema_extra={"format": "date"}, description="A day of the office's calendar.")]
About = Literal[
    "top_up", "withdrawal", "call_fee", "credit_trip", "payment", "penalty", "dead_run", "dead_run_charge", "bill",
]  # fmt: skip
Kind = Literal[About, "reversal"]


class FiguresTold(Told):
    """Orders by their end (`cancelled`: every end but a completed trip) and money, reversals taken off."""

    completed: Count
    cancelled: Count
    fares: Sum
    call_fees: Sum
    penalties: Sum
    top_ups: Sum
    withdrawals: Sum
    dead_runs: Sum


class SpanTold(Told):
    """Days from `first` to `last`, both included; moments from `since` on, before `until`."""

    first: Date
    last: Date
    since: Moment
    until: Moment


class PartTold(Told):
    """One part of the span."""

    span: SpanTold
    figures: FiguresTold


class CompanyTold(Told):
    """The office's totals."""

    currency: str
    span: SpanTold
    by: Literal["day", "month", "quarter", "year"]
    lines: list[PartTold]
    total: FiguresTold


class DriverLineTold(Told):
    """One driver; null for what belongs to none. `opening`, `other` and `closing` are of his prepaid account."""

    driver: DriverBrief | None
    figures: FiguresTold
    opening: Sum
    other: Sum
    closing: Sum
    on_duty_s: int


class DriversTold(Told):
    """All drivers of a span."""

    currency: str
    span: SpanTold
    lines: list[DriverLineTold]
    total: DriverLineTold


class ClosedOrderTold(Told):
    """An order that was closed, with who had it then."""

    id: Id
    closed_at: Moment
    state: str
    origin: str
    destination: str | None
    fare: Money | None
    driver: DriverBrief | None


class OpenFareTold(Told):
    """A trip that was completed without a fare, with who drove it."""

    order_id: Id
    closed_at: Moment
    origin: str
    destination: str | None
    payment: str
    driver: DriverBrief | None


class EntryTold(Told):
    """An entry of the books as the totals count it. `about`: its kind; of a reversal, the kind of what it undoes."""

    id: Id
    at: Moment
    kind: Kind
    about: About
    reverses_id: Id | None
    amount: Sum
    order_id: Id | None
    reference: str | None
    evidence: str | None
    by: str | None
    driver: DriverBrief | None


class StatementRowTold(Told):
    """One posting on the driver's account: what it did to his money, and what he had after it."""

    entry_id: Id
    at: Moment
    kind: Kind
    about: About
    reverses_id: Id | None
    amount: Sum
    balance: Sum
    order_id: Id | None
    origin: str | None
    destination: str | None
    fare: Money | None
    reference: str | None
    evidence: str | None
    by: str | None


class StatementTold(Told):
    """`closing` is `opening` and the sum of the rows' amounts."""

    driver: DriverBrief
    currency: str
    span: SpanTold
    opening: Sum
    rows: list[StatementRowTold]
    closing: Sum


class Booked(Told):
    """What was booked, and what the driver has now (null where the entry is of no driver)."""

    id: Id
    kind: Kind
    at: Moment
    balance: Sum | None


class AskedTold(Told):
    """A pay-out that waits for somebody else to approve it. `has`: what the driver has now."""

    id: Id
    at: Moment
    driver: DriverBrief
    amount: Money
    note: str | None
    has: Sum
    asked_by: OperatorBrief


class BatchTold(Told):
    """All drivers settled at once. Sums are of the lines that are ticked; of a posted batch, of what was booked."""

    id: Id
    first: Date
    last: Date
    keep: Sum
    unit: Sum
    needed: Sum
    state: Literal["open", "posted", "dropped"]
    made_at: Moment
    made_by: str
    decided_at: Moment | None
    decided_by: str | None
    paid: Sum
    payouts: Count
    billed: Sum
    bills: Count


class BatchLineTold(Told):
    """One driver: what he `had` at the end of the days and `has`. `reason`: why nothing is booked; `entry_id`: what was,
    which may be `undone` since. `payee`: why his pay-out is not in the bank's table, where it is not.
    """

    id: Id
    driver: DriverBrief
    kind: Literal["pay", "bill", "none"]
    amount: Sum
    had: Sum
    has: Sum
    included: bool
    reason: Literal["within", "small", "asked", "changed"] | None
    entry_id: Id | None
    undone: bool
    payee: Literal["missing", "changed"] | None


class BatchFull(BatchTold):
    """One batch with a line for every driver."""

    lines: list[BatchLineTold]


class PeriodTold(Told):
    """A closed month. `digest` is the SHA-256 of its statement as it was written at the close."""

    id: Id
    span: SpanTold
    closed_at: Moment
    closed_by: Id | None
    digest: str


class PeriodChecked(PeriodTold):
    """`unchanged`: the statement, made again just now, is the one that was closed."""

    unchanged: bool


class CreditChoice(Told):
    """An account that a telephone may ride on; `left` of its limit."""

    id: Id
    name: str
    needs_cost_centre: bool
    left: Money


class CreditTold(Told):
    """A credit account: its terms, what it has `owed` (minus: paid ahead), `open` by orders not closed yet, and `left`."""

    id: Id
    name: str
    limit: Sum
    business_number: str | None
    contact: str | None
    needs_cost_centre: bool
    closed: bool
    version: str
    owed: Sum
    open: Sum
    left: Sum
    riders: Count
    created_at: Moment


class RiderTold(Told):
    """A telephone (E.164) that rides on an account, and whose it is, where that is known."""

    number: str
    customer_id: Id | None
    customer_name: str | None


class CreditFull(CreditTold):
    """One account with the telephones on its list."""

    numbers: list[RiderTold]


class InvoiceRowTold(Told):
    """One posting on the account: what it added to what is owed, and what was owed after it."""

    entry_id: Id
    at: Moment
    kind: Kind
    about: About
    reverses_id: Id | None
    amount: Sum
    balance: Sum
    order_id: Id | None
    driven_at: Moment | None
    rider: str | None
    number: str | None
    origin: str | None
    destination: str | None
    cost_centre: str | None
    reference: str | None
    evidence: str | None
    by: str | None


class InvoiceTold(Told):
    """`closing` is `opening` + `charged` - `paid`. `final`: the days are closed, so nothing in it changes any more."""

    number: str
    credit_id: Id
    name: str
    currency: str
    span: SpanTold
    opening: Sum
    rows: list[InvoiceRowTold]
    charged: Sum
    paid: Sum
    closing: Sum
    final: bool


class Received(Told):
    """A payment that was booked."""

    id: Id
    kind: Kind
    at: Moment
