"""What goes over the JSON API, both ways: the models that requests are read as and that the OpenAPI document is made of.

Requests refuse unknown fields and convert no types. Answers are built by the desk's views; a test holds them against these.
"""

from __future__ import annotations

from typing import Annotated, Generic, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

T = TypeVar("T")

MAX_ID = 2**63 - 1
MAX_MONEY = 2_000_000_000
Id = Annotated[int, Field(ge=1, le=MAX_ID)]
Money = Annotated[int, Field(ge=0, le=MAX_MONEY, description="Whole minor units of the currency.")]
Moment = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$",
        json_schema_extra={"format": "date-time"},
        description="RFC 3339, UTC.",
    ),
]
Presentation = Literal["allowed", "withheld", "unavailable"]
Limit = Annotated[int, Field(ge=1, le=200, description="How many rows at most.")]
Cursor = Annotated[int, Field(ge=1, le=MAX_ID, description="`next` of the answer before.")]


def _storable(text: str) -> str:
    # PostgreSQL stores no NUL; everything else that is odd is cleaned in one place, desk.text.
    if "\x00" in text:
        raise ValueError("NUL is not text")
    return text


Short = Annotated[str, Field(max_length=80), AfterValidator(_storable)]
Note = Annotated[str, Field(max_length=2000), AfterValidator(_storable)]


class Given(BaseModel):
    """A request: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Told(BaseModel):
    """An answer: exactly these fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Given):
    """No parameters, or an empty object."""


# --- requests -----------------------------------------------------------------------------------------------------------


class SignIn(Given):
    """A name and a password. Nothing is said about which of them was wrong."""

    user: Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_storable)]
    password: Annotated[str, Field(min_length=1, max_length=256)]


class CallsQuery(Given):
    """Which calls; newest first."""

    number: Short | None = Field(default=None, description="The caller's number in any written form.")
    state: Literal["arrived", "ringing", "answered", "ended", "open"] | None = None
    limit: Limit = 50
    cursor: Cursor | None = None


class CustomersQuery(Given):
    """A part of a name, a place, or any four digits of a number."""

    q: Short = ""
    limit: Limit = 20


class PlaceGiven(Given):
    """A place as the operator has it: the text, and where it is known from. Degrees are WGS 84."""

    text: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_storable)]
    lat: float | None = Field(default=None, ge=-90, le=90, allow_inf_nan=False)
    lon: float | None = Field(default=None, ge=-180, le=180, allow_inf_nan=False)
    accuracy_m: int | None = Field(default=None, ge=0, le=1_000_000)
    source: Literal["operator", "saved", "history", "caller", "recording", "map"] = "operator"


class OrderGiven(Given):
    """A new order, from a call or for a number. Who takes it is known from the session, never from the body."""

    call_id: Id | None = None
    number: Short | None = None
    customer_name: Short | None = None
    origin: PlaceGiven
    destination: PlaceGiven | None = None
    fare: Money | None = None
    note: Note | None = None


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
    driver_number: Annotated[str, Field(min_length=1, max_length=8), AfterValidator(_storable)] | None = None


class Reason(Given):
    """Why, in the operator's words."""

    reason: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_storable)]


class DriversQuery(Given):
    """Which drivers, by number."""

    q: Short = ""
    state: Literal["off", "free", "busy"] | None = None
    limit: Limit = 50
    cursor: Cursor | None = None


class MessagesQuery(Given):
    """Which messages; newest first."""

    order_id: Id | None = None
    limit: Limit = 50
    cursor: Cursor | None = None


# --- answers ------------------------------------------------------------------------------------------------------------


class Items(Told, Generic[T]):
    """A page of rows. `next` goes back as `cursor`; null: no more."""

    items: list[T]
    next: int | None


class Done(Told):
    """It was asked for; what comes of it is told live."""

    done: Literal[True]


class Me(Told):
    """Who is signed in."""

    id: Id
    login: str
    name: str
    role: Literal["operator", "admin"]
    extension: str | None
    locale: str


class OrderPlace(Told):
    """A place on an order, with where it is known from."""

    text: str
    lat: float | None
    lon: float | None
    accuracy_m: int | None
    source: str | None


class PlaceTold(OrderPlace):
    """A place of a customer. `id` is null for one that only a past order tells of."""

    id: Id | None


class Trip(Told):
    """A trip that a customer often makes."""

    origin: PlaceTold
    destination: PlaceTold | None
    fare: Money | None
    count: int


class CustomerTold(Told):
    """A customer's card. `numbers` are E.164."""

    id: Id
    name: str
    grade: str | None
    note: str | None
    language: str | None
    numbers: list[str]
    trips: int
    cancels: int
    last_trip_at: Moment | None
    live_order_id: Id | None
    usual_trips: list[Trip]
    places: list[PlaceTold]


class OperatorTold(Told):
    """The operator who has a call."""

    id: Id
    name: str
    extension: str | None


class Choice(Told):
    """What the caller answered to the IVR; `recording` is a token for recordings/{token}."""

    kind: str
    place_id: Id | None
    text: str | None
    recording: str | None


class CallTold(Told):
    """A call. `number` is E.164, or null with the reason in `presentation`."""

    id: Id
    linkedid: str | None
    source: str
    line: str
    number: str | None
    presentation: Presentation
    name: str | None
    state: Literal["arrived", "ringing", "answered", "ended"]
    disposition: str | None
    arrived_at: Moment
    ringing_at: Moment | None
    answered_at: Moment | None
    ended_at: Moment | None
    operator: OperatorTold | None
    customer: CustomerTold | None
    choice: Choice | None
    recovered: bool


class DriverBrief(Told):
    """The driver who has an order."""

    id: Id
    number: str
    name: str


class CustomerBrief(Told):
    """Whose order it is."""

    id: Id
    name: str


class OrderTold(Told):
    """An order."""

    id: Id
    state: str
    trade: str
    call_id: Id | None
    customer: CustomerBrief | None
    number: str | None
    origin: OrderPlace
    destination: OrderPlace | None
    fare: Money | None
    currency: str
    note: str | None
    taken_by: Id | None
    taken_at: Moment
    closed_at: Moment | None
    version: int
    driver: DriverBrief | None
    assigned_at: Moment | None


class CandidateTold(Told):
    """A driver who could have an order, with why he stands where he stands. Nearest first."""

    driver_id: Id
    number: str
    name: str
    distance_m: int | None
    eta_s: int | None
    waiting_s: int | None
    reason: str
    free: bool


class DriverTold(Told):
    """A driver."""

    id: Id
    number: str
    name: str
    phone: str
    state: Literal["off", "free", "busy"]
    free_since: Moment | None
    lat: float | None
    lon: float | None
    located_at: Moment | None


class MessageTold(Told):
    """A text message and what became of it."""

    id: Id
    order_id: Id | None
    audience: Literal["customer", "driver"]
    recipient: str | None
    sender: str
    text: str
    language: str
    state: Literal["queued", "sending", "sent", "delivered", "failed", "expired", "unknown"]
    attempts: int
    provider: str | None
    detail: str | None
    created_at: Moment
    updated_at: Moment


class PartTold(Told):
    """How one part is. `reason` is an English sentence, empty when all is well."""

    ok: bool
    reason: str


class Health(Told):
    """How the site is, without personal data."""

    status: Literal["ok", "degraded"]
    parts: dict[str, PartTold]


class ProblemTold(BaseModel):
    """RFC 9457. `code` is stable; further members may be there."""

    type: str
    title: str
    status: int
    detail: str
    code: str
