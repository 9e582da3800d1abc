"""Kakao Local, search by keyword (developers.kakao.com, "로컬"): names of shops, stations and buildings, and addresses.

    GET /v2/local/search/keyword.json?query=&size=     Authorization: KakaoAK <REST key>
    {"documents": [{"place_name", "address_name", "road_address_name", "x", "y", ...}], "meta": {...}}

Its terms allow no lasting copy of what it answers: nothing is cached.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field, SecretStr

from desk.place.geocoding import Found
from geocoders.reading import MOST, Request, place, rows
from geocoders.settings import ProviderSettings


class Settings(ProviderSettings):
    """The REST API key of an application at developers.kakao.com."""

    key: SecretStr = Field(description="REST API key.")
    url: str = Field(default="https://dapi.kakao.com", pattern=r"^https?://[^/\s]+$", description="Where it is.")
    per_second: float = Field(default=10.0, gt=0, le=100, description="Questions a second at most.")


def request(settings: Settings, typed: str) -> Request:
    """The question."""
    return Request(
        f"{settings.url}/v2/local/search/keyword.json",
        {"query": typed, "size": str(MOST)},
        {"Authorization": f"KakaoAK {settings.key.get_secret_value()}"},
    )


def read(settings: Settings, body: Any) -> Iterator[Found | None]:
    """The places of an answer."""
    for row in rows(body, "documents"):
        where = row.get("road_address_name") or row.get("address_name")
        yield place("kakao", row.get("place_name"), where, row.get("y"), row.get("x"), settings.accuracy_m)
