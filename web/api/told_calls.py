"""What the JSON API answers about calls and the callers whom they are from."""

from __future__ import annotations

from typing import Literal

from web.api.shapes import Id, Moment, Money, Presentation, Told
from web.api.told import OperatorTold
from web.api.told_places import PlaceTold


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


class TaskBriefTold(Told):
    """What is to be done for a customer; `by` is whose it is, null: anybody's."""

    id: Id
    text: str
    due_at: Moment
    by: str | None


class CustomerTold(Told):
    """A customer's card. `numbers` are E.164, or 010-****-5678 for a role that does not see them whole.

    `blocked_reason`: he is not to be served. `treatment` is null where several cards are told at once, and `tasks` is empty then.
    `version` goes back with what is changed of him.
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
    version: int
    tasks: list[TaskBriefTold]


class Choice(Told):
    """What the caller answered to the IVR; `recording` is a token for recordings/{token}."""

    kind: str
    place_id: Id | None
    text: str | None
    recording: str | None


class NextCall(Told):
    """Whom to answer: a call that rings at the operator's phone, else the most urgent that nobody has asked for; null: nobody."""

    call_id: Id | None


class PauseTold(Told):
    """Somebody takes no calls, since then."""

    operator: OperatorTold
    reason: Literal["break", "after_call", "other"]
    since: Moment


class PausesTold(Told):
    """Who takes no calls now, the longest away first."""

    pauses: list[PauseTold]


class CallTold(Told):
    """A call. `number` is E.164, or null with the reason in `presentation`.

    `priority`: how much sooner than others he is answered (0 to 10); `heard`: his segment's own greeting in the voice menu.
    `direction` "out": an operator had it placed, `number` is whom he calls; "arrived" is then that it is being dialled.
    `wrap_up`: what it was about, by a code of the office.
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
    direction: Literal["in", "out"]
    wrap_up: str | None
