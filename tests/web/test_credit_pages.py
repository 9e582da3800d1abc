"""Firms that ride on account, on their pages; the bill as page, Excel and PDF; and who is shown which button."""

from __future__ import annotations

import html
import io
import re
import zlib
from datetime import UTC, datetime

import pytest
from pypdf import PdfReader
from sqlalchemy import update

from desk.books import credit_accounts, periods
from desk.books.credit import Payment
from desk.books.credit_accounts import Terms
from desk.dispatching import dispatch
from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from locales.catalog import Catalog
from models import Operator
from tests.desk.conftest import Clock
from tests.web.conftest import House, Visitor
from tests.web.test_money_pages import KEY, open_page, send, table

SPAN = "from=2026-11-01&to=2026-11-30"
RIDER = "01012345678"


@pytest.fixture
async def boss(house: House) -> Visitor:
    """The owner, after a trip of 30,000 won on account and one by card in November, which is closed."""
    clock = Clock()
    house.desk.clock = clock
    who = house.site.colleague_id
    async with house.desk.work() as work:
        firm = await credit_accounts.add(work, who, Terms("한빛상사", 100_000, needs_cost_centre=True))
        await credit_accounts.add_rider(work, who, firm.id, RIDER)
        for payment in (Payment("account", firm.id, "영업 1팀"), Payment("card")):
            form = TakeOrder(PlaceText("시청역"), PlaceText("뷁마을"), number=RIDER, fare=30_000, payment=payment)
            order = await orders.take(work, who, form)
            await dispatch.assign(work, who, order.id, house.site.drivers[0])
            await orders.complete(work, who, order.id)
        await credit_accounts.take_payment(work, who, firm.id, 10_000, "이체 7")
    clock.now = datetime(2026, 12, 1, 10, tzinfo=UTC)
    async with house.desk.work() as work:
        await periods.close(work, who, house.site.office_id, 2026, 11)
    return await house.signed_in("boss")


async def test_an_account_is_opened_given_a_telephone_and_paid_on_its_pages(boss: Visitor, house: House) -> None:
    """Seen failing with the payment's form on the route of the terms."""
    answer = await send(boss, "/money/credit", name="새벽상사", limit="50,000원", business_number="123-45-67890")
    assert (answer.status, answer.headers["Location"]) == (303, "/money/credit/2?done=account_added")
    for fields, status in (
        ({"do": "add_rider", "number": "010-7777-8888"}, 303),
        ({"do": "add_rider", "number": "x"}, 422),
        ({"do": "remove_rider", "rider": "1"}, 404),
        ({"do": "terms", "name": "한빛상사", "limit": "1"}, 409),
        ({"do": "terms", "name": "새벽상사", "limit": "-1"}, 422),
    ):
        assert (await send(boss, "/money/credit/2", **fields)).status == status, fields
    key = KEY.search(await open_page(boss, "/money/credit/2"))
    assert key
    answer = await send(boss, "/money/credit/2/payments", key[1], amount="7,000", reference="선입금 1")
    assert (answer.status, answer.headers["Location"]) == (303, "/money/credit/2?done=payment")
    told = (await boss.api("GET", "/credit-accounts/2")).body
    assert (told["owed"], told["left"], told["numbers"][0]["number"]) == (-7_000, 57_000, "+821077778888")
    assert (await send(boss, "/money/credit/2", do="remove_rider", rider="2")).status == 303
    assert (await boss.api("GET", "/credit-accounts/2")).body["numbers"] == []


async def test_a_bill_is_the_same_as_page_file_and_answer(boss: Visitor, house: House) -> None:
    bill = (await boss.api("GET", f"/credit-accounts/1/invoice?{SPAN}")).body
    assert (bill["opening"], bill["charged"], bill["paid"], bill["closing"], bill["final"]) == (
        0, 30_000, 10_000, 20_000, True,
    )  # fmt: skip
    lines = table(await boss.ask("GET", f"/money/credit/1?{SPAN}&form=csv&lang=en"))
    assert [int(cell) for cell in lines[-1][-2:]] == [20_000, 20_000]
    assert [int(line[-2]) for line in lines[2:-1]] == [row["amount"] for row in bill["rows"]] == [30_000, -10_000]
    for locale, owed in (("ko", "미수금"), ("en", "Owed")):
        words = re.sub(r"<[^>]+>", " ", await open_page(boss, f"/money/credit/1?{SPAN}&lang={locale}"))
        assert owed in words
        assert "20,000" in words
        assert not re.findall(r"\b(?:head|title|kind|credit|note)\.[a-z_]+", words)
        assert "한빛상사" in await open_page(boss, f"/money/credit?lang={locale}")


async def test_a_pdf_of_closed_days_is_the_same_bytes_whoever_asks_and_whenever(boss: Visitor, house: House) -> None:
    """Seen failing with the name of who asks on the paper."""
    first = await boss.ask("GET", f"/money/credit/1?{SPAN}&form=pdf")
    assert (first.status, first.headers["Content-Type"], first.raw[:5]) == (200, "application/pdf", b"%PDF-")
    streams = re.findall(rb"stream\n(.*?)\nendstream", first.raw, re.S)
    assert any(b"Pretendard" in zlib.decompress(one) for one in streams if one[:1] == b"x")
    house.desk.clock = lambda: datetime(2026, 12, 9, 10, tzinfo=UTC)
    async with house.desk.work() as work:
        await work.session.execute(
            update(Operator).where(Operator.id == house.site.operator_id).values(role="accountant")
        )
    again = await (await house.signed_in("op")).ask("GET", f"/money/credit/1?{SPAN}&form=pdf&lang=ko")
    assert first.raw == again.raw


@pytest.mark.parametrize("locale", ["ko", "en"])
@pytest.mark.parametrize("page", ["/money", "/money/drivers", "/money/drivers/{driver}", "/money/credit/1"])
async def test_every_paper_is_drawn_in_both_languages(boss: Visitor, house: House, page: str, locale: str) -> None:
    """With the headings of its page, read out of the paper again. Seen failing with the paper always in the office's language."""
    path = f"{page.format(driver=house.site.drivers[0])}?{SPAN}&lang={locale}"
    drawn = await boss.ask("GET", f"{path}&form=pdf")
    assert (drawn.status, drawn.headers["Content-Type"], drawn.raw[:5]) == (200, "application/pdf", b"%PDF-")
    read = "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(drawn.raw)).pages).split())
    shown = (await boss.ask("GET", path)).raw.decode().partition("<main")[2].partition("</table>")[0]
    heads = [html.unescape(head) for head in re.findall(r'<th scope="col"[^>]*>([^<]+)</th>', shown)]
    assert heads
    assert [head for head in heads if "".join(head.split()) not in read] == []
    assert re.search("[36]0,000", read)


async def test_an_auditor_is_shown_no_button_that_would_refuse_him(boss: Visitor, house: House) -> None:
    """Seen failing with the forms of a driver's page shown to everybody."""
    async with house.desk.work() as work:
        await work.session.execute(update(Operator).where(Operator.id == house.site.operator_id).values(role="auditor"))
    auditor = await house.signed_in("op")
    for page in ("", "/rows", "/drivers", "/drivers/1", "/credit", "/credit/1", "/appeals"):
        path = f"/money{page}?{SPAN}"
        assert 'method="post"' not in await open_page(auditor, path), page
        if page in ("/drivers/1", "/credit", "/credit/1"):
            assert 'method="post"' in await open_page(boss, path), page


async def test_an_order_beyond_the_limit_takes_a_role_and_a_reason(boss: Visitor, house: House) -> None:
    body = {
        "number": RIDER, "origin": {"text": "시청역"}, "fare": 90_000, "payment": "account", "credit_id": 1,
        "cost_centre": "영업",
    }  # fmt: skip
    operator = await house.signed_in("op")
    choices = await operator.api("GET", f"/credit-accounts/choices?number={RIDER}")
    assert [(one["name"], one["left"]) for one in choices.body["items"]] == [("한빛상사", 80_000)]
    refused = await operator.api("POST", "/orders", body)
    assert (refused.status, refused.code, refused.body["details"]["left"]) == (409, "over_credit_limit", 80_000)
    assert (await operator.api("POST", "/orders/over-limit", {**body, "reason": "x"})).status == 403
    taken = await boss.api("POST", "/orders/over-limit", {**body, "reason": "사장님 확인"})
    assert (taken.status, taken.body["credit"], taken.body["payment"]) == (
        201,
        {"id": 1, "name": "한빛상사"},
        "account",
    )


def test_every_refusal_of_a_pdf_has_its_sentence() -> None:
    for locale in ("ko", "en"):
        for code in ("pdf_no_pango", "pdf_no_font", "pdf_busy", "pdf_too_long"):
            assert Catalog.load(locale).text(f"money.refused.{code}")
