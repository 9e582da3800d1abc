"""Areas by what people type or say: "서초동", "서울 서초구 서초동", "ㅅㅊㄷ", "분당 정자동 178-1"; also with one letter wrong.

Nothing here reads a database or a network, and what it costs has an end, whatever is typed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from math import cos, hypot, radians

from desk.place.gazetteer.areas import DISTRICT, PROVINCE, TOWN, VILLAGE, Area, areas
from desk.place.near_miss import SHORTEST_MISTYPED, nearly
from desk.text import plain
from models.words import holds, initials, letters

LONGEST = 60
"""More letters than any address has are not read."""
MOST_RUNS = 6
SHORTEST = 2
"""One letter alone names no area."""
_METRES = 111_195.0
_ENDED = re.compile(".+?[시도군구읍면동](?!광역시)")
_NUMBER_BEHIND = re.compile(r"(.*[동읍면리가로])([0-9]+)")
_LAST = frozenset("시군구읍면동가")
_HANGUL = re.compile("[가-힣ㄱ-ㅎ]")
# Of what only begins so, a district is meant before a 동 (강남: 강남구); a 리 more seldom, a whole province hardly ever.
_ORDER = {DISTRICT: 0, TOWN: 1, VILLAGE: 2, PROVINCE: 3}
Near = tuple[float, float]


def find(typed: str, limit: int = 8, near: Near | None = None, *, mistyped: bool = True) -> list[tuple[Area, str]]:
    """At most `limit` areas, each with what was typed behind its name ("1328-3", or nothing).

    `mistyped`: also with one letter wrong, where nothing else is found.

    Whole names come before beginnings; of one name, the nearest to `near` first. Nothing for what is no area.
    """
    typed = plain(typed, LONGEST)
    runs = letters(typed)[:MOST_RUNS]
    while len(runs) > 1 and (runs[-1][0].isdecimal() or runs[-1] in ("산", "번지")):
        runs.pop()
    if not runs or len(runs[-1]) < SHORTEST or not _HANGUL.search(runs[-1]):
        return []
    found = _by_runs(runs) or _run_together(runs)
    if not found and (parts := _NUMBER_BEHIND.fullmatch(runs[-1])):
        runs[-1] = parts[1]
        found = _by_runs(runs) or _run_together(runs)
    if found or not mistyped:
        found.sort(key=lambda area: _rank(area, runs[-1], near))
    else:
        found = sorted(_mistyped(runs), key=lambda area: _rank_mistyped(area, runs[-1], near))
    return [(area, _behind(typed, runs[-1])) for area in found[:limit]]


def beeline_m(lat: float, lon: float, area: Area) -> float:
    """Metres from a point to the middle of an area; exact enough within Korea."""
    return hypot((lat - area.lat) * _METRES, (lon - area.lon) * _METRES * cos(radians(lat)))


@cache
def _by_first() -> tuple[Sequence[str], Sequence[Area]]:
    """The first consonants of all words, sorted, and beside each the area."""
    pairs = [(initials(word), area) for area in areas().values() for word in area.words]
    pairs.sort(key=lambda pair: pair[0])
    return [first for first, _ in pairs], [area for _, area in pairs]


@cache
def _by_letter() -> Mapping[tuple[int, str], Sequence[Area]]:
    """Districts and 읍·면·동 by the first letter (0) of a name, and by the second (1)."""
    found: dict[tuple[int, str], list[Area]] = defaultdict(list)
    for area in areas().values():
        if area.level in (DISTRICT, TOWN):
            for at, letter in enumerate(area.words[0][:2]):
                found[at, letter].append(area)
    return found


def _beginning_with(run: str) -> list[Area]:
    firsts, beside = _by_first()
    first = initials(run)
    found: dict[str, Area] = {}
    for at in range(bisect_left(firsts, first), len(firsts)):
        if not firsts[at].startswith(first):
            break
        if any(_begins(word, run) for word in beside[at].words):
            found[beside[at].code] = beside[at]
    return list(found.values())


def _begins(word: str, run: str) -> bool:
    return word.startswith(run) or holds(word[: len(run)], run, unfinished=True)


def _by_runs(runs: Sequence[str]) -> list[Area]:
    """The last run is the area's; those before it are what it lies in, in any order."""
    *outer, last = runs
    return [area for area in _beginning_with(last) if all(_lies_in(area, run) for run in outer)]


def _lies_in(area: Area, run: str) -> bool:
    return any(_begins(word, run) for each in (area, *area.above) for word in each.words)


def _run_together(runs: list[str]) -> list[Area]:
    """ "서초구서초동": what may end an area's name ends it; `runs` is cut there where something is found so."""
    *before, last = runs
    at = max((found.end() for found in _ENDED.finditer(last)), default=0)
    parts = [*_ENDED.findall(last), last[at:]] if at < len(last) else _ENDED.findall(last)
    if not 1 < len(parts) <= MOST_RUNS:
        return []
    found = _by_runs([*before, *parts])
    if found:
        runs[-1:] = parts
    return found


def _mistyped(runs: Sequence[str]) -> list[Area]:
    *outer, last = runs
    if len(last) < SHORTEST_MISTYPED:
        return []
    an_area = last[-1] in _LAST
    # All but one letter are right, so that of the first two one stands there, or where its neighbour should.
    some = {area.code: area for at in (0, 1) for letter in last[:2] for area in _by_letter().get((at, letter), ())}
    return [
        area
        for area in some.values()
        if (an_area or area.words[0][0] == last[0])
        and nearly(last, area.words[0])
        and all(_lies_in(area, run) for run in outer)
    ]


def _rank(area: Area, run: str, near: Near | None) -> tuple[bool, bool, int, int, float, str]:
    begins = any(word.startswith(run) for word in area.words)
    away = beeline_m(*near, area) if near else 0.0
    return (run not in area.words, not begins, _ORDER[area.level], len(area.words[0]), away, area.code)


def _rank_mistyped(area: Area, run: str, near: Near | None) -> tuple[int, bool, float, str]:
    name = area.words[0]
    away = beeline_m(*near, area) if near else 0.0
    return (abs(len(name) - len(run)), name[0] != run[0], away, area.code)


def _behind(typed: str, last: str) -> str:
    """What stands behind the last run as it was typed."""
    folded = typed.casefold()
    at = folded.rfind(last)
    return typed[at + len(last) :].strip() if at >= 0 and len(folded) == len(typed) else ""
