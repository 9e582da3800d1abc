"""What the models of the JSON API have in common: the roots of requests and answers, and the kinds of their fields."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MAX_ID = 2**63 - 1
MAX_MONEY = 2_000_000_000
Id = Annotated[int, Field(ge=1, le=MAX_ID)]
Money = Annotated[int, Field(ge=0, le=MAX_MONEY, description="Whole minor units of the currency.")]
Moment = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$",
        json_schema_extra={"format": "date-time"},
        description="RFC 3339, UTC.",
    ),
]
Presentation = Literal["allowed", "withheld", "unavailable"]
Limit = Annotated[int, Field(ge=1, le=200, description="How many rows at most.")]
Cursor = Annotated[int, Field(ge=1, le=MAX_ID, description="`next` of the answer before.")]


def storable(text: str) -> str:
    """Text that every database takes. Raises ValueError."""
    # PostgreSQL stores no NUL; everything else that is odd is cleaned in one place, desk.text.
    if "\x00" in text:
        raise ValueError("NUL is not text")
    return text


Short = Annotated[str, Field(max_length=80), AfterValidator(storable)]
# What is typed into a search finds something or nothing and is never refused; the desk looks at its beginning only.
Typed = Annotated[str, Field(max_length=20_000)]
AsSeen = Annotated[
    str | None,
    Field(
        max_length=16, description="`version` as it was read; without it the change is made whatever stands there now."
    ),
]
Note = Annotated[str, Field(max_length=2000), AfterValidator(storable)]


class Given(BaseModel):
    """A request: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Told(BaseModel):
    """An answer: exactly these fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Given):
    """No parameters, or an empty object."""
