"""Two people have the same form open: the second to save is told, sees what stands there now, and loses nothing that he typed."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from desk.dispatching import modes
from models import CreditAccount, Driver
from tests.web.conftest import Answer, House, Visitor

HIDDEN = re.compile(r'name="(key|seen)" value="([^"]+)"')
RECORD = {"do": "change", "number": "700", "name": "김기사", "phone": "010-3333-4444", "phones": ""}
TERMS = {"do": "terms", "name": "한빛상사", "limit": "1,000,000", "business_number": "", "contact": ""}


def hidden(page: Answer, form: str) -> dict[str, str]:
    """The key and the mark of the form that has the words `form` in it."""
    (found,) = (part for part in page.raw.decode().split("<form")[1:] if form in part)
    return dict(HIDDEN.findall(found.partition("</form>")[0]))


async def saved(visitor: Visitor, path: str, carried: Mapping[str, str], fields: Mapping[str, str]) -> Answer:
    return await visitor.ask("POST", path, data={**carried, **fields})


async def test_a_drivers_record(house: House) -> None:
    boss = await house.signed_in("boss")
    made = await saved(boss, "/drivers", hidden(await boss.ask("GET", "/drivers"), 'value="change"'), RECORD)
    path = made.headers["Location"].partition("?")[0]
    mine = hidden(await boss.ask("GET", path), 'value="change"')
    theirs = hidden(await boss.ask("GET", path), 'value="change"')
    papers = {**RECORD, "insurance_until": "2028-03-31"}
    assert (await saved(boss, path, theirs, papers)).status == 303
    late = await saved(boss, path, mine, {**RECORD, "name": "김 기사", "insurance_until": "2027-01-31"})
    assert late.status == 409
    text = late.raw.decode()
    assert 'value="김 기사"' in text
    assert "2028-03-31" in re.sub(r'value="[^"]*"', "", text)
    async with house.desk.look() as session:
        stands = await session.get_one(Driver, int(path.rpartition("/")[2]))
        assert (stands.name, str(stands.insurance_until)) == ("김기사", "2028-03-31")
    again = hidden(late, 'value="change"')
    assert again["seen"] != mine["seen"]
    assert (await saved(boss, path, again, {**papers, "name": "김 기사"})).status == 303


async def test_the_terms_of_a_firm(house: House) -> None:
    boss = await house.signed_in("boss")
    opened = await boss.ask("GET", "/money/credit")
    made = await saved(
        boss, "/money/credit", hidden(opened, 'name="limit"'), {k: v for k, v in TERMS.items() if k != "do"}
    )
    path = made.headers["Location"].partition("?")[0]
    mine = hidden(await boss.ask("GET", path), 'value="terms"')
    theirs = hidden(await boss.ask("GET", path), 'value="terms"')
    assert (await saved(boss, path, theirs, {**TERMS, "limit": "50,000"})).status == 303
    late = await saved(boss, path, mine, {**TERMS, "contact": "박 대리"})
    assert late.status == 409
    assert "박 대리" in late.raw.decode()
    assert "50,000" in re.sub(r'value="[^"]*"', "", late.raw.decode())
    number = int(path.rpartition("/")[2])
    async with house.desk.look() as session:
        assert (await session.get_one(CreditAccount, number)).credit_limit == 50_000
    told = (await boss.api("GET", f"/credit-accounts/{number}")).body
    given = {"name": "한빛상사", "limit": 70_000}
    asked = f"/credit-accounts/{number}"
    assert (await boss.api("PUT", asked, {**given, "version": "0" * 16})).status == 409
    assert (await boss.api("PUT", asked, {**given, "version": told["version"]})).body["limit"] == 70_000
    assert (await boss.api("PUT", asked, {**given, "limit": 80_000})).body["limit"] == 80_000


async def test_the_hours_of_dispatch(house: House) -> None:
    boss = await house.signed_in("boss")
    row = {"line0": "", "from0": "18:00", "to0": "05:00", "mode0": "automatic", "day0.4": "yes"}
    mine = hidden(await boss.ask("GET", "/dispatch"), 'name="seen"')
    theirs = hidden(await boss.ask("GET", "/dispatch"), 'name="seen"')
    assert (await saved(boss, "/dispatch", theirs, row)).status == 303
    late = await saved(boss, "/dispatch", mine, {**row, "from0": "20:30", "mode0": "semi"})
    assert late.status == 409
    text = html.unescape(late.raw.decode())
    assert 'value="20:30"' in text
    assert "18:00–05:00" in text
    async with house.desk.look() as session:
        assert [each.mode for each in await modes.hours_of(session, house.site.office_id)] == ["automatic"]
    told = (await boss.api("GET", "/dispatch/modes")).body
    assert (await boss.api("POST", "/dispatch/modes", {"hours": [], "version": "0" * 16})).status == 409
    assert (await boss.api("POST", "/dispatch/modes", {"hours": [], "version": told["version"]})).body["hours"] == []
