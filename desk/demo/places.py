"""Invented places of the demo in and around Seoul: real districts, with corners, exits and houses that are made up.

One text is always one pin. Degrees are WGS 84; a pin lies within about 700 m of its district's middle.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from desk.place.place_book import Line

# District, latitude, longitude, and how often (in shares) people go out there in the evening and live there.
DISTRICTS: tuple[tuple[str, float, float, int, int], ...] = (
    ("강남", 37.4979, 127.0276, 12, 3),
    ("역삼", 37.5006, 127.0364, 9, 3),
    ("선릉", 37.5045, 127.0490, 7, 2),
    ("삼성", 37.5088, 127.0631, 6, 2),
    ("신사", 37.5163, 127.0201, 6, 2),
    ("논현", 37.5111, 127.0214, 6, 3),
    ("압구정", 37.5271, 127.0285, 5, 3),
    ("교대", 37.4934, 127.0141, 5, 2),
    ("서초", 37.4919, 127.0079, 4, 4),
    ("양재", 37.4845, 127.0342, 4, 3),
    ("사당", 37.4765, 126.9816, 5, 5),
    ("잠실", 37.5133, 127.1001, 7, 7),
    ("문정", 37.4859, 127.1225, 3, 5),
    ("건대입구", 37.5404, 127.0692, 7, 3),
    ("성수", 37.5446, 127.0559, 5, 3),
    ("왕십리", 37.5614, 127.0379, 3, 4),
    ("종로", 37.5704, 126.9831, 6, 1),
    ("을지로", 37.5660, 126.9910, 4, 1),
    ("이태원", 37.5345, 126.9946, 5, 2),
    ("홍대입구", 37.5572, 126.9245, 9, 3),
    ("합정", 37.5495, 126.9139, 4, 3),
    ("신촌", 37.5552, 126.9369, 5, 3),
    ("여의도", 37.5216, 126.9243, 7, 3),
    ("영등포", 37.5156, 126.9076, 5, 4),
    ("구로", 37.5031, 126.8820, 3, 5),
    ("신림", 37.4842, 126.9297, 5, 6),
    ("목동", 37.5262, 126.8643, 3, 7),
    ("마곡", 37.5602, 126.8250, 3, 5),
    ("노원", 37.6552, 127.0614, 4, 8),
    ("수유", 37.6380, 127.0257, 3, 5),
    ("미아", 37.6133, 127.0300, 2, 5),
    ("천호", 37.5386, 127.1236, 4, 6),
    ("판교", 37.3948, 127.1112, 4, 7),
    ("정자", 37.3663, 127.1081, 3, 7),
    ("서현", 37.3849, 127.1233, 3, 6),
    ("수원", 37.2660, 127.0001, 3, 8),
    ("안양", 37.4018, 126.9228, 2, 6),
    ("부천", 37.4841, 126.7826, 3, 7),
    ("부평", 37.4895, 126.7245, 3, 6),
    ("일산", 37.6583, 126.7700, 2, 9),
    ("구리", 37.6035, 127.1433, 1, 5),
    ("하남", 37.5393, 127.2148, 1, 6),
)
# Where the middle of the district is not the station of that name.
_NO_STATIONS = frozenset({"종로", "을지로", "미아", "일산", "하남"})
_STATION_ACCURACY_M = 300
_OUT = ("{0}역 {1}번 출구", "{0} 먹자골목 {1}번 집 앞", "{0} 사거리 공영주차장 {1}구역", "{0} {1}길 포차 앞")
_HOME = ("{0} {1}단지 {2}동 앞", "{0} {1}단지 지하주차장", "{0} {1}길 {2}", "{0} 현관 {1}호 라인")
ACCURACY_M = (15, 30, 60, 100)
_SPREAD_DEGREES = 0.006
_METRES_PER_DEGREE = 111_320


@dataclass(frozen=True, slots=True)
class Spot:
    """A place with its pin; `accuracy_m` is a radius."""

    text: str
    lat: float
    lon: float
    accuracy_m: int


def stations() -> list[Line]:
    """Real stations for the demo's place book; all else in this module is made up."""
    return [
        Line(f"{name}역", "", "", lat, lon, _STATION_ACCURACY_M, "demo")
        for name, lat, lon, _, _ in DISTRICTS
        if name not in _NO_STATIONS
    ]


class Places:
    """Draws places; the same text always has the same pin."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._known: dict[str, Spot] = {}
        self._out = [district[3] for district in DISTRICTS]
        self._home = [district[4] for district in DISTRICTS]

    def out(self) -> Spot:
        """Where people are in the evening."""
        return self._spot(_OUT, self._out)

    def home(self) -> Spot:
        """Where they live."""
        return self._spot(_HOME, self._home)

    def anywhere(self) -> tuple[float, float]:
        """Latitude and longitude of somebody on the way near where people go out."""
        _, lat, lon, _, _ = self._chance.choices(DISTRICTS, self._out)[0]
        return self._near(lat), self._near(lon)

    def _spot(self, forms: tuple[str, ...], shares: list[int]) -> Spot:
        chance = self._chance
        name, lat, lon, _, _ = chance.choices(DISTRICTS, shares)[0]
        text = chance.choice(forms).format(name, chance.randint(1, 12), chance.randint(101, 120))
        if text not in self._known:
            self._known[text] = Spot(text, self._near(lat), self._near(lon), chance.choice(ACCURACY_M))
        return self._known[text]

    def _near(self, degrees: float) -> float:
        return round(degrees + self._chance.uniform(-_SPREAD_DEGREES, _SPREAD_DEGREES), 6)


def beeline_m(a: Spot, b: Spot) -> int:
    """Metres between two places; on a city's scale the earth is flat."""
    north = (a.lat - b.lat) * _METRES_PER_DEGREE
    east = (a.lon - b.lon) * _METRES_PER_DEGREE * math.cos(math.radians((a.lat + b.lat) / 2))
    return round(math.hypot(north, east))
