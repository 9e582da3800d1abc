"""What the JSON API answers. The desk's views build it; a test holds every answer against these models."""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, Field

from web.shapes import Id, Moment, Money, Presentation, Told

T = TypeVar("T")
Mode = Literal["automatic", "semi", "manual"]


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
    role: Literal["operator", "dispatcher", "accountant", "admin", "auditor"]
    extension: str | None
    locale: str
    may: list[str]


class KnownPlace(Told):
    """A place with where it is known from."""

    text: str
    lat: float | None
    lon: float | None
    accuracy_m: int | None
    source: str | None


class OrderPlace(KnownPlace):
    """A place on an order. `at`: since when it is known so."""

    at: Moment | None


class PlaceTold(KnownPlace):
    """A place of a customer. `id` is null for one that only a past order tells of."""

    id: Id | None


class PlaceSuggested(Told):
    """A place to choose, with who knows it. `kind` says whose `id` is; `alias` by which other name it was found.

    `source` of a saved place is how the desk came to know it, of the book's what the book names, of an area `gazetteer`: then
    `id` is its code; of the network's, the geocoder's name. `district` is where it lies; without a pin `lat` is null.
    """

    id: Id
    kind: Literal["saved", "book", "area", "network"]
    text: str
    district: str | None
    alias: str | None
    lat: float | None
    lon: float | None
    accuracy_m: int | None
    source: str


class PlaceTaken(Told):
    """What became of the place that a telephone showed: the 읍·면·동 in which it lies, and whether it is the order's pin now."""

    area: str | None
    accuracy_m: int
    taken: bool


class Trip(Told):
    """A trip that a customer often makes."""

    origin: PlaceTold
    destination: PlaceTold | None
    fare: Money | None
    count: int


class TreatmentTold(Told):
    """How a customer is treated because of his segments: what to say, what of the price, and how much sooner (0 to 10)."""

    segments: list[str]
    greeting: str | None
    hint: str | None
    priority: int


class CustomerTold(Told):
    """A customer's card. `numbers` are E.164, or 010-****-5678 for a role that does not see them whole.

    `blocked_reason`: he is not to be served. `treatment` is null where several cards are told at once.
    """

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
    blocked_reason: str | None
    treatment: TreatmentTold | None


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
    """A call. `number` is E.164, or null with the reason in `presentation`.

    `priority`: how much sooner than others he is answered (0 to 10); `heard`: his segment's own greeting in the voice menu.
    """

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
    priority: int
    heard: str | None


class DriverBrief(Told):
    """The driver who has an order."""

    id: Id
    number: str
    name: str


class PaperTold(Told):
    """A paper of a driver that runs out within a month, or has; `until` is its last day (YYYY-MM-DD)."""

    paper: Literal["licence", "insurance"]
    until: str


class DriverTrusted(DriverBrief):
    """The driver who has an order, with the papers of his that run out."""

    papers: list[PaperTold]


class NextDriver(DriverBrief):
    """The driver who begins an order when he is done with another, about when `expected_at` says."""

    expected_at: Moment | None


class OperatorBrief(Told):
    """Somebody who signs in."""

    id: Id
    name: str


class CustomerBrief(Told):
    """Whose order it is."""

    id: Id
    name: str


class SearchTold(Told):
    """How the search for a driver stands: `ring` of `rings` rounds were asked, the last of them everybody within reach.

    `asked` drivers are thinking about it now, of whom `asking` has the numbers of the first few; `declined` said no, `silent`
    did not answer. `due_at` is when it goes on, null once it has ended. `why` is `uncertain` where it stopped by itself: by a
    change it had become uncertain where the order begins.
    One that `proposes` asks nobody: `proposed` is whom it would ask, for an operator to give it to.
    """

    state: Literal["running", "assigned", "unassigned", "stopped"]
    ring: int
    rings: int
    asked: int
    asking: list[str]
    declined: int
    silent: int
    started_at: Moment
    due_at: Moment | None
    why: Literal["uncertain"] | None
    proposes: bool
    proposed: DriverBrief | None


class CreditBrief(Told):
    """The credit account that pays."""

    id: Id
    name: str


class StopTold(Told):
    """A stop on the way, with where it is known from."""

    text: str
    lat: float | None
    lon: float | None
    accuracy_m: int | None
    source: str


class FarePart(Told):
    """One line of what a fare is made of: `key` with `args` is a text of the panel (`fare_part`), `amount` what it adds."""

    key: str
    amount: Money
    args: dict[str, str | int]


class FareBasis(Told):
    """What the fare rests on: `parts` sum to `quoted`, what the tariff asked. `told`: it was put in writing."""

    basis: Literal["tariff", "history", "hand"]
    quoted: Money | None
    parts: list[FarePart]
    reason: str | None
    told: bool
    at: Moment


class PromiseTold(Told):
    """By when a driver was promised. `minutes_left` is negative once it is late, null once it is settled.

    It was learned from `samples` orders (`basis`: place, hour, all; usual: none yet; wanted: a reserved time): `median_s` and
    `spread_s` together; `error_s` is by how much that median was wrong on average. `told_at`: another time was texted then.
    """

    at: Moment
    minutes_left: int | None
    state: Literal["open", "kept", "broken", "off"]
    basis: Literal["place", "hour", "all", "usual", "wanted"]
    samples: int
    median_s: int
    spread_s: int
    error_s: int | None
    told_at: Moment | None


class AlarmTold(Told):
    """What the desk is to see to. `late_s`: it was missed, and done or told so many seconds after its time."""

    kind: Literal["remind_desk", "remind_customer", "search", "promise", "promise_broken"]
    outcome: Literal["alarm", "failed", "texted", "started"]
    at: Moment
    late_s: int | None


class TripTold(Told):
    """What a trip that is being typed would cost, of which parts, when it is, and what may be promised (seconds from now)."""

    amount: Money | None
    parts: list[FarePart]
    wanted_at: Moment | None
    promise_s: int | None
    basis: str | None
    samples: int
    error_s: int | None


class DraftTold(Told):
    """What an operator has typed for a call."""

    operator: OperatorBrief
    form: dict[str, Any]
    updated_at: Moment


class CrowdTold(Told):
    """More open orders from one number, or to one place, than the trade takes for usual; it is offered only with a reason."""

    why: Literal["many_from_number", "many_to_place"]
    count: int


class OrderTold(Told):
    """An order. `pin_doubt` says why its origin is uncertain: it has no pin, or a wide radius; null when it is certain.

    `no_show_at`: its driver waits at the customer's place, and from then on may say that nobody came.
    """

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
    details: dict[str, str]
    wants: list[str] = Field(description="Skills of the trade that its driver must have.")
    payment: Literal["cash", "card", "transfer", "account"]
    credit: CreditBrief | None
    cost_centre: str | None
    taken_by: Id | None
    taken_at: Moment
    wanted_at: Moment | None
    closed_at: Moment | None
    version: int
    driver: DriverTrusted | None
    assigned_at: Moment | None
    way_points: list[StopTold]
    fare_basis: FareBasis | None
    promise: PromiseTold | None
    alarms: list[AlarmTold]
    pin_doubt: Literal["no_pin", "wide"] | None
    crowd: CrowdTold | None
    no_show_at: Moment | None
    search: SearchTold | None
    next_driver: NextDriver | None


class OrderDone(Told):
    """What became of one of many orders: `state` and `version` are its row's, null where there is none for the asker.

    One that was not done says why: `code` with its `details`, as in a refusal of that order alone.
    """

    order_id: Id
    done: bool
    state: str | None
    version: int | None
    code: str | None
    details: dict[str, str | int | None] | None


class OfferTold(Told):
    """An order that was offered to a driver, and what he said.

    `reason` of one who declined: too_far, other_way, low_fare, break or something_else.
    """

    driver_id: Id
    number: str
    name: str
    ring: int
    state: Literal["open", "accepted", "declined", "expired", "withdrawn"]
    offered_at: Moment
    expires_at: Moment
    ended_at: Moment | None
    reason: str | None


class NoShowTold(Told):
    """What speaks for a driver who said that nobody came. `called` is his own word, all else is the desk's.

    `distance_m` is how far his phone was from the pick-up (beeline) at `located_at`; `texts` were sent to the customer, of
    which `delivered` arrived; `customer_called`: so many calls came from the customer meanwhile.
    """

    driver_id: Id
    arrived_at: Moment
    waited_s: int
    distance_m: int | None
    located_at: Moment | None
    called: int
    texts: int
    delivered: int
    customer_called: int


class SpotTold(Told):
    """Where a driver was (degrees, WGS 84) at a moment, as his phone said."""

    at: Moment
    lat: float
    lon: float


class WayTold(Told):
    """The way of one driver of an order, thinned; `metres` is along its places."""

    driver: DriverBrief
    metres: int
    points: list[SpotTold]


class WaysTold(Told):
    """The ways of an order's drivers; empty where none was kept, or it was kept long enough."""

    ways: list[WayTold]


class DeedTold(Told):
    """One thing that happened to an order. `by` is an operator's name; `driver` who did it, or whom it was about.

    `state` is the order's new one, or how the offer, the search or the text stands since `ended_at`. `field` is what was
    changed, `before` and `after` what it said (an amount as a number); of a text it says to whom. `words`: what was said.
    """

    at: Moment
    what: Literal[
        "taken",
        "moved",
        "changed",
        "fare",
        "timer",
        "all_the_same",
        "search",
        "search_ended",
        "offered",
        "assigned",
        "message",
    ]
    by: str | None
    driver: DriverBrief | None
    state: str | None
    ended_at: Moment | None
    field: str | None
    before: str | int | list[str] | None
    after: str | int | list[str] | None
    words: str | None
    evidence: NoShowTold | None
    parts: list[FarePart] | None
    quoted: Money | None
    told: bool | None
    late_s: int | None


class WeighingTold(Told):
    """Why a driver was asked for an order, or was not: `reason` in the asker's language, made of `reason_key` and its values."""

    driver_id: Id
    number: str
    name: str
    at: Moment
    ring: int
    asked: bool
    reason: str
    reason_key: str
    reason_args: dict[str, int]


class CandidateTold(Told):
    """A driver who could have an order, with why he stands where he stands. `finishes_in_s`: he is about to be done nearby."""

    driver_id: Id
    number: str
    name: str
    distance_m: int | None
    eta_s: int | None
    waiting_s: int | None
    reason: str
    free: bool
    finishes_in_s: int | None
    papers: list[PaperTold]


class HoursTold(Told):
    """When a mode holds: on a line (null: on all without rows of their own), on `days` (Monday 1, ... Sunday 64, summed).

    Minutes of the day, by the office's clock; over midnight where `to_minute` is not after `from_minute`, all day where equal.
    """

    line_id: Id | None
    days: int
    from_minute: int
    to_minute: int
    mode: Mode


class LineMode(Told):
    """By which mode orders of a line are dispatched now; `line_id` null: those that came by none."""

    line_id: Id | None
    line: str | None
    mode: Mode


class ModesTold(Told):
    """How much the desk does by itself: the hours as they were set, and what holds now."""

    hours: list[HoursTold]
    now: list[LineMode]


class RoundTold(Told):
    """A peak's round: so many orders and drivers matched at once; `greedy_*`: had the nearest been taken one by one."""

    at: Moment
    orders: int
    drivers: int
    matched: int
    method: Literal["optimal", "greedy"]
    total_s: int
    worst_s: int
    greedy_matched: int
    greedy_total_s: int
    greedy_worst_s: int
    took_ms: int


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
    audience: Literal["customer", "driver", "other"]
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


class TextTold(Told):
    """A text that somebody sent us. `meaning` and `outcome` are null until it was read; "inbox" waits for a person.

    `sender` is E.164 where it is a number; `name` whose number that is, as far as the desk knows.
    """

    id: Id
    sender: str
    name: str | None
    text: str
    whole: bool
    meaning: Literal["accept", "decline", "opt_out", "automatic", "other"] | None
    outcome: Literal["accepted", "declined", "refused", "opted_out", "ignored", "inbox"] | None
    offer_id: Id | None
    received_at: Moment
    handled_at: Moment | None
    handled_by: str | None


class SizeTold(Told):
    """How long a text is: bytes and kind as Korean networks count them, parts as SMPP sends it. `lost` they cannot carry."""

    octets: int
    kind: Literal["SMS", "LMS", "too long"]
    lost: str
    parts: int


class RecordTold(Told):
    """Who did what to whom (null: a refused log-in). `digest` chains it to the row before."""

    id: Id
    at: Moment
    operator: OperatorBrief | None
    what: str
    subject: str
    detail: dict[str, Any]
    digest: str


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
