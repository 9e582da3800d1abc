"""What the JSON API answers about the customer's car: to its driver, to the office, and to the customer by his link."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from web.api.shapes import Id, Moment, Told


class CarPhotoTold(Told):
    """One photo; `received_at` is when the server had it, `sha256` is of the file that is served."""

    id: Id
    side: Literal["front", "rear", "left", "right"]
    received_at: Moment
    sha256: str


class CoverTold(Told):
    """With which insurance the driver drove, and its last day, as his record said at `at`; null where it said nothing.

    A copy that was made with the first photo, reading or reason of the stage: a later change of the record does not change it.
    """

    insurance_number: str | None
    insurance_until: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")] | None
    at: Moment


class CarStageTold(Told):
    """Photos in the order of the sides, the newest of a side first; `whole`: all four sides are there.

    `km` is the odometer as the driver typed it, `skipped` why he went on without photos.
    """

    photos: list[CarPhotoTold]
    km: int | None
    km_at: Moment | None
    skipped: str | None
    whole: bool
    cover: CoverTold | None


class CarTold(Told):
    """The car before the key changed hands, and after."""

    before: CarStageTold
    after: CarStageTold


class DriverCarTold(CarTold):
    """The same for the driver, as far as he did it: what his trade wants (`asked`), the stage that is now, if any, and the step
    that its photos come before (`due`)."""

    asked: Literal["none", "asked", "required"]
    stage: Literal["before", "after"] | None
    due: str | None


class CustomersCarTold(CarTold):
    """The same for the customer, with whose firm it was, and until when he may look."""

    office: str
    order_id: Id
    timezone: str = Field(description="The office's time zone (IANA).")
