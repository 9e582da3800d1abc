"""What the customers' and the segments' API takes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from desk.customer.customer_edits import MOST_NUMBERS
from desk.customer.customer_history import AT_A_TIME
from desk.customer.saved_places import MOST_ACCURACY_M
from web.api.shapes import Given, Id, Limit, Note, Short, storable

Version = Annotated[int, Field(ge=1, le=2**31 - 1)]
Grade = Annotated[str, Field(max_length=16), AfterValidator(storable)]
Language = Annotated[
    str, Field(max_length=8, description="One that callboard speaks; null: that of the line he calls.")
]
Number = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(storable)]
Sentence = Annotated[str, Field(max_length=200), AfterValidator(storable)]


class CustomerGiven(Given):
    """What is written about a customer. `version` is that of the customer as read; a `language` that is left out stays.

    If somebody else changed him meanwhile, the answer is 409 `customer_changed`: `details.version` is the present one, and
    `changes` has, for each field that this request would have otherwise, `field`, `yours`, `theirs`, `by` and `at`.
    """

    version: Version
    name: Short
    grade: Grade | None = None
    note: Note | None = None
    language: Language | None = None


class NewCustomer(Given):
    """Somebody new: a name, a number, or both. A number that is another customer's is refused: 409 `number_taken`."""

    name: Short = ""
    grade: Grade | None = None
    note: Note | None = None
    language: Language | None = None
    numbers: Annotated[list[Number], Field(max_length=MOST_NUMBERS)] = Field(default_factory=list)


class NumberGiven(Given):
    """A number as one writes it. `version` is that of the customer as read (CustomerGiven)."""

    version: Version
    number: Number


class SavedPlaceGiven(Given):
    """A place of a customer. Degrees are WGS 84; `source` is how it is known; `label` is what it is to him ("home").

    `version` is that of the customer as read (CustomerGiven).
    """

    version: Version
    text: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(storable)]
    lat: float | None = Field(default=None, ge=-90, le=90, allow_inf_nan=False)
    lon: float | None = Field(default=None, ge=-180, le=180, allow_inf_nan=False)
    accuracy_m: Annotated[int, Field(ge=0, le=MOST_ACCURACY_M)] | None = None
    source: Literal["operator", "map", "book", "area", "network"] = "operator"
    label: Annotated[str, Field(max_length=40), AfterValidator(storable)] | None = None


class VersionGiven(Given):
    """The version of the customer as read (CustomerGiven)."""

    version: Version


class HistoryQuery(Given):
    """Which part of a customer's history: the newest, or what was before `cursor` (`older` of the answer before)."""

    cursor: Annotated[str, Field(max_length=60)] | None = None
    limit: Limit = AT_A_TIME


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
    version: Version | None = None


class ConditionsGiven(Given):
    """A question that is not saved yet."""

    conditions: dict[Annotated[str, Field(max_length=40)], Any] = Field(max_length=40)


class MembersGiven(Given):
    """Customers to put into a group, or to take out of it."""

    customers: Annotated[list[Id], Field(min_length=1, max_length=500)]
