"""What the API of tasks takes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from desk.customer.tasks import LONGEST
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
