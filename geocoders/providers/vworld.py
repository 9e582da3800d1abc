"""VWorld of the Ministry of Land, search 2.0 by place: names of places and addresses of Korea.

    GET /req/search?service=search&request=search&version=2.0&type=place&crs=EPSG:4326&format=json&size=&query=&key=
    {"response": {"status": "OK", "result": {"items": [{"title", "address": {"road", "parcel"}, "point": {"x", "y"}}]}}}
    {"response": {"status": "NOT_FOUND"}}     {"response": {"status": "ERROR", "error": {"code": "INVALID_KEY", ...}}}

The key stands in the address, which is therefore never logged. Nothing is cached.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field, SecretStr

from desk.place.geocoding import Found
from geocoders.reading import MOST, BadKey, NotUnderstood, Request, at, place, rows
from geocoders.settings import ProviderSettings

_ABOUT_THE_KEY = frozenset({"INVALID_KEY", "INCORRECT_KEY", "UNAVAILABLE_KEY"})


class Settings(ProviderSettings):
    """A key of vworld.kr."""

    key: SecretStr = Field(description="Key of the open API.")
    url: str = Field(default="https://api.vworld.kr", pattern=r"^https?://[^/\s]+$", description="Where it is.")
    per_second: float = Field(default=5.0, gt=0, le=100, description="Questions a second at most.")


def request(settings: Settings, typed: str) -> Request:
    """The question."""
    fixed = {"service": "search", "request": "search", "version": "2.0", "type": "place", "crs": "EPSG:4326"}
    asked = {"format": "json", "size": str(MOST), "query": typed, "key": settings.key.get_secret_value()}
    return Request(f"{settings.url}/req/search", fixed | asked)


def read(settings: Settings, body: Any) -> Iterator[Found | None]:
    """The places of an answer."""
    status = at(body, "response", "status")
    if status == "NOT_FOUND":
        return
    if status != "OK":
        code = at(body, "response", "error", "code")
        if isinstance(code, str) and code in _ABOUT_THE_KEY:
            raise BadKey
        raise NotUnderstood("the status is neither OK nor NOT_FOUND")
    for row in rows(body, "response", "result", "items"):
        where = at(row, "address", "road") or at(row, "address", "parcel")
        lat, lon = at(row, "point", "y"), at(row, "point", "x")
        yield place("vworld", row.get("title"), where, lat, lon, settings.accuracy_m)
