"""What the JSON API answers about places: kept, suggested, chosen."""

from __future__ import annotations

from typing import Literal

from web.api.shapes import Id, Moment, Told


class KnownPlace(Told):
    """A place with where it is known from."""

    text: str
    lat: float | None
    lon: float | None
    accuracy_m: int | None
    source: str | None


class OrderPlace(KnownPlace):
    """A place on an order. `at`: since when it is known so."""

    at: Moment | None


class PlaceTold(KnownPlace):
    """A place of a customer. `id` is null for one that only a past order tells of; `label` is what it is to him ("home")."""

    id: Id | None
    label: str | None


class PlaceSuggested(Told):
    """A place to choose, with who knows it. `kind` says whose `id` is; `alias` by which other name it was found.

    `source` of a saved place is how the desk came to know it, of the book's what the book names, of an area `gazetteer`: then
    `id` is its code; of the network's, the geocoder's name. `district` is where it lies; without a pin `lat` is null.
    """

    id: Id
    kind: Literal["saved", "book", "area", "network"]
    text: str
    district: str | None
    alias: str | None
    lat: float | None
    lon: float | None
    accuracy_m: int | None
    source: str


class PlaceTaken(Told):
    """What became of the place that a telephone showed: the 읍·면·동 in which it lies, and whether it is the order's pin now."""

    area: str | None
    accuracy_m: int
    taken: bool
