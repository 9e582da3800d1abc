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
