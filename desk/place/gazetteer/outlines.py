"""In which 읍·면·동 a point lies, by simplified outlines, and how sure that is: near a border, the neighbour is named, too.

The file is what scripts/gazetteer writes: for each area its code, the number of its rings, and for each ring its length and its
points as differences, all of them zigzag varints:

    code | rings | length | x y x y ... | length | x y ...        x, y in ten-thousandths of a degree
"""

from __future__ import annotations

import gzip
from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import cos, hypot, inf, radians
from typing import TypeAlias

from desk.place.gazetteer.areas import HERE, Area, areas

SURE_FROM_BORDER_M = 150
"""So far from a drawn border, the side is sure: the outlines were simplified by about as much."""
OFFSHORE_M = 3_000
"""So far from all land (a bridge, a pier) the nearest area is still told, as a guess."""
_SCALE = 10_000
_CELL = 1_000
"""A tenth of a degree: the outlines are looked up by squares of this size."""
_METRES = 111_195.0 / _SCALE
Ring: TypeAlias = "array[int]"


@dataclass(frozen=True, slots=True)
class Where:
    """`area` has the point, if `sure`; otherwise it probably has, and `or_else` is the neighbour that may have it."""

    area: Area
    sure: bool
    or_else: Area | None


def where(lat: float, lon: float) -> Where | None:
    """The 읍·면·동 of a point; None abroad, at sea, or for what is no point."""
    if not (33 <= lat <= 39 and 124 <= lon <= 132):
        return None
    x, y = lon * _SCALE, lat * _SCALE
    inside = next((code for code in _within(x, y, 0) if _has(_outlines()[code], x, y)), None)
    near = _nearest(x, y, SURE_FROM_BORDER_M if inside else OFFSHORE_M)
    if inside is None:
        return Where(areas()[near[0]], False, None) if near else None
    others = [code for code in near if code != inside]
    return Where(areas()[inside], not others, areas()[others[0]] if others else None)


def _nearest(x: float, y: float, within_m: float) -> list[str]:
    """The areas with a border no farther than `within_m`, the nearest first."""
    shrink = cos(radians(y / _SCALE))
    away = [(_border_m(_outlines()[code], x, y, shrink), code) for code in _within(x, y, within_m)]
    return [code for metres, code in sorted(away) if metres <= within_m]


def _within(x: float, y: float, metres: float) -> list[str]:
    """The areas in whose box the point lies, or from whose box it is not farther than `metres`."""
    margin = metres / _METRES * 1.3  # a degree of longitude is shorter
    found = []
    for code in _around(int(x) // _CELL, int(y) // _CELL):
        left, bottom, right, top = _boxes()[code]
        if left - margin <= x <= right + margin and bottom - margin <= y <= top + margin:
            found.append(code)
    return found


@cache
def _outlines() -> Mapping[str, tuple[Ring, ...]]:
    """The rings of each area by its code; a hole is a ring like others."""
    numbers = _numbers(gzip.decompress((HERE / "outlines.bin.gz").read_bytes()))
    found = {}
    for code in numbers:
        x = y = 0
        rings = []
        for _ in range(next(numbers)):
            ring = array("i")
            for _ in range(next(numbers)):
                x, y = x + next(numbers), y + next(numbers)
                ring.extend((x, y))
            rings.append(ring)
        found[f"{code:08}"] = tuple(rings)
    return found


def _numbers(raw: bytes) -> Iterator[int]:
    value = shift = 0
    for byte in raw:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield value >> 1 if value & 1 == 0 else -((value + 1) >> 1)
            value = shift = 0


@cache
def _boxes() -> Mapping[str, tuple[int, int, int, int]]:
    """The box around each area: left, bottom, right, top."""
    return {
        code: (
            min(min(ring[::2]) for ring in rings), min(min(ring[1::2]) for ring in rings),
            max(max(ring[::2]) for ring in rings), max(max(ring[1::2]) for ring in rings),
        )
        for code, rings in _outlines().items()
    }  # fmt: skip


@cache
def _squares() -> Mapping[tuple[int, int], tuple[str, ...]]:
    """Which areas touch each square."""
    found: dict[tuple[int, int], list[str]] = defaultdict(list)
    for code, (left, bottom, right, top) in _boxes().items():
        for column in range(left // _CELL, right // _CELL + 1):
            for line in range(bottom // _CELL, top // _CELL + 1):
                found[column, line].append(code)
    return {square: tuple(codes) for square, codes in found.items()}


@cache
def _around(column: int, line: int) -> tuple[str, ...]:
    """The areas of a square and of those beside it: a neighbour over its edge may be the nearest."""
    squares = _squares()
    beside = ((column + dx, line + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1))
    return tuple(dict.fromkeys(code for square in beside for code in squares.get(square, ())))


def _has(rings: tuple[Ring, ...], x: float, y: float) -> bool:
    """Whether a line from the point to the east crosses the rings an odd number of times."""
    odd = False
    for ring in rings:
        x0, y0 = ring[-2], ring[-1]
        for at in range(0, len(ring), 2):
            x1, y1 = ring[at], ring[at + 1]
            if (y1 > y) != (y0 > y) and x < (x0 - x1) * (y - y1) / (y0 - y1) + x1:
                odd = not odd
            x0, y0 = x1, y1
    return odd


def _border_m(rings: tuple[Ring, ...], x: float, y: float, shrink: float) -> float:
    """Metres to the nearest of its borders."""
    best = inf
    for ring in rings:
        x0, y0 = (ring[-2] - x) * shrink, ring[-1] - y
        for at in range(0, len(ring), 2):
            x1, y1 = (ring[at] - x) * shrink, ring[at + 1] - y
            dx, dy = x1 - x0, y1 - y0
            length = dx * dx + dy * dy
            part = 0.0 if not length else min(1.0, max(0.0, -(x0 * dx + y0 * dy) / length))
            best = min(best, hypot(x0 + part * dx, y0 + part * dy))
            x0, y0 = x1, y1
    return best * _METRES
