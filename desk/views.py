"""What others are shown of calls and customers: frozen, detached from the database, and ready for JSON.

Numbers are E.164, moments RFC 3339 in UTC, money whole minor units. Text is plain and unescaped: who shows it escapes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Json = dict[str, Any]


def moment(at: datetime | None) -> str | None:
    """`at` as RFC 3339 in UTC with milliseconds ("2026-11-22T01:02:03.456Z")."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A place with where it is known from. `id` is null for a place that only a past order tells of."""

    id: int | None
    text: str
    lat: float | None
    lon: float | None
    accuracy_m: int | None
    source: str | None
    label: str | None = None

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "text": self.text,
            "lat": self.lat,
            "lon": self.lon,
            "accuracy_m": self.accuracy_m,
            "source": self.source,
            "label": self.label,
        }


@dataclass(frozen=True, slots=True)
class TripView:
    """A trip that was ordered `count` times; `fare` is that of the last time."""

    origin: PlaceView
    destination: PlaceView | None
    fare: int | None
    count: int

    def as_json(self) -> Json:
        return {
            "origin": self.origin.as_json(),
            "destination": self.destination.as_json() if self.destination else None,
            "fare": self.fare,
            "count": self.count,
        }


@dataclass(frozen=True, slots=True)
class Treatment:
    """How a customer is treated because of the segments that he is in, whose names are `segments`, the weightiest first.

    `greeting` and `hint` are those of the weightiest that has one; `priority` is 0 (as everybody) to 10.
    """

    segments: tuple[str, ...] = ()
    greeting: str | None = None
    hint: str | None = None
    priority: int = 0

    def as_json(self) -> Json:
        return {
            "segments": list(self.segments),
            "greeting": self.greeting,
            "hint": self.hint,
            "priority": self.priority,
        }


@dataclass(frozen=True, slots=True)
class TaskBrief:
    """What is to be done for a customer, as his card shows it; `by` is whose it is, null: anybody's."""

    id: int
    text: str
    due_at: datetime
    by: str | None

    def as_json(self) -> Json:
        return {"id": self.id, "text": self.text, "due_at": moment(self.due_at), "by": self.by}


@dataclass(frozen=True, slots=True)
class CustomerView:
    """A customer's card. `blocked_reason` says why he is not to be served; `treatment` and what is to be done for him (`tasks`)
    are told where one card alone is read."""

    id: int
    name: str
    grade: str | None
    note: str | None
    language: str | None
    numbers: tuple[str, ...]
    trips: int
    cancels: int
    last_trip_at: datetime | None
    live_order_id: int | None
    usual_trips: tuple[TripView, ...]
    places: tuple[PlaceView, ...]
    blocked_reason: str | None = None
    treatment: Treatment | None = None
    version: int = 1
    tasks: tuple[TaskBrief, ...] = ()

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "name": self.name,
            "grade": self.grade,
            "note": self.note,
            "language": self.language,
            "numbers": list(self.numbers),
            "trips": self.trips,
            "cancels": self.cancels,
            "last_trip_at": moment(self.last_trip_at),
            "live_order_id": self.live_order_id,
            "usual_trips": [trip.as_json() for trip in self.usual_trips],
            "places": [place.as_json() for place in self.places],
            "blocked_reason": self.blocked_reason,
            "treatment": self.treatment.as_json() if self.treatment else None,
            "version": self.version,
            "tasks": [task.as_json() for task in self.tasks],
        }


@dataclass(frozen=True, slots=True)
class OperatorView:
    """The operator who has a call."""

    id: int
    name: str
    extension: str | None

    def as_json(self) -> Json:
        return {"id": self.id, "name": self.name, "extension": self.extension}


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """What the caller answered to the IVR; `recording` is the token under which the sound is had."""

    kind: str
    place_id: int | None
    text: str | None
    recording: str | None

    def as_json(self) -> Json:
        return {"kind": self.kind, "place_id": self.place_id, "text": self.text, "recording": self.recording}


@dataclass(frozen=True, slots=True)
class CallView:
    """A call with everything that its card shows. `line` is the DID; `disposition` is set once the call has ended.
    `wrap_up` is what it was about, by its code.

    `office_id` is for whoever shows it, and is not shown.
    """

    id: int
    office_id: int
    linkedid: str | None
    source: str
    line: str
    number: str | None
    presentation: str
    name: str | None
    state: str
    disposition: str | None
    arrived_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    operator: OperatorView | None
    customer: CustomerView | None
    choice: ChoiceView | None
    recovered: bool
    priority: int = 0
    heard: str | None = None
    direction: str = "in"
    wrap_up: str | None = None

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "linkedid": self.linkedid,
            "source": self.source,
            "line": self.line,
            "number": self.number,
            "presentation": self.presentation,
            "name": self.name,
            "state": self.state,
            "disposition": self.disposition,
            "arrived_at": moment(self.arrived_at),
            "ringing_at": moment(self.ringing_at),
            "answered_at": moment(self.answered_at),
            "ended_at": moment(self.ended_at),
            "operator": self.operator.as_json() if self.operator else None,
            "customer": self.customer.as_json() if self.customer else None,
            "choice": self.choice.as_json() if self.choice else None,
            "recovered": self.recovered,
            "priority": self.priority,
            "heard": self.heard,
            "direction": self.direction,
            "wrap_up": self.wrap_up,
        }


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list, newest first; `next` is the cursor of the following page, or null at the end."""

    items: tuple[T, ...]
    next: int | None
