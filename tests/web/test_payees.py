"""Drivers' bank accounts from outside: who sees them whole, who changes them, and what the bank's table of a batch takes."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from desk.office import people
from models import AuditEntry, Driver
from tests.web.conftest import Answer, House, Visitor
from tests.web.test_batches import PAGE, clerk_of, page, paid_in, proposed, ticked  # noqa: F401 -- a fixture
from tests.web.test_driver_records import fill_in

LIKE_A_PHONE = "010-1234-5678-90"
"""What the mask for telephone numbers would hide from an accountant."""
FIRST = {"bank": "국민", "bank_account": LIKE_A_PHONE, "bank_holder": "김기사"}


async def auditor_of(house: House) -> Visitor:
    async with house.desk.work() as work:
        await people.add_operator(work, house.site.office_id, "audit", role="auditor", token="a" * 40)
    return house.visitor(Authorization=f"Bearer {'a' * 40}", Origin=house.base)


async def given(who: Visitor, driver_id: int, **fields: str) -> Answer:
    return await fill_in(who, f"/drivers/{driver_id}/account?lang=en", **{**FIRST, **fields})


async def on_record(house: House, what: str) -> list[tuple[Any, ...]]:
    async with house.desk.look() as session:
        rows = select(AuditEntry.operator_id, AuditEntry.subject).where(AuditEntry.what == what).order_by(AuditEntry.id)
        return [tuple(row) for row in await session.execute(rows)]


async def test_who_pays_out_sees_it_whole_and_on_record_and_everybody_else_its_last_digits(house: House) -> None:
    """Seen failing with the mask for telephone numbers on the accountant's page, and without the note."""
    boss, clerk, operator = await house.signed_in("boss"), await clerk_of(house), await house.signed_in()
    driver_id = house.site.drivers[0]
    assert (await given(clerk, driver_id)).status == 303
    for who in (boss, clerk):
        for _ in range(2):
            shown = await who.ask("GET", f"/drivers/{driver_id}/account?lang=en", headers=PAGE)
            assert LIKE_A_PHONE in shown.raw.decode()
    assert len(await on_record(house, "payee.opened")) == 2
    assert len(await on_record(house, "payee.changed")) == 1
    for who in (boss, clerk, operator, await auditor_of(house)):
        shown = (await who.ask("GET", f"/drivers/{driver_id}?lang=en", headers=PAGE)).raw.decode()
        assert "KB Kookmin ****7890" in shown
        assert LIKE_A_PHONE not in shown
    for who in (operator, await house.driver(driver_id)):
        refused = {(await who.ask("GET", f"/drivers/{driver_id}/account")).status, (await given(who, driver_id)).status}
        assert refused <= {401, 403}
    own = (await (await house.driver(driver_id)).api("GET", "/driver/statement")).body
    assert own["paid_to"] == "국민은행 ****7890"
    assert (await (await house.driver(house.site.drivers[1])).api("GET", "/driver/statement")).body["paid_to"] is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"bank": "아무은행"}, "no bank that is known"),
        ({"bank_account": "12-34"}, "6 to 20 digits"),
        ({"bank_holder": ""}, "Type whose account it is"),
    ],
)
async def test_an_account_that_is_none_is_refused_in_words_and_what_was_typed_stays(
    house: House, fields: dict[str, str], words: str
) -> None:
    clerk = await clerk_of(house)
    refused = await given(clerk, house.site.drivers[0], **fields)
    assert (refused.status, words in refused.raw.decode()) == (422, True)
    assert all(f'value="{value}"' in refused.raw.decode() for value in (FIRST | fields).values())
    async with house.desk.look() as session:
        assert (await session.get_one(Driver, house.site.drivers[0])).bank_account is None


async def posted(house: House, clerk: Visitor, boss: Visitor) -> str:
    """The path of a batch that pays the first driver 50,000."""
    batch = await proposed(clerk)
    path = f"/batches/{batch['id']}"
    assert (await boss.api("POST", f"{path}/approve", {"lines": ticked(batch)})).status == 200
    return f"/money{path}"


async def bank_of(who: Visitor, path: str, **query: str) -> Answer:
    return await who.ask("GET", f"{path}/bank", params={"lang": "en", "form": "csv", **query}, headers=PAGE)


async def test_the_bank_s_table_has_account_holder_and_amount_once_the_batch_is_booked(paid_in: House) -> None:  # noqa: F811
    """Seen failing with the table made before the approval, and with what looks like a telephone number masked."""
    house, boss, clerk = paid_in, await paid_in.signed_in("boss"), await clerk_of(paid_in)
    await given(clerk, house.site.drivers[0], bank_holder="=1+1")
    batch = await proposed(clerk)
    path = f"/money/batches/{batch['id']}"
    early = await bank_of(clerk, path)
    assert (early.status, "Have it approved first" in early.raw.decode()) == (409, True)
    assert (await boss.api("POST", f"/batches/{batch['id']}/approve", {"lines": ticked(batch)})).status == 200
    table = await bank_of(clerk, path)
    assert table.raw.decode("utf-8-sig").splitlines() == [
        "Bank code,Bank,Account number,Account holder,Amount,Receiver reads",
        f"004,KB Kookmin,{LIKE_A_PHONE},'=1+1,50000,시험 사무실",
    ]
    assert ("bank-1.csv" in [subject for _, subject in await on_record(house, "export")]) is True
    refused = await bank_of(await auditor_of(house), path)
    assert refused.status == 403
    assert (await bank_of(boss, path, form="xlsx")).status == 200
    line = (await boss.api("GET", path.removeprefix("/money"))).body["lines"][0]
    assert (await boss.api("POST", f"/entries/{line['entry_id']}/reverse", {"evidence": "잘못"})).status == 201
    assert len((await bank_of(clerk, path)).raw.decode().splitlines()) == 1  # what was undone is not transferred


async def test_who_has_no_account_is_told_before_and_after_and_is_not_in_the_bank_s_table(paid_in: House) -> None:  # noqa: F811
    boss, clerk = await paid_in.signed_in("boss"), await clerk_of(paid_in)
    path = f"/money/batches/{(await proposed(clerk))['id']}"
    words = "1 pay-out has no bank account and is not in the bank&#39;s table"
    before = (await page(boss, path)).raw.decode()
    assert words in before
    assert ">no bank account<" in before
    lines = (await boss.api("GET", path.removeprefix("/money"))).body["lines"]
    assert [line["payee"] for line in lines] == ["missing", None, None]
    body = {"lines": [line["id"] for line in lines if line["included"]]}
    assert (await boss.api("POST", f"{path.removeprefix('/money')}/approve", body)).status == 200
    assert words in (await page(boss, path)).raw.decode()
    assert len((await bank_of(clerk, path)).raw.decode().splitlines()) == 1


async def test_an_account_that_was_changed_after_the_approval_is_not_transferred_to(paid_in: House) -> None:  # noqa: F811
    """Seen failing without the version that the approval keeps, with another account and with one that was none before."""
    house, boss, clerk = paid_in, await paid_in.signed_in("boss"), await clerk_of(paid_in)
    await given(clerk, house.site.drivers[0])
    path = await posted(house, clerk, boss)
    await given(clerk, house.site.drivers[0], bank_account="222-333-444444")
    refused = await bank_of(clerk, path)
    told = refused.raw.decode()
    assert (refused.status, "was changed after the approval, so the bank&#39;s table was not made" in told) == (
        409,
        True,
    )
    assert "bank account changed after the approval" in told
    assert "222-333-444444" not in told
    left = await bank_of(clerk, path, changed="left_out")
    assert (left.status, len(left.raw.decode().splitlines())) == (200, 1)
    await given(clerk, house.site.drivers[0])  # back to the first one: still not the one that was approved
    assert (await bank_of(clerk, path)).status == 409
    lines = (await boss.api("GET", path.removeprefix("/money"))).body["lines"]
    assert lines[0]["payee"] == "changed"


async def test_a_form_that_came_empty_removes_the_account(house: House) -> None:
    clerk, driver_id = await clerk_of(house), house.site.drivers[0]
    await given(clerk, driver_id)
    gone = await given(clerk, driver_id, bank="", bank_account="", bank_holder="")
    assert (gone.status, "payee_removed" in gone.headers["Location"]) == (303, True)
    shown = (await clerk.ask("GET", f"/drivers/{driver_id}?lang=en", headers=PAGE)).raw.decode()
    assert "no bank account yet" in shown
