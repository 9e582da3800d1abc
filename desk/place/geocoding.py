"""What the desk asks a geocoder on the network: the shape of the question and of the answer. Who answers is wired in.

Nothing on anybody's path waits for one: what the book and the gazetteer know is told without it, and its answers come after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from desk.place.gazetteer import finding
from desk.views import Json


@dataclass(frozen=True, slots=True)
class Found:
    """A place as a geocoder tells it. Degrees are WGS 84; `accuracy_m` is a radius, `source` the geocoder's name."""

    text: str
    district: str | None
    lat: float
    lon: float
    accuracy_m: int
    source: str

    def as_json(self, number: int) -> Json:
        """As a suggestion; `number` tells it apart from the others of one answer."""
        return {
            "id": number,
            "kind": "network",
            "text": self.text,
            "district": self.district,
            "alias": None,
            "lat": self.lat,
            "lon": self.lon,
            "accuracy_m": self.accuracy_m,
            "source": self.source,
        }


class Geocoder(Protocol):
    """Finds places by what is typed. Never raises, and never takes longer than its settings allow."""

    @property
    def names(self) -> tuple[str, ...]:
        """Who answers; empty: nobody is configured."""
        ...

    async def find(self, typed: str) -> Sequence[Found]:
        """At most a few places, the best first; nothing where nobody knows, or nobody answers in time."""
        ...


class NoGeocoder:
    """None is configured."""

    names: tuple[str, ...] = ()

    async def find(self, typed: str) -> Sequence[Found]:
        """See Geocoder."""
        return ()


def radius_of_area(text: str) -> int | None:
    """How wide it is what `text` names, where it names an area and no house in it; None for anything else."""
    for area, behind in finding.find(text, 1, mistyped=False):
        if not behind and text.split()[-1] in (area.name, *area.words):
            return area.radius_m
    return None
