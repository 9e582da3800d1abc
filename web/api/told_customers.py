"""What the customers' and the segments' API answers."""

from __future__ import annotations

from typing import Any, Literal

from web.api.shapes import Id, Moment, Told
from web.api.told_calls import CustomerTold


class NumbersTold(Told):
    """A customer's numbers (E.164), whole whoever asks: that he did is on record."""

    numbers: list[str]


class HappenedTold(Told):
    """One thing that happened with a customer.

    `state` is how it stands (of a deed: what was done), `words` what it says, `by` who of the office.
    """

    at: Moment
    kind: Literal["call", "order", "text", "received", "deed"]
    id: Id
    state: str
    words: str
    fare: int | None
    by: str | None


class HistoryTold(Told):
    """What happened with a customer, newest first, of all kinds in one order. `older` goes back as `cursor`; null: no more."""

    items: list[HappenedTold]
    older: str | None


class LikenessTold(Told):
    """Two customers who may be one: they have the name in common, and a number that ends alike or a place."""

    one: Id
    other: Id
    name: str
    because: list[Literal["number", "place"]]


class MergeTold(Told):
    """The customer that two became; `merge_id` undoes it."""

    merge_id: Id
    customer: CustomerTold


class UndoneTold(Told):
    """The id that is back."""

    customer_id: Id


class DataTold(Told):
    """Everything that is kept about a person, by what it is."""

    made_at: Moment
    customer_id: Id
    customer: list[dict[str, Any]]
    numbers: list[dict[str, Any]]
    numbers_before: list[dict[str, Any]]
    places: list[dict[str, Any]]
    calls: list[dict[str, Any]]
    recordings: list[dict[str, Any]]
    orders: list[dict[str, Any]]
    stops: list[dict[str, Any]]
    steps: list[dict[str, Any]]
    changes: list[dict[str, Any]]
    fares: list[dict[str, Any]]
    promises: list[dict[str, Any]]
    texts: list[dict[str, Any]]
    texts_received: list[dict[str, Any]]
    consents: list[dict[str, Any]]
    consents_told: list[dict[str, Any]]
    left_out: list[dict[str, Any]]
    standing_texts: list[dict[str, Any]]
    standing_left_out: list[dict[str, Any]]
    tasks: list[dict[str, Any]]
    task_tries: list[dict[str, Any]]
    photos: list[dict[str, Any]]
    car: list[dict[str, Any]]
    drafts: list[dict[str, Any]]
    groups: list[dict[str, Any]]
    accounts: list[dict[str, Any]]
    deeds: list[dict[str, Any]]
    imports: list[dict[str, Any]]


class MentionTold(Told):
    """Somebody else's text that names a person: of which kind and row, the words around him, and the page where one reads it."""

    what: str
    id: Id
    page: str | None
    words: str


class MentionsTold(Told):
    """What an erasure leaves as it is, the first hundred; `more`: there are others."""

    items: list[MentionTold]
    more: bool


class ErasedTold(Told):
    """How many rows of each table do not name him any more; in how many reasons of the books he may still be mentioned."""

    customer_id: Id
    rows: dict[str, int]
    in_books: int


class SegmentTold(Told):
    """A segment."""

    id: Id
    name: str
    kind: Literal["query", "list"]
    conditions: dict[str, Any]
    greeting: str | None
    hint: str | None
    sound: str | None
    said: str | None
    priority: int
    made_at: Moment
    version: int


class SegmentsTold(Told):
    """All segments, the weightiest first."""

    items: list[SegmentTold]


class FewTold(Told):
    """One of the first few."""

    id: Id
    name: str
    trips: int


class PreviewTold(Told):
    """How many customers are in it now, and the first few by their trips."""

    count: int
    first: list[FewTold]


class CountTold(Told):
    """Of how many customers it was true."""

    count: int
