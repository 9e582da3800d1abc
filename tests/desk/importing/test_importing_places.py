"""The office's place book from a file, on the import pages: looked through, taken in, found, and taken back exactly."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from desk.importing import told as told_of
from desk.place import places
from desk.work import Desk
from models import BookPlace, BookPlaceWords
from tests.desk.importing.test_importing import staged, taken_in, undone
from tests.site import Site

pytestmark = pytest.mark.usefixtures("clock")

FILE = """장소 이름,시·군·구,다른 이름,위도,경도,정확도(m),출처
강남역,강남구,Gangnam Station; 2호선 강남,37.4979,127.0276,150,직접 조사
강남역,강남구,,,,,
신촌역,서대문구,,37.5552,,,
,마포구,,,,,
홍대입구역,마포구,홍대,북위,126.9,,
시청역,중구,,37.5657,126.9769,-3,
없는곳,,,,,50,
판교역,분당구,,,,,
"""


async def book(desk: Desk) -> list[dict[str, Any]]:
    """The office's places with their words."""
    async with desk.look() as session:
        query = select(BookPlace, BookPlaceWords.words).join(BookPlaceWords, BookPlaceWords.id == BookPlace.id)
        return [
            {name: getattr(place, name) for name in ("id", "name", "district", "aliases", "lat", "lon", "source")}
            | {"words": words}
            for place, words in (await session.execute(query.order_by(BookPlace.id))).all()
        ]


async def test_every_wrong_line_is_named_and_nothing_is_written_before_it_is_started(desk: Desk, site: Site) -> None:
    """Seen failing with half a pin taken."""
    import_id = await staged(desk, site, FILE, "places")
    async with desk.look() as session:
        wrong = {row.line: row.findings[0]["code"] for row in await told_of.refused(session, import_id, 50)}
        one = (await told_of.one_of(session, site.office_id, import_id)).one
    assert wrong == {
        3: "place_twice", 4: "pin_half", 5: "place_name_missing", 6: "degrees_bad", 7: "accuracy_bad",
        8: "accuracy_alone",
    }  # fmt: skip
    assert (one.created, one.refused) == (2, 6)
    assert await book(desk) == []


async def test_places_are_found_once_taken_in_and_gone_once_taken_back(desk: Desk, site: Site) -> None:
    """Seen failing with the words of the later file left behind."""
    first = await taken_in(desk, site, FILE, "places")
    before = await book(desk)
    assert [one["name"] for one in before] == ["강남역", "판교역"]
    async with desk.look() as session:
        found = await places.suggest(session, site.office_id, "gangnam")
    assert [one.text for one in found][:1] == ["강남역"]
    later = (
        "이름,구,별칭,위도,경도,출처\n판교역,분당구,신분당 판교,37.3948,127.1112,지도\n강남역,강남구,강남,1,1,딴 곳\n"
    )
    second = await taken_in(desk, site, later, "places")
    after = {one["name"]: one for one in await book(desk)}
    assert (after["판교역"]["lat"], after["판교역"]["aliases"]) == (37.3948, "신분당 판교")
    assert (after["강남역"]["lat"], after["강남역"]["source"]) == (37.4979, "직접 조사")  # only what is empty is filled
    assert set((await undone(desk, site, second)).values()) == {"undone"}
    assert await book(desk) == before
    await undone(desk, site, first)
    assert await book(desk) == []
