"""The account that a driver is paid to: changed on record, with a version that is counted up, and by one at a time."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from desk.driver import payees
from desk.driver.payees import Payee
from desk.errors import Invalid, NotFound
from desk.keeping import as_seen
from desk.keeping.as_seen import Outdated
from desk.work import Desk
from models import AuditEntry, Driver
from tests.site import Site, make_site

FIRST = Payee("국민", "110-123-456789", "김기사")


async def changed(desk: Desk, site: Site, given: Payee, seen: str | None = None) -> Payee:
    async with desk.work() as work:
        return await payees.change(work, site.operator_id, site.drivers[0], given, seen)


async def version(desk: Desk, site: Site) -> int:
    async with desk.look() as session:
        return (await session.get_one(Driver, site.drivers[0])).payee_version


async def test_every_change_is_on_record_without_the_whole_number_and_counts_up(desk: Desk) -> None:
    """Seen failing with the version left as it was, and with the numbers in the record."""
    site = await make_site(desk)
    assert await changed(desk, site, FIRST) == Payee("004", "110-123-456789", "김기사")
    assert await version(desk, site) == 1
    await changed(desk, site, Payee("004 국민은행", "110-123-456789", " 김기사 "))
    assert await version(desk, site) == 1  # the same account
    await changed(desk, site, Payee("088", "110-123-456789", "김기사"))
    assert not await changed(desk, site, Payee())
    assert await version(desk, site) == 3
    async with desk.look() as session:
        rows = await session.scalars(
            select(AuditEntry).where(AuditEntry.what == "payee.changed").order_by(AuditEntry.id)
        )
        assert [(row.operator_id, row.detail) for row in rows] == [
            (site.operator_id, {"before": None, "after": ["004", "****6789"], "holder": "changed"}),
            (site.operator_id, {"before": ["004", "****6789"], "after": ["088", "****6789"], "holder": "same"}),
            (site.operator_id, {"before": ["088", "****6789"], "after": None, "holder": "changed"}),
        ]
        driver = await session.get_one(Driver, site.drivers[0])
        assert (driver.bank, driver.bank_account, driver.bank_holder) == (None, None, None)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (Payee("아무은행", "110-123-456789", "김"), "bank"),
        (Payee("", "110-123-456789", "김"), "bank"),
        (Payee("004", "12345", "김"), "bank_account"),
        (Payee("004", "", ""), "bank_account"),
        (Payee("004", "110-123-456789", " "), "bank_holder"),
    ],
)
async def test_what_cannot_be_transferred_to_is_refused_with_its_field(desk: Desk, given: Payee, field: str) -> None:
    site = await make_site(desk)
    with pytest.raises(Invalid) as refused:
        await changed(desk, site, given)
    assert refused.value.details["field"] == field
    assert await version(desk, site) == 0


async def test_who_changes_what_another_has_changed_meanwhile_is_refused(desk: Desk) -> None:
    site = await make_site(desk)
    seen = as_seen.mark(Payee())
    await changed(desk, site, FIRST, seen)
    with pytest.raises(Outdated):
        await changed(desk, site, Payee("088", "222-333-444444", "남"), seen)


async def test_another_office_s_driver_has_no_account_here(desk: Desk) -> None:
    site = await make_site(desk)
    other = await make_site(desk, drivers=1, did="15880002")
    async with desk.work() as work:
        with pytest.raises(NotFound):
            await payees.change(work, other.operator_id, site.drivers[0], FIRST)
