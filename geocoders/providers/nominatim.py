"""Nominatim of OpenStreetMap, on a server of one's own or of a firm: the public one forbids suggestions while somebody types.

    GET /search?q=&format=jsonv2&limit=&countrycodes=&accept-language=     User-Agent says who asks
    [{"lat", "lon", "display_name", "name", "boundingbox": ["south", "north", "west", "east"]}]

How sure it is, its own box says: half of the diagonal. Answers may be kept (Open Database Licence, with its name beside them).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from pydantic import Field, field_validator

from desk.place.geocoding import Found
from geocoders.reading import MOST, Request, place, rows
from geocoders.settings import ProviderSettings

_METRES = 111_195.0


class Settings(ProviderSettings):
    """A server that allows such questions."""

    url: str = Field(pattern=r"^https?://[^\s]+[^/\s]$", description="Where it is; not the public server.")
    contact: str = Field(default="callboard", max_length=120, pattern=r"^[\x20-\x7e]+$", description="Who asks.")
    countries: str = Field(default="kr", pattern=r"^[a-z]{2}(,[a-z]{2})*$", description="Where places are looked for.")
    language: str = Field(default="ko", pattern=r"^[a-z]{2}$", description="In which language places are named.")
    per_second: float = Field(default=1.0, gt=0, le=100, description="Questions a second at most.")
    cache_s: float = Field(default=3600.0, ge=0, le=86400, description="How long an answer is kept, in seconds.")

    @field_validator("url")
    @classmethod
    def _not_the_public_one(cls, url: str) -> str:
        if "nominatim.openstreetmap.org" in url.casefold():
            raise ValueError("the public server forbids suggestions while somebody types; name a server of your own")
        return url


def request(settings: Settings, typed: str) -> Request:
    """The question."""
    asked = {"q": typed, "format": "jsonv2", "limit": str(MOST), "countrycodes": settings.countries}
    return Request(
        f"{settings.url}/search", asked | {"accept-language": settings.language}, {"User-Agent": settings.contact}
    )


def read(settings: Settings, body: Any) -> Iterator[Found | None]:
    """The places of an answer."""
    for row in rows(body):
        name, whole = row.get("name"), row.get("display_name")
        radius = max(settings.accuracy_m, _radius(row.get("boundingbox")))
        yield place("nominatim", name or whole, whole if name else None, row.get("lat"), row.get("lon"), radius)


def _radius(box: Any) -> int:
    """Half of the diagonal in metres; that of an area where the box cannot be read."""
    try:
        south, north, west, east = (float(side) for side in box)
        wide = (east - west) * math.cos(math.radians((south + north) / 2))
        return min(math.ceil(math.hypot(north - south, wide) / 2 * _METRES), 1_000_000)
    except (TypeError, ValueError, OverflowError):
        return 2_000
