"""What may be asked of the money side of the API. Days are the office's own; who does it is known from the session."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from web.api.shapes import MAX_MONEY, AsSeen, Cursor, Given, Id, Limit, storable


def _real(day: str) -> str:
    date.fromisoformat(day)  # raises ValueError
    return day


Day = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        json_schema_extra={"format": "date"},
        description="A day of the office's calendar.",
    ),
    AfterValidator(_real),
]
Amount = Annotated[int, Field(ge=1, le=MAX_MONEY, description="Whole minor units of the currency.")]
Words = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(storable)]
Reference = Annotated[
    str,
    Field(min_length=1, max_length=60, description="Names the payment (a receipt, a transfer): it is booked once."),
    AfterValidator(storable),
]


class SpanQuery(Given):
    """From the first day to the last, both included."""

    from_: Day = Field(alias="from")
    to: Day


class CompanyQuery(SpanQuery):
    """`by`: how the span is cut, at most into 400 parts."""

    by: Literal["day", "month", "quarter", "year"] = "day"


class RowsQuery(SpanQuery):
    """Rows in the order in which they happened."""

    limit: Limit = 50
    cursor: Cursor | None = None


class TopUpGiven(Given):
    """A driver pays in."""

    amount: Amount
    reference: Reference


class WithdrawalAsked(Given):
    """A pay-out that somebody else is to approve."""

    amount: Amount
    note: Annotated[str, Field(max_length=200), AfterValidator(storable)] | None = None


class PenaltyGiven(Given):
    """A penalty, with what it rests on."""

    amount: Amount
    evidence: Words
    reference: Reference
    order_id: Id | None = None


class Evidence(Given):
    """Why an entry is undone."""

    evidence: Words


class FareGiven(Given):
    """What the customer of a trip paid whose fare was open."""

    fare: Amount


class MonthGiven(Given):
    """A month of the office's calendar."""

    year: Annotated[int, Field(ge=2000, le=2999)]
    month: Annotated[int, Field(ge=1, le=12)]


class BatchGiven(SpanQuery):
    """The days that are settled, and the rule: `keep` stays in, pay-outs are whole `unit`s, below `needed` a driver is billed.

    `without_account`: also drivers off duty who never had anything on their accounts, where they are to be billed.
    """

    keep: Annotated[int, Field(ge=0, le=MAX_MONEY)] = 0
    unit: Annotated[int, Field(ge=1, le=MAX_MONEY)] = 1
    needed: Annotated[int, Field(ge=0, le=MAX_MONEY)] = 0
    without_account: bool = False


class LinesGiven(Given):
    """The lines of a batch that are ticked, all of them."""

    lines: Annotated[list[Id], Field(max_length=20_000)]


class CreditQuery(Given):
    """Which accounts the telephone of an order may ride on."""

    number: Annotated[str, Field(max_length=30), AfterValidator(storable)]


class CreditTerms(Given):
    """What is agreed with a firm that rides on account. `limit`: the most that it may owe, open orders counted."""

    name: Annotated[str, Field(min_length=1, max_length=80), AfterValidator(storable)]
    limit: Annotated[int, Field(ge=0, le=MAX_MONEY * 1000, description="Whole minor units of the currency.")]
    business_number: Annotated[str, Field(max_length=32), AfterValidator(storable)] | None = None
    contact: Words | None = None
    needs_cost_centre: bool = False
    closed: bool = False
    version: AsSeen = None


class RiderGiven(Given):
    """A telephone, as a person writes it."""

    number: Annotated[str, Field(min_length=1, max_length=30), AfterValidator(storable)]


class PaymentGiven(Given):
    """Money that came in."""

    amount: Amount
    reference: Reference


class AnalysisQuery(SpanQuery):
    """From which side the orders of some days are looked at."""

    by: Literal[
        "hour",
        "clock",
        "origin",
        "square",
        "destination",
        "grade",
        "segment",
        "driver",
        "operator",
        "channel",
        "payment",
    ] = "hour"


class CrossingQuery(SpanQuery):
    """Two sides of the orders of some days: hours of the week and of the day cannot be crossed, nor a side with itself."""

    by: Literal[
        "hour", "clock", "origin", "square", "destination", "grade", "driver", "operator", "channel", "payment"
    ] = "origin"
    across: Literal[
        "hour", "clock", "origin", "square", "destination", "grade", "driver", "operator", "channel", "payment"
    ] = "clock"
