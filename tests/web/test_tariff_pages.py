"""The pages of the office's own tariff: a file is looked through, and nothing counts before it was taken."""

from __future__ import annotations

import re

import aiohttp
import pytest
from sqlalchemy import select

from desk.importing.table import Cell, heading, table_of
from desk.ordering.tariff_tables import COLUMNS, KINDS, Kind, read
from locales.catalog import Catalog
from models import TariffTable, ZoneFare
from tests.web.conftest import Answer, House, Visitor

KEY = re.compile(r'name="key" value="([^"]+)"')
GOOD = "from,to,fare,both\n강남구,분당구,25000,yes\n"


async def key_on(who: Visitor, path: str) -> str:
    found = KEY.search((await who.ask("GET", path, headers={"Accept": "text/html"})).raw.decode())
    assert found
    return found[1]


async def upload(who: Visitor, text: str, name: str = "요금.csv", lang: str = "en") -> Answer:
    form = aiohttp.FormData()
    form.add_field("key", await key_on(who, "/money/tariff"))
    form.add_field("kind", "zones")
    form.add_field("file", text.encode(), filename=name)
    return await who.ask("POST", f"/money/tariff?lang={lang}", data=form, headers={"Accept": "text/html"})


async def test_a_file_is_looked_through_and_taken(house: House) -> None:
    """With wrong lines nothing is kept; before it is taken, nothing counts."""
    boss = await house.signed_in("boss")
    wrong = await upload(boss, GOOD + "강남구,일산,<b>dear</b>,\n강남구,분당구,1,\n")
    text = wrong.raw.decode()
    assert wrong.status == 422
    assert "Line 3, “fare”" in text
    assert "Line 4: the same stands in line 2 already" in text
    assert "<b>dear" not in text
    assert (await upload(boss, "")).status == 422
    made = await upload(boss, GOOD)
    assert made.status == 303
    path = made.headers["Location"].split("?")[0]
    page = (await boss.ask("GET", f"{path}?lang=en", headers={"Accept": "text/html"})).raw.decode()
    assert "2 new, 0 changed, 0 gone" in page
    async with house.desk.look() as session:
        assert (await session.scalars(select(TariffTable.holds_from))).all() == [None]
    for at, status in (("2020-01-01T00:00", 422), ("", 303)):
        fields = {"key": await key_on(boss, path), "do": "take", "holds_from": at}
        assert (await boss.ask("POST", path, data=fields, headers={"Accept": "text/html"})).status == status
    async with house.desk.look() as session:
        assert len((await session.scalars(select(ZoneFare.id))).all()) == 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_headings_that_a_page_names_are_understood_in_a_file(language: str, kind: Kind) -> None:
    """Seen failing with a word that the reader does not know."""
    m = Catalog.load(language).text
    good = {
        "zones": ["강남구", "분당구", "25000", "yes"],
        "distance": ["1"] * len(COLUMNS["distance"]),
        "hours": ["22:00", "04:00", "20", "0", "1"],
    }
    heads = [m(f"money.tariff.column_{kind}_{name}") for name in COLUMNS[kind]]
    cells = good.get(kind, ["2026-12-24", "성탄 전날", ""])
    table = table_of(([Cell(one) for one in row] for row in (heads, cells)), known=frozenset(map(heading, heads)))
    rows, troubles = read(kind, table)
    assert troubles == []
    assert set(rows[0]) >= set(COLUMNS[kind]) - {"both", "kind"}


async def test_a_wrong_line_is_told_in_the_words_of_the_reader(house: House) -> None:
    """Seen failing with English names of columns on a Korean page."""
    boss = await house.signed_in("boss")
    page = (await upload(boss, "출발,도착,요금\n강남구,일산,비싸다\n", lang="ko")).raw.decode()
    assert "2행 «요금»:" in page
    page = (await upload(boss, "출발,도착\n강남구,일산\n", lang="ko")).raw.decode()
    assert "필요한 열이 없습니다: 요금. 쓸 수 있는 열은 출발, 도착, 요금, 왕복입니다." in page
