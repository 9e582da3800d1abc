"""The pages of the office's own tariff: a file is looked through, and nothing counts before it was taken."""

from __future__ import annotations

import re

import aiohttp
from sqlalchemy import select

from models import TariffTable, ZoneFare
from tests.web.conftest import Answer, House, Visitor

KEY = re.compile(r'name="key" value="([^"]+)"')
GOOD = "from,to,fare,both\n강남구,분당구,25000,yes\n"


async def key_on(who: Visitor, path: str) -> str:
    found = KEY.search((await who.ask("GET", path, headers={"Accept": "text/html"})).raw.decode())
    assert found
    return found[1]


async def upload(who: Visitor, text: str, name: str = "요금.csv") -> Answer:
    form = aiohttp.FormData()
    form.add_field("key", await key_on(who, "/money/tariff"))
    form.add_field("kind", "zones")
    form.add_field("file", text.encode(), filename=name)
    return await who.ask("POST", "/money/tariff?lang=en", data=form, headers={"Accept": "text/html"})


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
