"""Places while they are typed, and the place book that a site brings."""

from __future__ import annotations

import pytest

from desk.place import place_book, places
from desk.work import Desk
from models import Place
from tests.desk.conftest import AddCustomer, Clock
from tests.site import Site

BOOK = """name,district,aliases,lat,lon,accuracy_m,source
강남역,강남구,Gangnam Station; 2호선 강남,37.4979,127.0276,150,own survey
신촌역,서대문구,,37.5552,126.9369,100,own survey
신촌역,진주시,,,,,own survey
강남구청,강남구,,37.5173,127.0473,,own survey
스타벅스 강남점,강남구,별다방,,,,own survey
"""

pytestmark = pytest.mark.usefixtures("clock")


async def take(desk: Desk, site: Site, text: str) -> place_book.Taken:
    async with desk.work() as work:
        return await place_book.take(work, site.office_id, place_book.read(text.encode()))


async def suggested(desk: Desk, site: Site, q: str, **more: int) -> list[tuple[str, str | None, str]]:
    async with desk.look() as session:
        found = await places.suggest(session, more.pop("office_id", site.office_id), q, **more)
    return [(place.text, place.district, place.kind) for place in found if place.kind != "area"]


SUGGESTED = (
    ("강남", ["강남역", "강남구청", "스타벅스 강남점"]),
    ("강남역", ["강남역"]),
    ("남역", ["강남역"]),
    ("ㄱㄴㅇ", ["강남역"]),
    ("ㄱㄴㄱ", ["강남구청", "강남역", "스타벅스 강남점"]),
    ("강ㄴㅇ", ["강남역"]),
    ("강나", ["강남역", "강남구청", "스타벅스 강남점"]),
    ("gangnam st", ["강남역"]),
    ("별다방", ["스타벅스 강남점"]),
    ("강남구 별다방", ["스타벅스 강남점"]),
    ("신촌", ["신촌역", "신촌역"]),
    ("신천역", ["신촌역", "신촌역"]),
    ("강낭역", ["강남역"]),
    ("강역", []),
    ("스타벅수강남점", ["스타벅스 강남점"]),
    ("gangnma", ["강남역"]),
    ("뷁쀍뷁", []),
    ("%", []),
    ("", []),
    ("\x00_\ud800", []),
    ("강" * 10_000, []),
)


async def test_places_of_the_book_are_found_as_they_are_called(desk: Desk, site: Site) -> None:
    assert await take(desk, site, BOOK) == place_book.Taken(5, 0, 0)
    for q, names in SUGGESTED:
        assert (q, [name for name, _, _ in await suggested(desk, site, q)]) == (q, names)
    assert [district for _, district, _ in await suggested(desk, site, "신촌")] == ["서대문구", "진주시"]
    assert await suggested(desk, site, "강남", office_id=site.office_id + 1) == []
    async with desk.look() as session:
        [with_pin, without] = await places.suggest(session, site.office_id, "신촌역")
    assert (with_pin.lat, with_pin.lon, with_pin.accuracy_m, with_pin.source) == (37.5552, 126.9369, 100, "own survey")
    assert (without.lat, without.accuracy_m) == (None, None)


async def test_the_customer_s_own_places_come_first_and_nobody_else_s(
    desk: Desk, site: Site, add_customer: AddCustomer, clock: Clock
) -> None:
    mine, other = await add_customer("+821012345678"), await add_customer("+821099998888")
    for customer_id, text in ((mine, "강남역 12번 출구"), (mine, "우리집"), (other, "강남역 1번 출구")):
        clock.forward(minutes=1)
        async with desk.work() as work:
            work.session.add(Place(customer_id=customer_id, text=text, source="caller", last_used_at=work.now))
    await take(desk, site, BOOK)
    both = [("강남역 12번 출구", None, "saved"), ("강남역", "강남구", "book")]
    assert await suggested(desk, site, "강남역", customer_id=mine) == both
    assert [name for name, _, _ in await suggested(desk, site, "", customer_id=mine)] == ["우리집", "강남역 12번 출구"]
    assert await suggested(desk, site, "우리딥", customer_id=mine) == [("우리집", None, "saved")]
    assert await suggested(desk, site, "", customer_id=mine, office_id=site.office_id + 1) == []


async def test_a_file_that_is_taken_again_replaces_what_changed_and_nothing_else(desk: Desk, site: Site) -> None:
    await take(desk, site, BOOK)
    changed = BOOK.replace("별다방", "노란찻집").replace("37.5173", "37.5174") + "판교역,분당구,,,,,own survey\n"
    assert await take(desk, site, changed) == place_book.Taken(1, 2, 3)
    assert await suggested(desk, site, "별다방") == []
    assert [name for name, _, _ in await suggested(desk, site, "노란찻집")] == ["스타벅스 강남점"]


def test_every_wrong_line_is_told_and_nothing_is_taken() -> None:
    rows = (
        "name,district,aliases,lat,lon,accuracy_m,source",
        "강남역,강남구,,37.4979,127.0276,150,own",
        ",강남구,,37.4979,127.0276,150,own",
        "...,강남구,,,,,own",
        "가,나,,37.4979,,150,own",
        "다,라,,91,127,150,own",
        "마,바,,nan,127,150,own",
        "사,아,,x,127,150,own",
        "자,차,,,,150,own",
        "카,타,,37,127,-1,own",
        "파,하,,37,127,1,",
        "강남역,강남구,,,,,own",
        "짧다,,own",
        "",
        '"두 줄에\n걸친 이름",,,37,127,inf,own',
    )
    with pytest.raises(place_book.BadFile) as refused:
        place_book.read("\n".join(rows).encode())
    assert [each.line for each in refused.value.found] == [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16]
    assert "line 12: this name and district stand on line 2 already" in str(refused.value)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "missing: name, source"),
        (b"name,where\n", "'where' is not known"),
        (b"name,name,source\n", "stands twice"),
        (b"name,source\n\xff\xff\xff,own\n", "line 2: this is neither UTF-8 nor CP949"),
        (b'name,source\n"open,own\n', "this is not CSV"),
        (b"name,source\na\x00b" + b"x" * 300 + b",own\n", "longer than 200"),
    ],
)
def test_a_file_that_is_no_place_book_is_refused_in_words(raw: bytes, why: str) -> None:
    with pytest.raises(place_book.BadFile, match=why):
        place_book.read(raw)


def test_a_file_as_a_korean_spreadsheet_saves_it_is_read() -> None:
    assert [line.name for line in place_book.read("name,source\r\n강남역,자체\r\n".encode("cp949"))] == ["강남역"]
    assert [line.name for line in place_book.read("\ufeffname,source\n강남역,자체\n".encode())] == ["강남역"]


async def test_areas_come_after_the_places_that_somebody_knows_and_say_how_wide_they_are(
    desk: Desk, site: Site
) -> None:
    await take(desk, site, BOOK)
    async with desk.look() as session:
        known = await places.suggest(session, site.office_id, "강남")
        crowded = await places.suggest(session, site.office_id, "강남", limit=4)
        namesakes = await places.suggest(session, site.office_id, "신사동")
    kinds = [place.kind for place in known]
    assert kinds == sorted(kinds, key=["book", "area"].index)
    assert [place.kind for place in crowded] == ["book", "book", "area", "area"]
    area = next(place for place in known if place.kind == "area")
    assert (area.text, area.district, area.source, area.accuracy_m) == ("강남구", "서울", "gazetteer", 5_360)
    assert {place.district for place in namesakes if place.text == "신사동"} == {"서울 강남구", "서울 은평구"}
    await take(desk, site, BOOK + "신사역,강남구,,,,,own survey\n")
    async with desk.look() as session:
        exact = await places.suggest(session, site.office_id, "신사동")
    assert {place.kind for place in exact} == {"area"}, "what is named exactly is not taken for a slip of the finger"


async def test_of_areas_of_one_name_that_near_the_customer_s_last_place_comes_first(
    desk: Desk, site: Site, add_customer: AddCustomer
) -> None:
    for number, pin, first in (
        ("+821012340001", (37.60, 126.91), "서울 은평구"),
        ("+821012340002", (37.52, 127.02), "서울 강남구"),
    ):
        customer = await add_customer(number)
        async with desk.work() as work:
            work.session.add(
                Place(customer_id=customer, text="집", lat=pin[0], lon=pin[1], source="operator", last_used_at=work.now)
            )
        async with desk.look() as session:
            found = await places.suggest(session, site.office_id, "신사동", customer_id=customer)
        assert found[0].district == first
