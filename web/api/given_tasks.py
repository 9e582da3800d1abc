"""What the API of tasks takes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from desk.customer.segment_rules import FARTHEST_DAYS
from desk.customer.task_rules import MOST
from desk.customer.tasks import LONGEST
from web.api.given_customers import Version
from web.api.given_money import Day
from web.api.given_standing import Minute
from web.api.shapes import Cursor, Given, Id, Limit, Moment, storable

Words = Annotated[str, Field(max_length=LONGEST), AfterValidator(storable)]


class TasksQuery(Given):
    """Whose: one's own, those that anybody may take, all, or those that were done."""

    whose: Literal["mine", "anybody", "all", "done"] = "all"
    limit: Limit = 100
    cursor: Cursor | None = None


class TaskGiven(Given):
    """A task for a customer, or for whoever ordered; `assignee_id` null: anybody may do it."""

    customer_id: Id | None = None
    order_id: Id | None = None
    text: Words
    due_at: Moment
    assignee_id: Id | None = None


class TaskOutcomeGiven(Given):
    """What came of it. "again": nobody was reached, and `again_at` is when it is tried again; else `again_at` is null."""

    outcome: Literal["reached", "again", "not_needed"]
    note: Words | None = None
    again_at: Moment | None = None


class TaskRuleGiven(Given):
    """A rule: on each of `weekdays` ("0" is Monday) whoever is in the segment then becomes a task, `every_days` apart or more.

    Its tasks are made from `from_minute` on and are due at `to_minute` of the same day, at most `most` in a run. "ad": only who
    agreed to advertising. `version` is that of the rule as read, where it is changed: without it the change is made whatever
    stands there now.
    """

    name: Annotated[str, Field(max_length=80), AfterValidator(storable)]
    segment_id: Id
    text: Words
    kind: Literal["care", "ad"]
    assignee_id: Id | None = None
    weekdays: Annotated[str, Field(pattern=r"^[0-6]{1,7}$")] = "0123456"
    from_minute: Minute = 540
    to_minute: Minute = 1080
    every_days: Annotated[int, Field(ge=1, le=FARTHEST_DAYS)]
    most: Annotated[int, Field(ge=1, le=MOST)]
    first_day: Day
    last_day: Day | None = None
    version: Version | None = None
