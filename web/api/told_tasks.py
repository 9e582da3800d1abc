"""What the API tells of tasks."""

from __future__ import annotations

from typing import Literal

from web.api.shapes import Id, Moment, Told


class TriedTold(Told):
    """What came of a task once, and who says so."""

    at: Moment
    by: str
    outcome: Literal["reached", "again", "not_needed"]
    note: str | None


class TaskTold(Told):
    """What is to be done for a customer. `assignee` null: by anybody; `taker` is who is at it; `maker` null: a rule made it.

    `ad_standing` is null where it is no advertising; else whoever is not "agreed" is not to be called for it now.
    """

    id: Id
    customer_id: Id
    customer: str
    number: str | None
    order_id: Id | None
    text: str
    due_at: Moment
    assignee_id: Id | None
    assignee: str | None
    taken_by: Id | None
    taker: str | None
    made_at: Moment
    maker: str | None
    rule_id: Id | None
    rule: str | None
    tries: int
    done_at: Moment | None
    last: TriedTold | None
    ad_standing: Literal["agreed", "refused", "no_consent", "consent_old"] | None


class TaskRuleTold(Told):
    """A rule; `state` "over": none of its days is to come."""

    id: Id
    name: str
    state: Literal["on", "off", "over"]
    segment_id: Id | None
    kind: Literal["care", "ad"]
    text: str
    assignee_id: Id | None
    weekdays: str
    from_minute: int
    to_minute: int
    every_days: int
    most: int
    first_day: str
    last_day: str | None
    due_at: Moment | None
    changed_at: Moment
    version: int


class TaskRunTold(Told):
    """One day of a rule. `why` says what kept it from running ("late": its hours were over; "off", "changed"); `left_out` counts
    by reason of whom of the segment no task was made, `beyond` who waits for the next run."""

    id: Id
    task_rule_id: Id
    day: str
    version: int
    due_at: Moment
    at: Moment
    late_s: int
    state: Literal["done", "missed"]
    why: str | None
    found: int
    tasks: int
    beyond: int
    left_out: dict[str, int]
