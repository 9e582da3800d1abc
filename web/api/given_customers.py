"""What the customers' and the segments' API takes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from web.api.shapes import Given, Id, Note, Short, storable

Sentence = Annotated[str, Field(max_length=200), AfterValidator(storable)]


class CustomerGiven(Given):
    """What is written about a customer. `version` is that of the customer as read."""

    version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    name: Short
    grade: Annotated[str, Field(max_length=16), AfterValidator(storable)] | None = None
    note: Note | None = None


class MergeGiven(Given):
    """Whom this customer is the same as, and whose name stays. The newer of the two rows stays, with that name."""

    other: Id
    name_of: Id


class SegmentGiven(Given):
    """A segment. `conditions` by name: docs/customers.md lists them. `version`: of the segment as read, for a change."""

    name: Short
    kind: Literal["query", "list"] = "query"
    conditions: dict[Annotated[str, Field(max_length=40)], Any] = Field(default_factory=dict, max_length=40)
    greeting: Sentence | None = None
    hint: Sentence | None = None
    sound: Annotated[str, Field(max_length=40, description="A sound of the site's own, by its name.")] | None = None
    said: Sentence | None = None
    priority: Annotated[int, Field(ge=0, le=10)] = 0
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None


class ConditionsGiven(Given):
    """A question that is not saved yet."""

    conditions: dict[Annotated[str, Field(max_length=40)], Any] = Field(max_length=40)


class MembersGiven(Given):
    """Customers to put into a group, or to take out of it."""

    customers: Annotated[list[Id], Field(min_length=1, max_length=500)]
