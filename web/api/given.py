"""What may be asked of the JSON API. Unknown fields are refused, types are not converted, and nobody says who he is here."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, JsonValue

from web.api.given_money import Day
from web.api.shapes import AsSeen, Cursor, Given, Id, Limit, Money, Note, Short, Typed, storable

Wants = Annotated[
    list[Annotated[str, Field(max_length=16, pattern="^[a-z_]+$")]],
    Field(max_length=16, description="Skills of the trade that the driver must have."),
]


class SignIn(Given):
    """A name and a password. Nothing is said about which of them was wrong."""

    user: Annotated[str, Field(min_length=1, max_length=64), AfterValidator(storable)]
    password: Annotated[str, Field(min_length=1, max_length=256)]
    code: Annotated[str, Field(max_length=64)] | None = Field(
        default=None, description="Of the second factor, where there is one: six digits, or a recovery code."
    )


class CallsQuery(Given):
    """Which calls; newest first."""

    number: Short | None = Field(default=None, description="The caller's number in any written form.")
    state: Literal["arrived", "ringing", "answered", "ended", "open"] | None = None
    limit: Limit = 50
    cursor: Cursor | None = None


class DialGiven(Given):
    """Whom to call: one of these. Of an order the `whom`: its customer, or the driver who has it or had it last."""

    order_id: Id | None = None
    whom: Literal["customer", "driver"] = "customer"
    call_id: Id | None = Field(default=None, description="The caller, or who was called.")
    driver_id: Id | None = None
    customer_id: Id | None = None
    message_id: Id | None = Field(default=None, description="Whom that text was written to.")
    number: Short | None = Field(
        default=None, description="In any written form; only what lies in the country is dialled."
    )


class CustomersQuery(Given):
    """Any part of a name, first consonants, a place, any four digits of a number; several of these are all wanted."""

    q: Typed = ""
    limit: Limit = 20
    cursor: Cursor | None = None


class PlacesQuery(Given):
    """What is typed into a place's field, and for which customer, whose own places come first."""

    q: Typed = ""
    customer_id: Id | None = None
    limit: Annotated[int, Field(ge=1, le=50)] = 8


class NetworkPlacesQuery(Given):
    """What is typed into a place's field; it leaves the house for the configured geocoders."""

    q: Typed = ""


class PlaceGiven(Given):
    """A place as the operator has it: the text, and where it is known from. Degrees are WGS 84."""

    text: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(storable)]
    lat: float | None = Field(default=None, ge=-90, le=90, allow_inf_nan=False)
    lon: float | None = Field(default=None, ge=-180, le=180, allow_inf_nan=False)
    accuracy_m: int | None = Field(default=None, ge=0, le=1_000_000)
    source: Literal["operator", "saved", "history", "caller", "recording", "map", "book", "area", "network", "link"] = (
        "operator"
    )


Detail = Annotated[str, Field(max_length=200), AfterValidator(storable)]
Details = Annotated[
    dict[Annotated[str, Field(max_length=16, pattern="^[a-z_]+$")], Detail | None],
    Field(max_length=12, description="What only the trade asks, by the name of its field; null takes away."),
]


Payment = Annotated[
    Literal["cash", "card", "transfer", "account"],
    Field(description="Cash and transfer to the driver; card to the office; on the credit account `credit_id`."),
]
WANTED = "When: as typed (2330, +45, 내일 0130) or an RFC 3339 moment; nothing: as soon as can be."
WayPoints = Annotated[list[PlaceGiven], Field(max_length=5, description="Stops on the way, in their order.")]
Why = Annotated[str, Field(max_length=200), AfterValidator(storable)]


class TextsQuery(Given):
    """Texts that came in, newest first; `waiting`: only those that wait for a person."""

    waiting: bool = False
    limit: Limit = 50
    cursor: Cursor | None = None


class TextGiven(Given):
    """A text that somebody is writing, with its places."""

    text: Annotated[str, Field(max_length=4000), AfterValidator(storable)]


class ByText(Given):
    """Whether a driver is offered orders by text, too."""

    by_text: bool


class OrderGiven(Given):
    """A new order, from a call or for a number. Who takes it is known from the session, never from the body."""

    call_id: Id | None = None
    number: Short | None = None
    customer_name: Short | None = None
    origin: PlaceGiven
    destination: PlaceGiven | None = None
    fare: Money | None = None
    note: Note | None = None
    details: Details = Field(default_factory=dict)
    wants: Wants = Field(default_factory=list)
    payment: Payment = "cash"
    credit_id: Id | None = None
    cost_centre: Short | None = None
    way_points: WayPoints = Field(default_factory=list)
    wanted: Short | None = Field(default=None, description=WANTED)
    fare_reason: Why | None = Field(default=None, description="Why the fare is not what the tariff says.")
    served_because: Annotated[str, Field(max_length=200), AfterValidator(storable)] | None = Field(
        default=None, description="Why a customer is served who is not to be: needs the right to, and is on record."
    )


class OrderOverLimit(OrderGiven):
    """An order on account that goes beyond the account's limit, and why: that is on record."""

    reason: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(storable)]


class OrderChanges(Given):
    """What is changed in an order: only the fields that are there; null takes away. `version` is that of the order as read.

    If somebody else saved meanwhile, the answer is 409 `order_changed`: `details.version` is the present one, and `changes`
    has, for each field that others changed, `field`, `yours`, `theirs`, `mine` (whether this request changes it), `by` and `at`.
    """

    version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    number: Short | None = None
    origin: PlaceGiven | None = None
    destination: PlaceGiven | None = None
    fare: Money | None = None
    note: Note | None = None
    details: Details = Field(default_factory=dict)
    payment: Payment = "cash"
    credit_id: Id | None = None
    cost_centre: Short | None = None
    way_points: WayPoints = Field(default_factory=list)
    wanted: Short | None = Field(default=None, description=WANTED)
    fare_reason: Why | None = Field(
        default=None, description="Why the fare changes: needed once it is in writing. Both are told."
    )
    wants: Wants = Field(default_factory=list)


class TripAsked(Given):
    """A trip that is still being typed: what it would cost, when that is, and by when a driver may be promised."""

    origin: PlaceGiven
    destination: PlaceGiven | None = None
    way_points: WayPoints = Field(default_factory=list)
    wanted: Short | None = Field(default=None, description=WANTED)
    fare: Money | None = Field(
        default=None, description="What is to be paid, if not what the tariff says; for the chance."
    )


class WaitAsked(Given):
    """How many minutes from now the customer is asked to wait."""

    minutes: Annotated[int, Field(ge=1, le=180)]


class DraftGiven(Given):
    """What stands in the order form, as the panel writes it; at most 8,000 letters as JSON. Nothing acts on it."""

    form: dict[str, JsonValue]


class OrdersQuery(Given):
    """Which orders; newest first."""

    state: Annotated[str, Field(max_length=16, pattern="^[a-z_]+$")] | None = Field(
        default=None, description="A state of the trade, or `open`."
    )
    limit: Limit = 50
    cursor: Cursor | None = None


class CandidatesQuery(Given):
    """How many drivers."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20


class DriverChosen(Given):
    """The driver, by id or by the number that operators type; exactly one of them."""

    driver_id: Id | None = None
    driver_number: Annotated[str, Field(min_length=1, max_length=8), AfterValidator(storable)] | None = None


class PauseGiven(Given):
    """Why one takes no calls for a while."""

    reason: Literal["break", "after_call", "other"]


class WrapUpGiven(Given):
    """What a call was about: a code of the office; null takes back what was said."""

    code: str | None = Field(max_length=40)


class Reason(Given):
    """Why, in the operator's words."""

    reason: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(storable)]


class HoursGiven(Given):
    """When a mode shall hold. `days` is a sum: Monday 1, Tuesday 2, ... Sunday 64."""

    line_id: Id | None = None
    days: Annotated[int, Field(ge=1, le=127)] = 127
    from_minute: Annotated[int, Field(ge=0, le=1439)] = 0
    to_minute: Annotated[int, Field(ge=0, le=1439)] = 0
    mode: Literal["automatic", "semi", "manual"]


class ModesGiven(Given):
    """All hours of the office, in place of those that are there; of several that hold, the first counts."""

    hours: Annotated[list[HoursGiven], Field(max_length=100)]
    version: AsSeen = None


class SearchAsked(Given):
    """`reason`: why the order is offered although it is uncertain where it begins. Without it that is 409 `pin_uncertain`."""

    reason: Annotated[str, Field(max_length=200), AfterValidator(storable)] | None = None


class Step(Given):
    """The state that comes next, by the trade's table. With the last one, `fare`: what it cost, where nobody had said so."""

    to: Annotated[str, Field(min_length=1, max_length=16, pattern="^[a-z_]+$")]
    fare: Money | None = None


class Cancellation(Reason):
    """Why; with `version`, only if nobody has changed the order since it was read."""

    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None


class Reassignment(DriverChosen, Cancellation):
    """Another driver, and why; with `version`, only if nobody has changed the order since it was read."""


class OrderMarked(Given):
    """An order that somebody marked; with `version`, only if nobody has changed it since it was read."""

    id: Id
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None


class OrdersMarked(Given):
    """The orders of one deed; each is done or refused by itself."""

    orders: Annotated[list[OrderMarked], Field(min_length=1, max_length=500)]


class OrdersMarkedWhy(OrdersMarked, Reason):
    """The orders, and why, in the operator's words."""


class DriversQuery(Given):
    """Which drivers, by number."""

    q: Short = ""
    state: Literal["off", "free", "busy"] | None = None
    limit: Limit = 50
    cursor: Cursor | None = None


class RecordQuery(Given):
    """Which rows of the record; newest first. Days are the office's own, both included; about one thing with `about` and `which`.

    Only so many rows are looked through for one answer: `next` may be there although few or none were found yet.
    """

    from_: Day | None = Field(default=None, alias="from")
    to: Day | None = None
    who: Annotated[str, Field(pattern="^(nobody|[0-9]{1,18})$")] | None = Field(
        default=None, description="An operator's id; `nobody`: the program, a command, whoever was not signed in."
    )
    what: Annotated[str, Field(max_length=64), AfterValidator(storable)] | None = Field(
        default=None, description="A kind (`customer.opened`), or all of a matter (`customer`)."
    )
    about: Literal["order", "customer", "driver", "call", "login"] | None = None
    which: Short | None = Field(default=None, description="Its id; a driver's own number; a log-in.")
    limit: Limit = 50
    cursor: Cursor | None = None


class MessagesQuery(Given):
    """Which messages; newest first."""

    order_id: Id | None = None
    limit: Limit = 50
    cursor: Cursor | None = None
