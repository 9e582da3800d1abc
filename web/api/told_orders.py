"""What the JSON API answers about orders."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from web.api.shapes import Id, Moment, Money, Told
from web.api.told_places import OrderPlace


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

    kind: Literal["remind_desk", "remind_customer", "search", "promise", "promise_broken", "given_back"]
    outcome: Literal["alarm", "failed", "texted", "started"]
    at: Moment
    late_s: int | None


class UnheardTold(Told):
    """A text about the order that did not get through, or of which nobody knows (`state`): somebody is to phone `number`.

    `who` is the driver, null for the customer.
    """

    message_id: Id
    audience: Literal["customer", "driver", "other"]
    who: str | None
    number: str
    text: str
    state: Literal["queued", "sending", "sent", "delivered", "failed", "expired", "unknown"]
    detail: str | None
    at: Moment


class ChanceTold(Told):
    """Of the orders of the past at such a price `percent` had a driver there `within_s`; `raise_to` is the lowest fare that
    would add ten points or more."""

    within_s: int
    percent: int
    orders: int
    raise_to: Money | None
    raised_percent: int | None


class TripTold(Told):
    """What a trip that is being typed would cost, of which parts, when it is, and what may be promised (seconds from now).

    `chance` is null where the past tells too little, or the tariff nothing.
    """

    amount: Money | None
    parts: list[FarePart]
    wanted_at: Moment | None
    promise_s: int | None
    basis: str | None
    samples: int
    error_s: int | None
    chance: ChanceTold | None


class DraftTold(Told):
    """What an operator has typed for a call."""

    operator: OperatorBrief
    form: dict[str, Any]
    updated_at: Moment


class CrowdTold(Told):
    """More open orders from one number, or to one place, than the trade takes for usual; it is offered only with a reason."""

    why: Literal["many_from_number", "many_to_place"]
    count: int


class WaitingTold(Told):
    """`free_min` minutes cost nothing, each `step_min` begun after that `step`. It comes to `amount`; no fare is changed by it.

    `until` null: he still waits, and `waited_s` and `amount` are of now.
    """

    since: Moment
    until: Moment | None
    waited_s: int
    amount: Money
    free_min: int
    step_min: int
    step: Money


class OrderTold(Told):
    """An order. `pin_doubt` says why its origin is uncertain: it has no pin, or a wide radius; null when it is certain.

    Whoever is given an order with a doubt is told so in his text and on his page, and asks the customer.

    `no_show_at`: its driver waits at the customer's place, and from then on may say that nobody came. `waiting`: how long he has
    waited, or did before they went on, where the tariff counts it.
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
    unheard: list[UnheardTold]
    pin_doubt: Literal["no_pin", "wide"] | None
    crowd: CrowdTold | None
    no_show_at: Moment | None
    waiting: WaitingTold | None
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


class NoShowTold(Told):
    """What speaks for a driver who said that nobody came. `called` is his own word, all else is the desk's.

    `distance_m` is how far his phone was from the pick-up (beeline) at `located_at`; `texts` were sent to the customer, of
    which `delivered` arrived; `customer_called`: so many calls came from the customer meanwhile. `unlocated`: nothing was
    heard of where he was since he arrived; `pin`: why the pick-up is not sure, null: it is, and where he was located he was
    within `within_m` of it. `compensation` (whole minor units) was booked for him; `unpaid`: why not, where the office has a
    rule for it. Older orders have these as null.
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
    unlocated: bool | None = None
    within_m: int | None = None
    pin: Literal["no_pin", "wide"] | None = None
    compensation: Money | None = None
    unpaid: Literal["unlocated"] | None = None


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
        "unsure",
        "search",
        "search_ended",
        "offered",
        "by_hand",
        "assigned",
        "message",
        "unheard",
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
    others: int | None
    passed: int | None
