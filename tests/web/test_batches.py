"""All drivers settled at once, on the page and over the API: looked at, ticked, approved by another person, and taken away."""

from __future__ import annotations

import asyncio
import html
import io
import re
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import insert, select, update

from desk.office import people
from models import AuditEntry, Driver, Entry
from tests.web.conftest import Answer, House, Visitor
from web.pages import money_batches

KEY = re.compile(r'name="key" value="([^"]+)"')
EVENING = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
PAGE = {"Accept": "text/html"}
NOVEMBER = {"from": "2026-11-01", "to": "2026-11-30"}
CLERK = "c" * 40
RULE = {"keep": 30_000, "unit": 1_000, "needed": 10_000}


@pytest.fixture
async def paid_in(house: House) -> House:
    """The first driver has 80,500, the second owes 4,000, the third has nothing; the first one's name is a formula."""
    house.desk.clock = lambda: EVENING
    boss = await house.signed_in("boss")
    one, two = house.site.drivers[:2]
    for path, body in (
        (f"/drivers/{one}/top-ups", {"amount": 80_500, "reference": "영수증 1"}),
        (f"/drivers/{two}/penalties", {"amount": 4_000, "reference": "민원 1", "evidence": "늦음"}),
    ):
        assert (await boss.api("POST", path, body)).status == 201
    async with house.desk.work() as work:
        await work.session.execute(update(Driver).where(Driver.id == one).values(name="=1+1"))
    return house


async def clerk_of(house: House) -> Visitor:
    """An accountant's browser."""
    async with house.desk.work() as work:
        await people.add_operator(work, house.site.office_id, "clerk", role="accountant", token=CLERK)
    return house.visitor(Authorization=f"Bearer {CLERK}", Origin=house.base)


async def proposed(who: Visitor) -> dict[str, Any]:
    answer = await who.api("POST", "/batches", {**NOVEMBER, **RULE})
    assert answer.status == 201, answer.body
    return dict(answer.body)


def ticked(batch: dict[str, Any]) -> list[int]:
    return [line["id"] for line in batch["lines"] if line["included"]]


async def page(who: Visitor, path: str, **fields: str) -> Answer:
    """The page, or what its form was answered."""
    shown = await who.ask("GET", f"{path}?lang=en&from=2026-11-01&to=2026-11-30", headers=PAGE)
    if not fields:
        return shown
    found = KEY.search(shown.raw.decode())
    assert found
    return await who.ask(
        "POST", f"{path}?lang=en&from=2026-11-01&to=2026-11-30", data={"key": found[1], **fields}, headers=PAGE
    )  # fmt: skip


async def booked(house: House) -> list[str]:
    async with house.desk.look() as session:
        kinds = await session.scalars(select(Entry.kind).where(Entry.kind.in_(("withdrawal", "bill"))))
        return sorted(kinds)


async def test_over_the_api_a_batch_is_proposed_ticked_and_approved_by_another_person(paid_in: House) -> None:
    house, boss, clerk = paid_in, await paid_in.signed_in("boss"), await clerk_of(paid_in)
    batch = await proposed(clerk)
    assert (batch["paid"], batch["payouts"], batch["billed"], batch["bills"]) == (50_000, 1, 24_000, 2)
    assert [line["kind"] for line in batch["lines"]] == ["pay", "bill", "bill"]
    again = await clerk.api("POST", "/batches", {**NOVEMBER, **RULE})
    assert (again.status, again.code, again.body["details"]["batch_id"]) == (409, "batch_open", batch["id"])
    path = f"/batches/{batch['id']}"
    own = await clerk.api("POST", f"{path}/approve", {"lines": ticked(batch)})
    assert (own.status, own.code) == (409, "same_person")
    fewer = await clerk.api("PUT", f"{path}/lines", {"lines": ticked(batch)[:2]})
    assert (fewer.status, fewer.body["bills"]) == (200, 1)
    other = await boss.api("POST", f"{path}/approve", {"lines": ticked(batch)})
    assert (other.status, other.code) == (409, "other_ticks")
    assert await booked(house) == []
    done = await boss.api("POST", f"{path}/approve", {"lines": ticked(dict(fewer.body))})
    assert (done.status, done.body["state"], done.body["paid"], done.body["billed"]) == (200, "posted", 50_000, 14_000)
    twice = await boss.api("POST", f"{path}/approve", {"lines": ticked(dict(fewer.body))})
    assert (twice.status, twice.code) == (409, "already_decided")
    assert await booked(house) == ["bill", "withdrawal"]
    assert (await boss.api("GET", path)).body == done.body
    listed = (await boss.api("GET", "/batches")).body["items"]
    assert listed == [{name: value for name, value in done.body.items() if name != "lines"}]


async def test_who_never_had_an_account_is_in_the_batch_only_where_it_is_ticked(paid_in: House) -> None:
    """Seen failing with the tick box of the form not read."""
    async with paid_in.desk.work() as work:
        await work.session.execute(update(Driver).where(Driver.id == paid_in.site.drivers[2]).values(state="off"))
    boss, clerk = await paid_in.signed_in("boss"), await clerk_of(paid_in)
    rule = {"keep": "30,000", "unit": "1,000", "needed": "10,000"}
    path = (await page(clerk, "/money/batches", **rule)).headers["Location"].split("?")[0]
    shown = (await page(boss, path)).raw.decode()
    assert "1 driver who never had anything on his account is not in it." in shown
    assert len(re.findall(r'name="line_\d+"', shown)) == 2
    assert (await page(boss, path, do="drop")).status == 303
    path = (await page(clerk, "/money/batches", **rule, without_account="on")).headers["Location"].split("?")[0]
    shown = (await page(boss, path)).raw.decode()
    assert "not in it" not in shown
    assert len(re.findall(r'name="line_\d+"', shown)) == 3


async def test_the_ticks_of_twelve_thousand_lines_are_read(paid_in: House) -> None:
    """Seen failing with the length that other forms and bodies may have: 64 KiB."""
    boss, clerk = await paid_in.signed_in("boss"), await clerk_of(paid_in)
    path = f"/batches/{(await proposed(clerk))['id']}"
    many = range(10**9, 10**9 + 12_000)
    refused = await boss.api("PUT", f"{path}/lines", {"lines": list(many)})
    assert (refused.status, refused.code) == (422, "invalid")
    answer = await page(boss, f"/money{path}", do="tick", **{f"line_{line}": "on" for line in many})
    assert (answer.status, "Only drivers with a pay-out or a bill" in answer.raw.decode()) == (422, True)


async def test_while_a_long_batch_is_written_everything_else_has_its_turn(
    paid_in: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen failing without the pauses: a page of 10,000 lines held up calls and consoles for as long as it took."""
    turns = []

    async def turn() -> str:
        turns.append(await asyncio.sleep(0))
        return ""

    monkeypatch.setattr(money_batches, "_breathe", turn)
    more = [{"number": str(10_000 + n), "name": "기사", "phone": f"+8210{30_000_000 + n}"} for n in range(250)]
    async with paid_in.desk.work() as work:
        rows = [{"office_id": paid_in.site.office_id, "state": "free", **one} for one in more]
        await work.session.execute(insert(Driver), rows)
    batch = await proposed(await clerk_of(paid_in))
    shown = await page(await paid_in.signed_in("boss"), f"/money/batches/{batch['id']}")
    assert (shown.status, shown.raw.count(b'data-kind="')) == (200, 253)
    assert len(turns) == 2


async def test_on_the_page_it_is_looked_at_before_anything_is_booked(paid_in: House) -> None:
    """Seen failing with ticks that are not saved taken for those that are."""
    house, boss, clerk = paid_in, await paid_in.signed_in("boss"), await clerk_of(paid_in)
    made = await page(clerk, "/money/batches", keep="30,000", unit="1,000", needed="10,000원")
    assert made.status == 303
    path = made.headers["Location"].split("?")[0]
    own = (await page(clerk, path)).raw.decode()
    assert "You chose what is in it" in own
    assert 'value="approve"' not in own
    shown = (await page(boss, path)).raw.decode()
    assert "Approve: pay out 50,000, bill 24,000" in shown
    lines = re.findall(r'name="(line_\d+)" value="on"[^>]* checked', shown)
    assert len(lines) == 3
    unsaved = await page(boss, path, do="approve", **dict.fromkeys(lines[:2], "on"))
    assert (unsaved.status, "not those that are saved" in unsaved.raw.decode()) == (409, True)
    assert await booked(house) == []
    done = await page(boss, path, do="approve", **dict.fromkeys(lines, "on"))
    assert done.status == 303
    assert await booked(house) == ["bill", "bill", "withdrawal"]
    posted = (await page(boss, path)).raw.decode()
    opened = re.search(r'href="(/money/drivers/[^"]+)">entry (\d+)<', posted)
    assert opened
    row = (await boss.ask("GET", html.unescape(opened[1]), headers=PAGE)).raw.decode()
    assert f"#{opened[2]}" in row  # the batch opens into its rows
    assert (await boss.api("POST", f"/entries/{opened[2]}/reverse", {"evidence": "잘못 보냄"})).status == 201
    lines = (await boss.api("GET", f"/batches/{path.rpartition('/')[2]}")).body["lines"]
    assert [line["undone"] for line in lines] == [True, False, False]
    listed = (await page(boss, "/money/batches")).raw.decode()
    assert 'value="30,000"' in listed  # the rule as the office used it last


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"keep": "a lot"}, "Write what stays in"),
        ({"unit": "0"}, "Write what pay-outs are rounded down to"),
        ({"needed": "40,000"}, "not more than what stays in"),
    ],
)
async def test_a_rule_that_is_none_is_refused_in_words(paid_in: House, fields: dict[str, str], words: str) -> None:
    boss = await paid_in.signed_in("boss")
    good = {"keep": "30,000", "unit": "1,000", "needed": "0"}
    refused = await page(boss, "/money/batches", **good | fields)
    assert (refused.status, words in refused.raw.decode()) == (422, True)


async def test_the_bank_s_table_has_the_lines_and_no_formula_and_is_on_record(paid_in: House) -> None:
    """Seen failing with a driver's name that a spreadsheet calculates."""
    boss, clerk = await paid_in.signed_in("boss"), await clerk_of(paid_in)
    batch = await proposed(clerk)
    path = f"/money/batches/{batch['id']}"
    csv = (await boss.ask("GET", f"{path}?lang=en&form=csv&of=pay", headers=PAGE)).raw.decode("utf-8-sig")
    assert "100,'=1+1,50000,80500,30500," in csv
    xlsx = await boss.ask("GET", f"{path}?lang=en&form=xlsx", headers=PAGE)
    book = CalamineWorkbook.from_filelike(io.BytesIO(xlsx.raw))
    assert book.sheet_names == ["Pay-outs", "Bills", "Left out"]
    rows = book.get_sheet_by_name("Pay-outs").to_python()
    assert ["100", "=1+1", 50_000, 80_500, 30_500, ""] in rows
    with zipfile.ZipFile(io.BytesIO(xlsx.raw)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
    bills = book.get_sheet_by_name("Bills").to_python()
    assert [row[2] for row in bills][-3:] == [14_000, 10_000, 24_000]
    async with paid_in.desk.look() as session:
        taken = (await session.scalars(select(AuditEntry.subject).where(AuditEntry.what == "export"))).all()
    assert [one for one in taken if one.startswith("batch-")] == [
        f"batch-{batch['id']}.csv",
        f"batch-{batch['id']}.xlsx",
    ]
