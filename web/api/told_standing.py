"""What the API tells of standing sends."""

from __future__ import annotations

from typing import Literal

from web.api.shapes import Id, Moment, Told
from web.api.told_texts import AddressedTold


class RunTold(Told):
    """One day of a rule. `why` says what kept it from running ("late": its hours were over; "off", "changed"; or what is wrong
    with the text); `left_out` counts by reason who of the segment got none, `beyond` who waits for the next run."""

    id: Id
    standing_send_id: Id
    day: str
    version: int
    due_at: Moment
    at: Moment
    late_s: int
    state: Literal["done", "missed", "refused"]
    why: str | None
    found: int
    texts: int
    beyond: int
    left_out: dict[str, int]
    campaign_id: Id | None


class StandingTold(Told):
    """A rule; `state` "over": none of its days is to come."""

    id: Id
    name: str
    state: Literal["on", "off", "over"]
    segment_id: Id | None
    segment: str
    kind: Literal["notice", "ad"]
    text: str
    language: str
    weekdays: str
    from_minute: int
    to_minute: int
    every_days: int
    most: int
    first_day: str
    last_day: str | None
    due_at: Moment | None
    changed_at: Moment
    by: str
    version: int
    last_run: RunTold | None


class StandingLeftTold(Told):
    """A customer of the segment who gets none, and why."""

    id: Id
    name: str
    why: str


class StandingLookTold(Told):
    """What a run would do now; nothing is sent. `first` are the first 200, `first_left_out` the first 200 of each reason."""

    found: int
    texts: int
    beyond: int
    left_out: dict[str, int]
    faults: list[str]
    first: list[AddressedTold]
    first_left_out: list[StandingLeftTold]
