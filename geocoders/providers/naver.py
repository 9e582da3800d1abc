"""Naver Cloud Maps, Geocoding: addresses (no names of shops).

    GET /map-geocode/v2/geocode?query=&count=     x-ncp-apigw-api-key-id, x-ncp-apigw-api-key
    {"status": "OK", "addresses": [{"roadAddress", "jibunAddress", "x", "y", "addressElements": [{"types", "longName"}]}]}

An address without a number of a house is an area, and is told so. Nothing is cached: its terms allow no lasting copy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field, SecretStr

from desk.place.geocoding import Found
from geocoders.reading import MOST, NotUnderstood, Request, at, place, rows
from geocoders.settings import ProviderSettings

_OF_A_HOUSE = frozenset({"BUILDING_NUMBER", "LAND_NUMBER"})


class Settings(ProviderSettings):
    """An application of Naver Cloud Platform with Geocoding."""

    key_id: str = Field(min_length=1, max_length=200, description="Client ID.")
    key: SecretStr = Field(description="Client Secret.")
    url: str = Field(default="https://maps.apigw.ntruss.com", pattern=r"^https?://[^/\s]+$", description="Where it is.")
    per_second: float = Field(default=10.0, gt=0, le=100, description="Questions a second at most.")


def request(settings: Settings, typed: str) -> Request:
    """The question."""
    return Request(
        f"{settings.url}/map-geocode/v2/geocode",
        {"query": typed, "count": str(MOST)},
        {"x-ncp-apigw-api-key-id": settings.key_id, "x-ncp-apigw-api-key": settings.key.get_secret_value()},
    )


def read(settings: Settings, body: Any) -> Iterator[Found | None]:
    """The places of an answer."""
    if at(body, "status") != "OK":
        raise NotUnderstood("the status is not OK")
    for row in rows(body, "addresses"):
        road, plot = row.get("roadAddress"), row.get("jibunAddress")
        exact = _has_number(row.get("addressElements"))
        yield place(
            "naver", road or plot, plot if road else None, row.get("y"), row.get("x"), settings.accuracy_m, exact=exact
        )


def _has_number(elements: Any) -> bool:
    if not isinstance(elements, list):
        return False
    return any(
        isinstance(each, dict)
        and isinstance(each.get("types"), list)
        and any(isinstance(kind, str) and kind in _OF_A_HOUSE for kind in each["types"])
        and bool(each.get("longName"))
        for each in elements
    )
