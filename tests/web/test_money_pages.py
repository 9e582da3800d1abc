"""The money pages: what they show is what the desk counts, what is typed is done once, and what is refused is told in words."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from desk.books import cashier
from locales.catalog import Catalog
from models import AuditEntry
from tests.desk.conftest import Clock
from tests.desk.nights import FIRST, Nights
from tests.web.conftest import Answer, House, Visitor
from tests.web.test_offices import Other, other  # noqa: F401 -- a fixture

SPAN = "from=2026-10-30&to=2026-11-05"
KEY = re.compile(r'name="key" value="([^"]+)"')
LOCALES = ("ko", "en")


@pytest.fixture
async def boss(house: House) -> Visitor:
    """The owner, after some nights; it is the evening of 1 December in Seoul."""
    clock = Clock()
    house.desk.clock = clock
    clock.now = FIRST
    async with house.desk.work() as work:
        await cashier.take_in(work, house.site.operator_id, house.site.drivers[0], 30_000, "첫 이체")
    await Nights(house.desk, house.site, clock, 11).pass_by(25)
    clock.now = datetime(2026, 12, 1, 10, tzinfo=UTC)
    return await house.signed_in("boss")


async def open_page(who: Visitor, path: str) -> str:
    """The page's text."""
    answer = await who.ask("GET", path, headers={"Accept": "text/html"})
    assert answer.status == 200, answer.raw
    return answer.raw.decode()


async def send(who: Visitor, path: str, key: str | None = None, **fields: str) -> Answer:
    """The page's form, as the browser sends it."""
    if key is None:
        found = KEY.search(await open_page(who, re.sub("/(reversals|withdrawals/.*)$", "", path).split("?")[0]))
        assert found
        key = found[1]
    return await who.ask("POST", path, data={"key": key, **fields}, headers={"Accept": "text/html"})


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("page", ["", "/rows", "/drivers", "/drivers/1"])
async def test_every_page_is_there_in_both_languages(boss: Visitor, page: str, locale: str) -> None:
    text = await open_page(boss, f"/money{page}?{SPAN}&lang={locale}")
    assert f'<html lang="{locale}"' in text
    words = re.sub(r"<[^>]+>", " ", text)
    assert not re.findall(r"\b(?:head|title|kind|do|note|refused|close|asked)\.[a-z_]+", words)
    foreign = Catalog.load(next(tag for tag in LOCALES if tag != locale))
    assert foreign.text("money.do.show") not in words
    assert "style=" not in text
    for form in ("csv", "xlsx"):
        if page != "/rows" or form == "xlsx":
            assert f"form={form}" in text


def table(answer: Answer) -> list[list[str]]:
    """The lines of a CSV below its heads."""
    lines = list(csv.reader(io.StringIO(answer.raw.decode("utf-8-sig"), newline="")))
    return lines[lines.index([]) + 1 :]


async def test_what_is_taken_away_adds_up_and_is_the_same_twice(boss: Visitor, house: House) -> None:
    """Seen failing with the moment of the request in the workbook."""
    totals = (await boss.api("GET", f"/reports/company?{SPAN}&by=day")).body["total"]
    heads, *lines, foot = table(await boss.ask("GET", f"/money?{SPAN}&form=csv&lang=en"))
    assert heads[2:] == ["Done", "Cancelled", "Fares", "Fees", "Penalties", "Top-ups", "Pay-outs", "Dead runs"]
    assert [int(cell) for cell in foot[2:]] == list(totals.values())
    assert [sum(int(line[n]) for line in lines) for n in range(2, 10)] == list(totals.values())
    drivers = table(await boss.ask("GET", f"/money/drivers?{SPAN}&form=csv"))
    assert [int(cell) for cell in drivers[-1][3:11]] == list(totals.values())
    orders = table(await boss.ask("GET", f"/money/rows?{SPAN}&form=csv&of=orders"))
    assert (len(orders) - 2, int(orders[-1][-1])) == (totals["completed"] + totals["cancelled"], totals["fares"])
    entries = table(await boss.ask("GET", f"/money/rows?{SPAN}&form=csv&of=entries"))
    async with house.desk.look() as session:
        kept = await session.execute(
            select(AuditEntry.subject, AuditEntry.operator_id).where(AuditEntry.what == "export")
        )
    assert ("entries.csv", house.site.colleague_id) in [tuple(row) for row in kept]
    assert [int(cell) for cell in entries[-1][-5:]] == list(totals.values())[3:]
    for path in ("", "/rows", "/drivers", f"/drivers/{house.site.drivers[0]}"):
        for form in ("csv", "xlsx"):
            house.desk.clock = lambda: datetime(2026, 12, 1, 10, tzinfo=UTC)
            first = await boss.ask("GET", f"/money{path}?{SPAN}&form={form}")
            house.desk.clock = lambda: datetime(2026, 12, 1, 12, tzinfo=UTC)
            again = await boss.ask("GET", f"/money{path}?{SPAN}&form={form}")
            assert first.raw == again.raw, path
            assert first.headers["Content-Disposition"].startswith("attachment; filename=")


async def test_a_form_is_done_once_however_often_it_is_sent(boss: Visitor, house: House) -> None:
    """Seen failing without the key."""
    path = f"/money/drivers/{house.site.drivers[0]}"
    before = (await boss.api("GET", "/withdrawals")).body["items"]
    key = KEY.search(await open_page(boss, path))
    assert key
    assert (await send(boss, path, do="top_up", amount="５０,000원", reference="이체 1")).status == 303
    for _ in range(3):
        answer = await send(boss, path, key[1], do="withdrawal", amount="1,000", note="국민")
        assert (answer.status, answer.headers["Location"]) == (303, f"{path}?done=asked")
    assert len((await boss.api("GET", "/withdrawals")).body["items"]) == len(before) + 1
    changed = await send(boss, path, key[1], do="withdrawal", amount="2,000", note="국민")
    assert changed.status == 422
    assert Catalog.load("ko").text("money.refused.idempotency_key_reused") in changed.raw.decode()


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"do": "top_up", "amount": "-5", "reference": "1"}, 422, "invalid_amount"),
        ({"do": "top_up", "amount": "1.5", "reference": "1"}, 422, "invalid_amount"),
        ({"do": "top_up", "amount": "1e5", "reference": "1"}, 422, "invalid_amount"),
        ({"do": "top_up", "amount": "9" * 13, "reference": "1"}, 422, "invalid_amount"),
        ({"do": "top_up", "amount": "5000", "reference": " \u200b"}, 422, "invalid_reference"),
        ({"do": "penalty", "amount": "5000", "reference": "1", "evidence": ""}, 422, "invalid_evidence"),
        ({"do": "withdrawal", "amount": "999999999", "note": ""}, 409, "not_enough"),
        ({"do": "nothing", "amount": "1"}, 422, "anything"),
    ],
)
@pytest.mark.parametrize("locale", LOCALES)
async def test_a_refusal_is_a_sentence_and_what_was_typed_is_still_there(
    boss: Visitor, house: House, locale: str, fields: dict[str, str], status: int, sentence: str
) -> None:
    path = f"/money/drivers/{house.site.drivers[0]}"
    answer = await send(boss, f"{path}?lang={locale}", **fields)
    assert answer.status == status
    text = html.unescape(answer.raw.decode())
    assert Catalog.load(locale).text(f"money.refused.{sentence}") in text
    if fields["do"] != "nothing":
        assert f'value="{fields["amount"]}"' in text


async def test_a_month_is_closed_by_somebody_who_has_read_what_that_means(boss: Visitor, house: House) -> None:
    """Seen failing without the check of the box."""
    assert "2026년 10월 마감하기" in await open_page(boss, "/money")
    refused = await send(boss, "/money", month="2026-10")
    assert (refused.status, Catalog.load("ko").text("money.refused.invalid_read") in refused.raw.decode()) == (
        422,
        True,
    )
    early = await send(boss, "/money", month="2026-12", read="yes")
    assert (early.status, Catalog.load("ko").text("money.refused.period_out_of_turn") in early.raw.decode()) == (
        409,
        True,
    )
    assert (await send(boss, "/money", month="2026-10", read="yes")).headers["Location"] == "/money?done=closed"
    text = await open_page(boss, "/money")
    assert "2026년 11월 마감하기" in text
    assert "SHA-256" in text


async def test_a_pay_out_is_approved_on_the_page_and_an_entry_undone(boss: Visitor, house: House) -> None:
    driver = house.site.drivers[0]
    async with house.desk.work() as work:
        entry = await cashier.take_in(work, house.site.operator_id, driver, 70_000, "이체 9")
        asked = await cashier.ask(work, house.site.operator_id, driver, 5_000)
    answer = await send(boss, f"/money/withdrawals/{asked.id}", do="approve")
    assert (answer.status, answer.headers["Location"]) == (303, "/money?done=paid")
    answer = await send(boss, f"/money/drivers/{driver}/reversals", entry=str(entry.id), evidence="잘못 적음")
    assert (answer.status, answer.headers["Location"]) == (303, f"/money/drivers/{driver}?done=reversed")
    again = await send(boss, f"/money/drivers/{driver}/reversals", entry=str(entry.id), evidence="또")
    assert again.status == 409
    assert Catalog.load("ko").text("money.refused.already_reversed") in again.raw.decode()


@pytest.mark.parametrize(
    "query",
    ["from=2026-11-31&to=2026-12-01", "from=2026-11-02&to=2026-11-01", "from=x", "from=2020-01-01&to=2026-01-01"],
)
async def test_days_that_are_none_show_this_month_and_say_so(boss: Visitor, query: str) -> None:
    for page in ("", "/rows", "/drivers", "/drivers/1"):
        answer = await boss.ask("GET", f"/money{page}?{query}")
        if page == "" or "2020" not in query:
            assert answer.status == 422
            assert Catalog.load("ko").text("money.refused.span").split(".")[0] in answer.raw.decode()


async def test_names_are_text_and_never_markup(boss: Visitor, house: House) -> None:
    driver = house.site.drivers[0]
    evil = "<img src=x onerror=alert(1)>{{7*7}}=1+1"
    answer = await send(boss, f"/money/drivers/{driver}", do="penalty", amount="1000", reference="9", evidence=evil)
    assert answer.status == 303
    text = await open_page(boss, f"/money/drivers/{driver}")
    assert "<img" not in text
    assert "&lt;img src=x onerror=alert(1)&gt;{{7*7}}=1+1" in text


async def test_another_office_s_driver_has_no_page_here(boss: Visitor, other: Other) -> None:  # noqa: F811
    theirs = other.site.drivers[0]
    assert (await boss.ask("GET", f"/money/drivers/{theirs}")).status == 404
    page = await open_page(boss, "/money")
    key = KEY.search(page)
    for path, fields in (
        (f"/money/drivers/{theirs}", {"do": "top_up", "amount": "1", "reference": "1"}),
        (f"/money/drivers/{theirs}/reversals", {"entry": "1", "evidence": "x"}),
    ):
        assert (await send(boss, path, key[1] if key else "x", **fields)).status == 404
