"""What people call the area in which a pin lies: "역삼동", "강남구 역삼동", "서울 강남구", "강남", "서울".

Only names that mean one area: there are six cities with a 중구, and who means Daegu's has to write "대구 중구".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import chain, combinations, product
from math import cos, pi, radians, sin

from desk.place.gazetteer.areas import DISTRICT, Area, areas
from desk.place.gazetteer.outlines import where

WIDEST_M = 30_000
"""A pin that may be off by more says nothing."""
SAMPLES = 8
"""So many points of the circle around a pin have to lie in the same area as the pin itself."""
_METRES = 111_195.0
_ENDS = ("시", "군", "구")
_SHORTEST = 2


@lru_cache(maxsize=20_000)
def names_at(lat: float, lon: float, accuracy_m: int) -> Mapping[str, int]:
    """The names by which the area of a pin is called, each with how small an area it means (the smaller, the higher).

    `accuracy_m` is the radius within which the true place lies: only what all of that circle has in common is told, and beside a
    border only what both sides have in common. Nothing abroad and at sea. The first call reads all outlines (about a second).
    """
    at_pin = _names(lat, lon) if accuracy_m <= WIDEST_M else {}
    for point in _around(lat, lon, accuracy_m) if at_pin and accuracy_m > 0 else ():
        there = _names(*point)
        at_pin = {name: small for name, small in at_pin.items() if name in there} if there else at_pin
    return at_pin


def _around(lat: float, lon: float, metres: int) -> Iterator[tuple[float, float]]:
    north, east = metres / _METRES, metres / (_METRES * cos(radians(lat)))
    for turn in range(SAMPLES):
        angle = 2 * pi * turn / SAMPLES
        yield lat + north * sin(angle), lon + east * cos(angle)


def _names(lat: float, lon: float) -> dict[str, int]:
    found = where(lat, lon)
    if found is None:
        return {}
    here = names_of(found.area)
    if found.sure or found.or_else is None:
        return dict(here) if found.sure else {}
    beside = names_of(found.or_else)
    return {name: small for name, small in here.items() if name in beside}


@lru_cache(maxsize=4_000)
def names_of(area: Area) -> Mapping[str, int]:
    """All names of an area and of those in which it lies, alone and behind larger ones, as far as they mean no other area."""
    found: dict[str, int] = {}
    for each in (area, *area.above):
        for larger in chain.from_iterable(combinations(each.above, count) for count in range(len(each.above) + 1)):
            called = product(*(_called(one) for one in reversed(larger)), _called(each))
            found |= {" ".join(words): _called(each)[words[-1]] for words in called if _means_one(words, each)}
    return found


def _means_one(words: Sequence[str], area: Area) -> bool:
    """Whether nobody can mean another area by `words`, the last of which is the name of `area`."""
    *larger, last = words
    return all(
        _same(other, area)
        for other in _named()[last]
        if all(any(word in _called(one) for one in other.above) for word in larger)
    )


def _same(other: Area, area: Area) -> bool:
    """Whether one name for both means the same: a city and its districts, an area and a part of it that bears its name."""
    if other is area or other in area.above or area in other.above:
        return True
    return other.level == area.level == DISTRICT and other.above == area.above


@cache
def _named() -> Mapping[str, Sequence[Area]]:
    found: dict[str, list[Area]] = defaultdict(list)
    for area in areas().values():
        for name in _called(area):
            found[name].append(area)
    return found


@cache
def _called(area: Area) -> Mapping[str, int]:
    """The name of one area, its parts, its other names, and a district's without its ending: "강남구", "강남".

    Each with how small an area it means: of "성남시 분당구", "성남시" means more than "분당구".
    """
    small = 2 * area.level
    *larger, own = area.name.split()
    names = dict.fromkeys(larger, small - 1) | dict.fromkeys((area.name, own, *area.aliases), small)
    if area.level == DISTRICT:
        names |= {name[:-1]: size for name, size in names.items() if name.endswith(_ENDS) and len(name) > _SHORTEST}
    return names
