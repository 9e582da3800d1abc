"""The page of fee rules: what would change is shown first, and nothing is done before it was asked for."""

from __future__ import annotations

import re

from sqlalchemy import func, select

from models import FeeRuleRow
from tests.web.conftest import Answer, House, Visitor

KEY = re.compile(r'name="key" value="([^"]+)"')
FORM = {"class": "grade:A", "percent": "17.5", "fixed": "300", "unit": "10", "least": "", "most": "9,000"}


async def sent(who: Visitor, **fields: str) -> Answer:
    page = await who.ask("GET", "/money/fees?lang=en", headers={"Accept": "text/html"})
    found = KEY.search(page.raw.decode())
    assert found
    return await who.ask(
        "POST", "/money/fees?lang=en", data={"key": found[1], **fields}, headers={"Accept": "text/html"}
    )


async def rules(house: House) -> int:
    async with house.desk.look() as session:
        return int(await session.scalar(select(func.count()).select_from(FeeRuleRow)) or 0)


async def test_a_rule_is_looked_at_made_and_told(house: House) -> None:
    """Seen failing with the look writing the rule already."""
    boss = await house.signed_in("boss")
    look = await sent(boss, **FORM, do="look")
    assert look.status == 200
    text = look.raw.decode()
    assert ">3,800<" in text  # of 20,000, where it is 4,000 now
    assert ">−200<" in text
    assert await rules(house) == 0
    assert (await sent(boss, **FORM, do="set")).status == 303
    assert await rules(house) == 1
    page = (await boss.ask("GET", "/money/fees?lang=en", headers={"Accept": "text/html"})).raw.decode()
    assert "17.5% of the fare + KRW 300, down to whole KRW 10, at most KRW 9,000" in page


async def test_what_a_driver_gets_when_nobody_comes_is_set_and_told(house: House) -> None:
    boss = await house.signed_in("boss")
    assert (await sent(boss, do="dead_run", amount="7,000", holds_from="")).status == 303
    page = (await boss.ask("GET", "/money/fees?lang=en", headers={"Accept": "text/html"})).raw.decode()
    assert "<b>7,000</b>" in page
    refused = await sent(boss, do="dead_run", amount="a lot", holds_from="")
    assert (refused.status, "Write what the driver gets" in refused.raw.decode()) == (422, True)
    late = await sent(boss, do="dead_run", amount="9,000", holds_from="2020-01-01T00:00")
    assert (late.status, "That moment is past" in late.raw.decode()) == (422, True)
    assert await rules(house) == 0


WRONG = (
    ({"percent": "101"}, "between 0 and 100"),
    ({"percent": "a lot"}, "between 0 and 100"),
    ({"unit": "0"}, "Write amounts as whole numbers"),
    ({"least": "10000"}, "the least not above the most"),
    ({"most": "-5"}, "Write the most as a whole number"),
    ({"class": "grade:Q"}, "Choose the grade"),
    ({"holds_from": "2020-01-01T00:00"}, "That moment is past"),
    ({"holds_from": "soon"}, "That moment is past"),
)


async def test_what_makes_no_sense_is_refused_in_words(house: House) -> None:
    boss = await house.signed_in("boss")
    for wrong, words in WRONG:
        for do in ("look", "set"):
            refused = await sent(boss, **{**FORM, **wrong}, do=do)
            assert refused.status == 422
            assert words in refused.raw.decode()
    assert await rules(house) == 0
