"""What the API of standing sends takes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from desk.customer.segment_rules import FARTHEST_DAYS
from desk.message.audiences import MOST
from web.api.given_customers import Version
from web.api.given_money import Day
from web.api.shapes import Given, Id, storable

Minute = Annotated[int, Field(ge=0, le=1440, description="Of the day, by the office's clock.")]


class StandingGiven(Given):
    """A rule: on each of `weekdays` ("0" is Monday) whoever is in the segment then gets `text`, at the least `every_days` apart.

    A run begins at `from_minute`, its texts leave until `to_minute` of the same day; at most `most` of them. `version` is that of
    the rule as read, where it is changed: without it the change is made whatever stands there now.
    """

    name: Annotated[str, Field(max_length=80), AfterValidator(storable)]
    segment_id: Id
    text: Annotated[str, Field(max_length=4000), AfterValidator(storable)]
    kind: Literal["notice", "ad"]
    language: Literal["ko", "en"] = "ko"
    weekdays: Annotated[str, Field(pattern=r"^[0-6]{1,7}$")] = "0123456"
    from_minute: Minute = 600
    to_minute: Minute = 1200
    every_days: Annotated[int, Field(ge=1, le=FARTHEST_DAYS)]
    most: Annotated[int, Field(ge=1, le=MOST)]
    first_day: Day
    last_day: Day | None = None
    version: Version | None = None
