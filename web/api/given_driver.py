"""What drivers may ask of the JSON API, and the office about them. Nobody says who he is here: the cookie does."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from desk.ordering.fares import MAX_FARE
from web.api.shapes import Cursor, Given, Id, Limit, storable


class LinkToken(Given):
    """What stands behind the `#` of a texted link."""

    token: Annotated[str, Field(min_length=1, max_length=64), AfterValidator(storable)]


class OwnPhone(Given):
    """The number of the phone that the link shall be texted to, in any written form."""

    phone: Annotated[str, Field(min_length=1, max_length=40), AfterValidator(storable)]


class MeQuery(Given):
    """With `seen`, the answer's `version` that is on the screen: answered once there is another, or after `wait` seconds."""

    seen: Annotated[str, Field(max_length=40), AfterValidator(storable)] | None = None
    wait: Annotated[int, Field(ge=0, le=25)] = 0


class Duty(Given):
    """On duty, or off."""

    on: bool


class Spot(Given):
    """Where the driver is, in degrees (WGS 84), or was `age_s` seconds ago, when his phone found it."""

    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    age_s: float = Field(default=0.0, ge=0, le=86_400, allow_inf_nan=False)


class Declined(Given):
    """Why the driver does not want it."""

    reason: Literal["too_far", "other_way", "low_fare", "break", "something_else"]


class GivenBack(Given):
    """Why the driver cannot come."""

    reason: Literal["too_late", "breakdown", "unwell", "wrong_order", "something_else"]


class DriverStep(Given):
    """The state that comes next, by the trade's table; with `no_show`, how often the driver says that he called.

    With `completed`, what he was paid (whole minor units), where the order has no fare.
    """

    to: Annotated[str, Field(min_length=1, max_length=16, pattern="^[a-z_]+$")]
    called: Annotated[int, Field(ge=0, le=99)] = 0
    fare: Annotated[int, Field(ge=1, le=MAX_FARE)] | None = None


class CarSaid(Given):
    """What the odometer shows, in whole kilometres, or why there are no photos at this stage."""

    stage: Literal["before", "after"]
    km: Annotated[int, Field(ge=0, le=9_999_999)] | None = None
    skipped: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(storable)] | None = None


class EntriesQuery(Given):
    """The driver's own account; newest first."""

    limit: Limit = 30
    cursor: Cursor | None = None


class MonthQuery(Given):
    """A month of the driver's own account, as 2026-11; the present one where none is named."""

    month: Annotated[str, Field(pattern=r"^2\d{3}-(0[1-9]|1[0-2])$")] | None = None


class AppealGiven(Given):
    """Against a row of the account, an order that was not offered, or a change of grade: one of them; why, in words."""

    entry_id: Id | None = None
    weighing_id: Id | None = None
    grade_id: Id | None = None
    reason: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(storable)]


class AppealsQuery(Given):
    """Which appeals; newest first, open ones by when they are due."""

    state: Literal["open", "answered"] | None = None
    limit: Limit = 50
    cursor: Cursor | None = None


class AppealAnswer(Given):
    """What the office says to it; the driver reads it on his page."""

    answer: Annotated[str, Field(min_length=1, max_length=500), AfterValidator(storable)]
