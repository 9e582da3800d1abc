"""Which fee rule a trip goes by: its driver's group or grade, from a moment on, and never another than he was given it with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from desk.books import fee_rules
from desk.books.fee_rules import FeeForm
from desk.dispatching import dispatch
from desk.driver_page import driver_views
from desk.errors import Invalid, NotFound
from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from desk.rules.fees import FeeRule
from desk.work import Desk
from models import Assignment, AuditEntry, Driver, DriverGroup, Entry, EntryFee, FeeRuleRow
from tests.desk.conftest import Clock
from tests.site import Site, make_site

TENTH, QUARTER, HALF = FeeRule(1000), FeeRule(2500), FeeRule(5000)


@pytest.fixture
async def site(desk: Desk, clock: Clock) -> Site:
    """With two drivers: the first of grade A and in two groups."""
    site = await make_site(desk)
    async with desk.work() as work:
        driver = await work.session.get_one(Driver, site.drivers[0])
        driver.grade = "A"
        for name in ("야간조", "강남"):
            work.session.add(DriverGroup(driver_id=driver.id, name=name))
    return site


async def put(desk: Desk, site: Site, sort: str, name: str, rule: FeeRule | None, **more: Any) -> int:
    async with desk.work() as work:
        return (await fee_rules.put(work, site.operator_id, FeeForm(sort, name, rule, **more))).id


async def given(desk: Desk, site: Site, driver: int = 0) -> int:
    """An order that a driver has."""
    async with desk.work() as work:
        order = await orders.take(work, site.operator_id, TakeOrder(PlaceText("시청역"), fare=20_000))
        await dispatch.assign(work, site.operator_id, order.id, site.drivers[driver])
        return order.id


async def done(desk: Desk, site: Site, order_id: int) -> int:
    """The trip is over; its fee."""
    async with desk.work() as work:
        await orders.complete(work, site.operator_id, order_id)
    async with desk.look() as session:
        (entry,) = await driver_views.entries(session, site.office_id, (await _driver(session, order_id)), 1)
    return -int(entry["amount"])


async def _driver(session: Any, order_id: int) -> int:
    return int(await session.scalar(select(Assignment.driver_id).where(Assignment.order_id == order_id)))


async def fee(desk: Desk, site: Site, driver: int = 0) -> int:
    return await done(desk, site, await given(desk, site, driver))


async def test_the_group_goes_before_the_grade_and_the_grade_before_everybody(desk: Desk, site: Site) -> None:
    """Seen failing with the grade looked at first, and with the first of several groups."""
    assert await fee(desk, site) == 4_000
    await put(desk, site, "all", "", FeeRule(3000))
    await put(desk, site, "grade", "A", QUARTER)
    assert (await fee(desk, site), await fee(desk, site, 1)) == (5_000, 6_000)
    await put(desk, site, "group", "야간조", TENTH)
    assert await fee(desk, site) == 2_000
    await put(desk, site, "group", "강남", FeeRule(fixed=1_234))
    assert await fee(desk, site) == 1_234
    await put(desk, site, "group", "강남", None)
    await put(desk, site, "group", "야간조", None)
    assert (await fee(desk, site), await fee(desk, site, 1)) == (5_000, 6_000)


async def test_an_order_goes_by_the_rule_with_which_its_driver_got_it(desk: Desk, site: Site, clock: Clock) -> None:
    """Seen failing with the rule looked up when the trip is over."""
    order_id = await given(desk, site)
    await put(desk, site, "grade", "A", HALF)
    clock.forward(minutes=20)
    async with desk.look() as session:
        trip = await driver_views.current_order(session, site.drivers[0])
    assert trip is not None
    assert (trip["fee"], trip["fee_rule"]["sort"]) == (4_000, "trade")
    assert await done(desk, site, order_id) == 4_000
    assert await fee(desk, site) == 10_000


async def test_a_rule_holds_from_its_moment_on_and_what_is_to_come_can_be_taken_back(
    desk: Desk, site: Site, clock: Clock
) -> None:
    """Seen failing with rules that hold as soon as they are made."""
    at = clock.now + timedelta(days=1)
    await put(desk, site, "all", "", QUARTER)
    coming = await put(desk, site, "all", "", HALF, holds_from=at)
    clock.now = at - timedelta(microseconds=1)
    assert await fee(desk, site) == 5_000
    clock.now = at
    assert await fee(desk, site) == 10_000
    with pytest.raises(Invalid):
        async with desk.work() as work:
            await fee_rules.take_back(work, site.operator_id, coming)
    later = await put(desk, site, "all", "", TENTH, holds_from=at + timedelta(days=1))
    async with desk.work() as work:
        await fee_rules.take_back(work, site.operator_id, later)
    clock.now = at + timedelta(days=2)
    assert await fee(desk, site) == 10_000


async def test_why_a_fee_was_taken_is_kept_with_it(desk: Desk, site: Site, clock: Clock) -> None:
    """The rule of then, also after another one was made."""
    await put(desk, site, "grade", "A", FeeRule(1750, fixed=300, unit=100, least=1_000, most=9_000))
    assert await fee(desk, site) == 3_800
    clock.forward(days=1)
    await put(desk, site, "grade", "A", HALF)
    async with desk.look() as session:
        (row,) = await driver_views.entries(session, site.office_id, site.drivers[0], 5)
        me = await driver_views.me(session, site.drivers[0], clock.now)
    assert row["fee"] == {
        "sort": "grade", "class_name": "A", "basis_points": 1750, "fixed": 300, "unit": 100, "least": 1_000,
        "most": 9_000, "fare": 20_000,
    }  # fmt: skip
    assert me["fee_rule"]["basis_points"] == 5000


async def _run(desk: Desk, statement: Any) -> None:
    async with desk.work() as work:
        await work.session.execute(statement)


async def test_what_is_written_of_rules_and_fees_is_not_written_again(desk: Desk, site: Site) -> None:
    """The database refuses it. Seen failing without the triggers."""
    await put(desk, site, "all", "", HALF)
    await fee(desk, site)
    for statement in (update(FeeRuleRow), update(EntryFee)):
        with pytest.raises(DBAPIError):
            await _run(desk, statement.values(basis_points=1))
    for table in (EntryFee, FeeRuleRow):
        with pytest.raises(DBAPIError):
            await _run(desk, delete(table))
    async with desk.look() as session:
        kept = (await session.scalars(select(FeeRuleRow.basis_points))).all()
    assert list(kept) == [5000]


WRONG: Sequence[tuple[FeeForm, str]] = (
    (FeeForm("everybody", "", HALF), "sort"),
    (FeeForm("grade", "Z", HALF), "grade"),
    (FeeForm("group", " ", HALF), "group"),
    (FeeForm("group", "x" * 41, HALF), "group"),
    (FeeForm("all", "", FeeRule(fixed=10_000_001)), "fixed"),
)


@pytest.mark.parametrize(("form", "field"), WRONG)
async def test_a_rule_that_makes_no_sense_is_refused(desk: Desk, site: Site, form: FeeForm, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        async with desk.work() as work:
            await fee_rules.put(work, site.operator_id, form)
    assert refused.value.details["field"] == field


async def test_the_past_and_another_offices_rules_are_left_alone(desk: Desk, site: Site, clock: Clock) -> None:
    with pytest.raises(Invalid):
        await put(desk, site, "all", "", HALF, holds_from=clock.now - timedelta(microseconds=1))
    with pytest.raises(Invalid):
        await put(desk, site, "all", "", HALF, holds_from=clock.now + timedelta(days=367))
    elsewhere = await make_site(desk, did="15889999")
    theirs = await put(desk, elsewhere, "all", "", HALF, holds_from=clock.now + timedelta(days=1))
    with pytest.raises(NotFound):
        async with desk.work() as work:
            await fee_rules.take_back(work, site.operator_id, theirs)
    clock.forward(days=2)
    assert await fee(desk, site) == 4_000
    async with desk.look() as session:
        told = (await session.scalars(select(AuditEntry.detail).where(AuditEntry.what == "fee.rule"))).all()
    assert [one["basis_points"] for one in told] == [5000]


async def test_every_booked_fee_says_by_what_it_was_booked(desk: Desk, site: Site) -> None:
    for driver in (0, 1):
        await fee(desk, site, driver)
    async with desk.look() as session:
        fees = (await session.scalars(select(Entry.id).where(Entry.kind == "call_fee"))).all()
        why = (await session.scalars(select(EntryFee.entry_id))).all()
    assert sorted(fees) == sorted(why)
