"""The bundled gazetteer: whole, found as people name it, and honest about how sure a point or a name is."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.place.gazetteer import areas, finding, outlines
from desk.place.gazetteer.areas import DISTRICT, PROVINCE, TOWN, VILLAGE
from desk.place.gazetteer.naming import WIDEST_M, names_at, names_of

MAP = Path(__file__).parents[3] / "web" / "static" / "map" / "sigungu.geojson"


def named(q: str, **more: object) -> list[str]:
    return [f"{area.full} {behind}".strip() for area, behind in finding.find(q, **more)]  # type: ignore[arg-type]


def test_every_area_lies_in_one_that_is_larger_and_has_a_point_in_korea_and_a_radius() -> None:
    counts = dict.fromkeys((PROVINCE, DISTRICT, TOWN, VILLAGE), 0)
    for code, area in areas.areas().items():
        counts[area.level] += 1
        assert code == area.code
        assert re.fullmatch(r"[가-힣0-9]+( [가-힣]+)?", area.name), area
        assert all(re.fullmatch("[가-힣0-9]+", word) for word in area.words)
        assert [each.level for each in area.above] == list(range(area.level - 1, 0, -1)), area
        assert 33 < area.lat < 39
        assert 124 < area.lon < 132
        assert 50 <= area.radius_m < 200_000
    assert counts == {PROVINCE: 17, DISTRICT: 249, TOWN: 5_025, VILLAGE: 15_181}


FOUND = (
    ("서초동", "서울 서초구 서초동"),
    ("서초구 서초동", "서울 서초구 서초동"),
    ("서울 서초구 서초동", "서울 서초구 서초동"),
    ("서초구서초동", "서울 서초구 서초동"),
    ("서울특별시서초구서초동", "서울 서초구 서초동"),
    ("서초동 1328-3", "서울 서초구 서초동 1328-3"),
    ("서초동1328-3", "서울 서초구 서초동 1328-3"),
    ("서초동 산 12", "서울 서초구 서초동 산 12"),
    ("서초도", "서울 서초구 서초동"),
    ("서ㅊ도", "서울 서초구 서초동"),
    ("분당 정자동 178", "경기 성남시 분당구 정자동 178"),
    ("성남시 분당구", "경기 성남시 분당구"),
    ("은평 신사동", "서울 은평구 신사동"),
    ("강남", "서울 강남구"),
    ("제주시 애월", "제주 제주시 애월읍"),
    ("북문로1가", "충북 청주시 북문로1가"),
    ("미추홀", "인천 미추홀구"),
    ("전라북도 전주시", "전북 전주시 덕진구"),
    ("여주군", "경기 여주시"),
    ("군위", "대구 군위군"),
    ("경기도 광주시", "경기 광주시"),
)


@pytest.mark.parametrize(("typed", "first"), FOUND)
def test_an_area_is_found_as_people_name_it(typed: str, first: str) -> None:
    assert first in named(typed)[:2]


def test_areas_of_one_name_are_all_told_with_where_they_lie_and_the_nearest_first() -> None:
    assert set(named("신사동")) == {"서울 강남구 신사동", "서울 은평구 신사동"}
    assert named("신사동", near=(37.52, 127.02))[0] == "서울 강남구 신사동"
    assert named("신사동", near=(37.60, 126.91))[0] == "서울 은평구 신사동"
    many = named("교동", limit=50)
    assert len({name for name in many[:17] if name.endswith(" 교동")}) == 17


def test_first_consonants_find_and_one_wrong_letter_is_forgiven_only_where_it_may_be() -> None:
    assert "서울 서초구 서초동" in named("ㅅㅊㄷ", limit=50)
    assert "서울 강남구 역삼동" in named("역산동")
    assert "서울 강남구 역삼동" not in named("역산동", mistyped=False)
    assert named("ㄱ") == named("강") == named("1328-3") == named("뷁뷁뷁") == named("별다방") == []


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=80) | st.text(alphabet="서초구동읍면리시도가ㄱㄴㅅ 산0-9\x00\u202e%_\\'", max_size=80))
def test_whatever_is_typed_is_answered(typed: str) -> None:
    found = finding.find(typed, 5)
    assert len(found) <= 5
    assert all(len(behind) <= finding.LONGEST for _, behind in found)
    assert not any(sign in behind for _, behind in found for sign in "\x00\u202e\n")


def test_a_point_is_told_its_area_and_its_neighbour_where_a_border_is_near() -> None:
    inside = outlines.where(33.4996, 126.5312)
    assert inside is not None
    assert (inside.area.full, inside.sure, inside.or_else) == ("제주 제주시 이도이동", True, None)
    corner = outlines.where(37.4979, 127.0276)  # a crossing where two districts meet
    assert corner is not None
    assert corner.or_else is not None
    assert {corner.area.full, corner.or_else.full} == {"서울 서초구 서초동", "서울 강남구 역삼동"}
    assert not corner.sure


def test_a_pin_has_the_names_that_people_call_its_area_by_the_smallest_first() -> None:
    names = names_at(37.5006, 127.0364, 0)
    assert {"역삼동", "서울 역삼동", "강남구 역삼동", "강남구", "강남", "서울 강남구", "서울특별시"} <= set(names)
    assert names["역삼동"] > names["강남"] == names["서울 강남구"] > names["서울"]
    parts = names_at(37.3825, 127.1189, 30)
    assert parts["분당"] == parts["성남시 분당구"] > parts["성남시"] == parts["경기 성남"] > parts["경기"]


def test_a_name_that_several_areas_have_is_told_only_with_what_it_lies_in() -> None:
    daegu = names_at(35.8690, 128.5941, 0)
    assert "대구 중구" in daegu
    assert "중구" not in daegu
    every = [names_of(area) for area in areas.areas().values() if area.level == DISTRICT]
    told = Counter(name for names in every for name, small in names.items() if small == 2 * DISTRICT)
    assert [name for name, count in told.items() if count > 1] == []


def test_a_pin_has_no_name_that_its_surroundings_have_not() -> None:
    assert set(names_at(37.4979, 127.0276, 0)) == {"서울특별시", "서울"}  # a crossing where two districts meet
    assert set(names_at(37.5006, 127.0364, 3_000)) == {"서울특별시", "서울"}
    assert "강남구" in names_at(37.5006, 127.0364, 200)
    assert names_at(37.5006, 127.0364, WIDEST_M + 1) == {}
    assert names_at(35.68, 139.77, 0) == {}


@pytest.mark.parametrize(
    "point", [(0.0, 0.0), (35.0, 129.9), (35.68, 139.77), (39.02, 125.75), (float("nan"), 127.0), (float("inf"), 1e308)]
)
def test_abroad_and_at_sea_nothing_is_claimed(point: tuple[float, float]) -> None:
    assert outlines.where(*point) is None


def test_most_areas_have_their_own_point_inside_their_outline() -> None:
    towns = [area for area in areas.areas().values() if area.level == TOWN][::40]
    own = sum((found := outlines.where(area.lat, area.lon)) is not None and found.area is area for area in towns)
    assert own >= len(towns) * 0.98


def test_the_map_has_every_district_once_in_whole_rings_and_names_its_source() -> None:
    drawn = json.loads(MAP.read_text(encoding="utf-8"))
    districts = {area.code: area for area in areas.areas().values() if area.level == DISTRICT}
    assert "국토지리정보원" in drawn["attribution"]
    assert (areas.HERE / "ATTRIBUTION.txt").read_text(encoding="utf-8") == (MAP.parent / "ATTRIBUTION.txt").read_text(
        encoding="utf-8"
    )
    assert {each["properties"]["code"] for each in drawn["features"]} == set(districts)
    assert len(drawn["features"]) == len(districts)
    borders: dict[frozenset[tuple[float, ...]], set[str]] = {}
    for each in drawn["features"]:
        assert each["properties"]["name"] == districts[each["properties"]["code"]].name
        for ring in (ring for polygon in each["geometry"]["coordinates"] for ring in polygon):
            assert ring[0] == ring[-1]
            assert len(ring) >= 4
            for one, two in pairwise(ring):
                borders.setdefault(frozenset((tuple(one), tuple(two))), set()).add(each["properties"]["code"])
    shared = sum(len(sides) == 2 for sides in borders.values())
    # Neighbours have the very same border (the coast has no neighbour); where three meet, rounding may make one of two stretches.
    assert shared > 10_000
    assert sum(len(sides) > 2 for sides in borders.values()) < 5
