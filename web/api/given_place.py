"""What a caller's telephone says of where it is."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from web.api.shapes import Given, storable


class PlaceShown(Given):
    """The token stands behind the `#` of the texted link. Degrees are WGS 84; `accuracy_m` is the radius the telephone gives."""

    token: Annotated[str, Field(min_length=1, max_length=64), AfterValidator(storable)]
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    accuracy_m: float = Field(ge=0, le=100_000_000, allow_inf_nan=False)
