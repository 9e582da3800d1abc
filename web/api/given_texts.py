"""What the API of texts to many takes, and of who agreed to advertising."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from web.api.shapes import Cursor, Given, Id, Limit, Short, storable


def _a_moment(told: str) -> str:
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        raise ValueError("a moment is written 2026-11-22T09:00:00Z") from None
    if at.tzinfo is None or at.tzinfo.utcoffset(at) is None:
        raise ValueError("a moment has a zone, as in 2026-11-22T09:00:00+09:00")
    if not 2000 <= at.year <= 2999:
        raise ValueError("the years are from 2000 to 2999")
    return told


MomentGiven = Annotated[
    str,
    Field(max_length=40, json_schema_extra={"format": "date-time"}, description="RFC 3339, with a zone."),
    AfterValidator(_a_moment),
]
Ids = Annotated[list[Id], Field(max_length=500)]
Source = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(storable)]


def moment_of(told: str | None) -> datetime | None:
    """The moment that was given, UTC."""
    return None if told is None else datetime.fromisoformat(told).astimezone(UTC)


class CampaignGiven(Given):
    """A text to many. Everybody who is picked in any of the ways gets one; `text` may have places (docs/texts.md).

    `send_at`: not before; null: now. `kind` "ad" is advertising, whatever it costs the sender to say so. `segment_part`: of a
    segment that is larger than may be written to at once one part ("2/3": the second of three).
    """

    text: Annotated[str, Field(max_length=4000), AfterValidator(storable)]
    kind: Literal["notice", "ad"]
    language: Literal["ko", "en"] = "ko"
    send_at: MomentGiven | None = None
    drivers: Ids = Field(default_factory=list)
    states: Annotated[list[Literal["free", "busy", "off"]], Field(default_factory=list, max_length=3)]
    customers: Ids = Field(default_factory=list)
    segment_id: Id | None = None
    segment_part: Annotated[str, Field(pattern=r"^[0-9]{1,4}/[0-9]{1,4}$")] | None = None
    phones: Annotated[list[Short], Field(default_factory=list, max_length=500)]


class CampaignSeen(CampaignGiven):
    """A text to many as it was looked at: `seen` is what the look gave."""

    seen: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class ResultsQuery(Given):
    """What became of each text, in the order in which they were written."""

    limit: Limit = 100
    cursor: Cursor | None = None


class ConsentGiven(Given):
    """What the owner of a number said of advertising, where (`source`) and when (`said_at`, null: now)."""

    number: Short
    said: Literal["refused", "agreed", "agreed_night", "confirmed"]
    source: Source
    said_at: MomentGiven | None = None


class ConsentQuery(Given):
    """A telephone number in any way of writing it."""

    number: Short
