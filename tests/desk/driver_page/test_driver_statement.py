"""A driver's month on his page: opening balance and entries add up to the closing one, and it is the office's own statement."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from desk.books import settlement, statements
from desk.clock import days
from desk.driver_page import driver_statement
from desk.errors import Invalid
from desk.views import Json
from desk.work import Desk
from tests.desk.conftest import Clock
from tests.site import Site, make_site

ENTRIES = (
    (datetime(2026, 9, 30, 14, 59, tzinfo=UTC), 10_000),  # a minute before October in Seoul
    (datetime(2026, 9, 30, 15, 0, tzinfo=UTC), 2_000),
    (datetime(2026, 11, 3, 3, 0, tzinfo=UTC), 300),
    (datetime(2026, 11, 9, 3, 0, tzinfo=UTC), 40),
)


@pytest.fixture
async def site(desk: Desk, clock: Clock) -> Site:
    made = await make_site(desk, drivers=2)
    for number, (at, amount) in enumerate(ENTRIES):
        clock.now = at
        async with desk.work() as work:
            await settlement.top_up(work, made.operator_id, made.drivers[0], amount, f"p{number}")
    clock.now = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
    return made


async def month(desk: Desk, site: Site, asked: str | None, driver: int = 0) -> Json:
    async with desk.look() as session:
        return await driver_statement.month(session, site.office_id, site.drivers[driver], asked, desk.clock())


async def test_each_month_goes_on_from_the_one_before_and_adds_up(desk: Desk, site: Site) -> None:
    """Seen failing with the month cut by UTC."""
    told = [await month(desk, site, asked) for asked in ("2026-09", "2026-10", None)]
    assert [(one["month"], one["opening"], one["closing"]) for one in told] == [
        ("2026-09", 0, 10_000),
        ("2026-10", 10_000, 12_000),
        ("2026-11", 12_000, 12_340),
    ]
    for one in told:
        assert one["opening"] + sum(row["amount"] for row in one["items"]) == one["closing"]
    assert [(row["amount"], row["balance"]) for row in told[2]["items"]] == [(40, 12_340), (300, 12_300)]
    assert [(one["earlier"], one["later"]) for one in told] == [
        (None, "2026-10"),
        ("2026-09", "2026-11"),
        ("2026-10", None),
    ]


async def test_it_is_the_office_s_statement_without_who_booked_it(desk: Desk, site: Site) -> None:
    async with desk.look() as session:
        his = await driver_statement.statement(session, site.office_id, site.drivers[0], "2026-11", desk.clock())
        whole = await statements.of_driver(
            session, site.office_id, site.drivers[0], days.month_of("Asia/Seoul", his.span.first)
        )
    assert (his.opening, his.closing, [row.entry_id for row in his.rows]) == (
        whole.opening,
        whole.closing,
        [row.entry_id for row in whole.rows],
    )
    assert {row.by for row in his.rows} == {None}
    assert {row.by for row in whole.rows} == {"김상담"}


async def test_who_has_no_account_yet_has_an_empty_month_and_no_other_one(desk: Desk, site: Site) -> None:
    told = await month(desk, site, None, driver=1)
    assert (told["items"], told["opening"], told["closing"], told["earlier"]) == ([], 0, 0, None)
    with pytest.raises(Invalid):
        await month(desk, site, "2026-13")
