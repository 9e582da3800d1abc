"""What every provider is made of: the request that it wants, and careful reading of an answer that may be anything."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from desk.place.geocoding import Found, radius_of_area
from desk.text import plain

MOST = 5
"""So many places of an answer are read."""
AREA_M = 2_000
"""What is taken for an answer that names no house and no area that we know: nobody should be sent there unasked."""


@dataclass(frozen=True, slots=True)
class Request:
    """One GET. Its parameters and headers may hold the key: neither is ever logged."""

    url: str
    params: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class BadKey(Exception):
    """The provider does not take our key, or not for this service."""


class NotUnderstood(Exception):
    """The answer is not what the provider's documentation says."""


def at(body: Any, *path: str) -> Any:
    """What stands in nested objects; None where one of them is missing or is no object."""
    for name in path:
        if not isinstance(body, dict):
            return None
        body = body.get(name)
    return body


def rows(body: Any, *path: str) -> Iterator[dict[str, Any]]:
    """The first objects of the list that stands there. Raises NotUnderstood where there is no list."""
    found = at(body, *path) if path else body
    if not isinstance(found, list):
        raise NotUnderstood("the answer has no list of places")
    yield from (row for row in found[:MOST] if isinstance(row, dict))


def place(
    source: str, text: Any, district: Any, lat: Any, lon: Any, accuracy_m: int, *, exact: bool = True
) -> Found | None:
    """A place, or None where a part of it cannot be used. `exact`: it names a house, or a thing; otherwise an area at most."""
    name = plain(text, 120) if isinstance(text, str) else ""
    y, x = _degrees(lat, 90), _degrees(lon, 180)
    if not name or y is None or x is None:
        return None
    radius = accuracy_m if exact else max(accuracy_m, radius_of_area(name) or AREA_M)
    return Found(name, (plain(district, 80) or None) if isinstance(district, str) else None, y, x, radius, source)


def _degrees(value: Any, most: int) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        degrees = float(value)
    except (ValueError, OverflowError):
        return None
    return degrees if math.isfinite(degrees) and 0 < abs(degrees) <= most else None
