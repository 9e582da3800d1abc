"""All drivers settled at once: what is booked is the sum of the lines to the won, once, by somebody else than who chose them."""

from __future__ import annotations

import asyncio
import random
from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.books import batch_views, batches, cashier, ledger, periods
from desk.books.batch_views import BatchTold
from desk.books.batches import BatchOpen, DaysClosed, NothingTicked, OtherTicks
from desk.books.cashier import AlreadyDecided, SamePerson
from desk.clock.days import Span, span
from desk.errors import Invalid, NotFound
from desk.rules.settling import SettlingRule
from desk.work import Desk
from models import Account, AuditEntry, Driver, Entry, Message, Operator, Posting
from tests.desk.conftest import Clock
from tests.site import Site, make_site

RULE = SettlingRule(keep=30_000, unit=1_000, needed=10_000)
NOVEMBER = span("Asia/Seoul", date(2026, 11, 1), date(2026, 11, 30))


@pytest.fixture
async def site(desk: Desk, clock: Clock) -> Site:
    """Drivers who have 80,500, owe 4,000, have 20,000, have 30,700 and have nothing."""
    site = await make_site(desk, drivers=5)
    for driver, amount in zip(site.drivers, (80_500, -4_000, 20_000, 30_700, 0), strict=True):
        await put(desk, site, driver, amount)
    return site


async def put(desk: Desk, site: Site, driver: int, amount: int, name: str = "처음") -> None:
    """Give the driver so much; minus: take it."""
    async with desk.work() as work:
        if amount > 0:
            await cashier.take_in(work, site.operator_id, driver, amount, f"{name} {driver}")
        elif amount < 0:
            await cashier.penalise(work, site.operator_id, driver, -amount, "약속", f"{name} {driver}")


async def proposed(desk: Desk, site: Site, rule: SettlingRule = RULE, days: Span = NOVEMBER) -> BatchTold:
    """A batch that the first operator has made."""
    async with desk.work() as work:
        batch = await batches.propose(work, site.operator_id, days, rule)
    return await told(desk, site, batch.id)


async def told(desk: Desk, site: Site, batch_id: int) -> BatchTold:
    async with desk.look() as session:
        return await batch_views.told(session, site.office_id, batch_id)


async def approved(desk: Desk, site: Site, batch: BatchTold, by: int | None = None) -> BatchTold:
    """The batch as the second operator has posted it."""
    async with desk.work() as work:
        await batches.approve(work, by or site.colleague_id, batch.id, ticked(batch))
    return await told(desk, site, batch.id)


def ticked(batch: BatchTold) -> set[int]:
    return {line.id for line in batch.lines if line.included}


async def balances(desk: Desk, site: Site, kind: str = "driver") -> dict[int, int]:
    async with desk.look() as session:
        return {who: -debit for who, debit in (await ledger.balances(session, site.office_id, kind)).items()}


async def entries(desk: Desk) -> int:
    async with desk.look() as session:
        return await session.scalar(select(func.count()).select_from(Entry)) or 0


async def test_a_batch_proposes_a_line_for_everybody_and_books_nothing(desk: Desk, site: Site) -> None:
    before = await entries(desk)
    batch = await proposed(desk, site)
    assert [(line.kind, line.amount, line.has, line.included, line.reason) for line in batch.lines] == [
        ("pay", 50_000, 80_500, True, None),
        ("bill", 14_000, -4_000, True, None),
        ("none", 0, 20_000, False, "within"),
        ("none", 0, 30_700, False, "small"),
        ("bill", 10_000, 0, True, None),
    ]
    assert (batch.paid, batch.payouts, batch.billed, batch.bills) == (50_000, 1, 24_000, 2)
    assert await entries(desk) == before


async def test_who_never_had_an_account_comes_in_if_he_drives_or_if_it_is_asked_for(desk: Desk, clock: Clock) -> None:
    """Seen failing with a line for everybody: 300 of 300 drivers of whom nothing was ever booked."""
    site = await make_site(desk, drivers=4)
    await put(desk, site, site.drivers[0], 80_500)
    async with desk.work() as work:
        for driver_id in site.drivers[2:]:
            (await work.session.get_one(Driver, driver_id)).state = "off"

    async def drivers_in(rule: SettlingRule, *, without_account: bool = False) -> tuple[list[int], int]:
        async with desk.work() as work:
            batch = await batches.propose(work, site.operator_id, NOVEMBER, rule, without_account=without_account)
        found = await told(desk, site, batch.id)
        async with desk.work() as work:
            await batches.drop(work, site.operator_id, batch.id)
        return [line.driver.id for line in found.lines], found.without

    one, two, *off = site.drivers
    assert await drivers_in(RULE) == ([one, two], 2)
    assert await drivers_in(RULE, without_account=True) == ([one, two, *off], 0)
    assert await drivers_in(SettlingRule(), without_account=True) == ([one], 3)  # the rule bills nobody
    async with desk.work() as work:
        (await work.session.get_one(Driver, two)).disabled_at = work.now
    assert await drivers_in(RULE) == ([one], 3)


async def test_one_approval_posts_every_line_and_tells_each_driver(desk: Desk, site: Site) -> None:
    """Seen failing with the pay-out's sign turned."""
    posted = await approved(desk, site, await proposed(desk, site))
    assert posted.state == "posted"
    assert [line.entry_id is not None for line in posted.lines] == [True, True, False, False, True]
    assert list((await balances(desk, site)).values())[:2] == [30_500, -4_000]
    assert await balances(desk, site, "billed") == {site.drivers[1]: -14_000, site.drivers[4]: -10_000}
    async with desk.look() as session:
        texts = (await session.scalars(select(Message).order_by(Message.id))).all()
        assert [(text.text_key, text.state) for text in texts] == [
            ("sms.settled.paid", "queued"), ("sms.settled.billed", "queued"), ("sms.settled.billed", "queued")
        ]  # fmt: skip
        assert "50,000" in texts[0].text
        assert "30,500" in texts[0].text
        audited = select(AuditEntry.what, AuditEntry.operator_id).where(AuditEntry.what.like("batch.%"))
        assert [tuple(row) for row in await session.execute(audited.order_by(AuditEntry.id))] == [
            ("batch.proposed", site.operator_id), ("batch.approved", site.colleague_id)
        ]  # fmt: skip


async def test_the_same_batch_is_posted_once_by_whomever_it_is_approved(desk: Desk, site: Site) -> None:
    """Seen failing without the look at the batch's state."""
    batch = await proposed(desk, site)
    async with desk.work() as work:
        third = await _third(work.session, site)

    async def once(by: int) -> str:
        try:
            await desk.do(lambda work: batches.approve(work, by, batch.id, ticked(batch)))
        except AlreadyDecided as error:
            return error.code
        return "posted"

    done = await asyncio.gather(*(once(by) for by in (site.colleague_id, third, site.colleague_id)))
    assert sorted(done) == ["already_decided", "already_decided", "posted"]
    assert list((await balances(desk, site)).values())[:2] == [30_500, -4_000]
    async with desk.look() as session:
        assert await session.scalar(select(func.count()).where(Entry.kind.in_(("withdrawal", "bill")))) == 3


async def test_what_fails_in_the_middle_leaves_nothing_of_the_batch(desk: Desk, site: Site) -> None:
    """All or nothing: after it the same batch can be approved."""
    batch, before = await proposed(desk, site), await entries(desk)

    async def half_way() -> None:
        async with desk.work() as work:
            await batches.approve(work, site.colleague_id, batch.id, ticked(batch))
            raise RuntimeError("the machine went off")

    with pytest.raises(RuntimeError):
        await half_way()
    assert (await told(desk, site, batch.id)).state == "open"
    assert await entries(desk) == before
    assert (await approved(desk, site, batch)).state == "posted"


async def test_who_chose_a_line_does_not_approve_the_batch(desk: Desk, site: Site) -> None:
    """Seen failing without who ticked a line in counted as its chooser."""
    batch = await proposed(desk, site)
    with pytest.raises(SamePerson):
        await approved(desk, site, batch, site.operator_id)
    for included in (set[int](), ticked(batch)):
        async with desk.work() as work:
            await batches.tick(work, site.colleague_id, batch.id, included)
    with pytest.raises(SamePerson):
        await approved(desk, site, batch)


async def test_taking_a_line_out_is_no_choice_and_the_line_is_not_booked(desk: Desk, site: Site) -> None:
    batch = await proposed(desk, site)
    bills = {line.id for line in batch.of("bill")}
    async with desk.work() as work:
        await batches.tick(work, site.colleague_id, batch.id, bills)
    with pytest.raises(OtherTicks):
        await approved(desk, site, batch)
    posted = await approved(desk, site, await told(desk, site, batch.id))
    assert (posted.paid, posted.billed) == (0, 24_000)
    assert (await balances(desk, site))[site.drivers[0]] == 80_500
    async with desk.look() as session:
        detail = await session.scalar(select(AuditEntry.detail).where(AuditEntry.what == "batch.ticked"))
    assert detail == {"in": [], "out": [site.drivers[0]]}


async def test_a_line_that_proposes_nothing_is_not_ticked_and_an_empty_batch_not_posted(desk: Desk, site: Site) -> None:
    batch = await proposed(desk, site)
    with pytest.raises(Invalid):
        async with desk.work() as work:
            await batches.tick(work, site.operator_id, batch.id, {batch.lines[2].id})
    async with desk.work() as work:
        await batches.tick(work, site.operator_id, batch.id, set())
    with pytest.raises(NothingTicked):
        await approved(desk, site, await told(desk, site, batch.id))


async def test_who_has_less_by_now_or_has_paid_is_left_out_with_the_reason(desk: Desk, site: Site) -> None:
    """Seen failing without the second look at the accounts, and with a text for who is left out."""
    batch = await proposed(desk, site)
    await put(desk, site, site.drivers[0], -1_000, "나중")
    await put(desk, site, site.drivers[4], 10_000, "나중")
    posted = await approved(desk, site, batch)
    assert [(line.included, line.reason) for line in posted.lines] == [
        (False, "changed"), (True, None), (False, "within"), (False, "small"), (False, "changed")
    ]  # fmt: skip
    assert (posted.paid, posted.billed) == (0, 14_000)
    async with desk.look() as session:
        assert [text.recipient for text in await session.scalars(select(Message))] == ["+821020000001"]


async def test_who_waits_for_a_single_pay_out_is_left_out_of_the_batch(desk: Desk, site: Site) -> None:
    async with desk.work() as work:
        await cashier.ask(work, site.operator_id, site.drivers[0], 5_000)
    batch = await proposed(desk, site)
    assert (batch.lines[0].kind, batch.lines[0].reason) == ("none", "asked")
    assert batch.payouts == 0


async def test_of_some_days_only_what_was_his_at_their_end_is_paid(desk: Desk, site: Site, clock: Clock) -> None:
    """Seen failing with the balance of now."""
    yesterday = span("Asia/Seoul", date(2026, 11, 1), date(2026, 11, 22))
    clock.forward(hours=24)
    await put(desk, site, site.drivers[0], 40_000, "다음 날")
    clock.forward(hours=1)
    batch = await proposed(desk, site, days=yesterday)
    assert (batch.lines[0].had, batch.lines[0].has, batch.lines[0].amount) == (80_500, 120_500, 50_000)


async def test_one_batch_waits_at_a_time_and_one_that_is_dropped_books_nothing(desk: Desk, site: Site) -> None:
    batch, before = await proposed(desk, site), await entries(desk)
    with pytest.raises(BatchOpen) as refused:
        await proposed(desk, site)
    assert refused.value.details["batch_id"] == batch.id
    async with desk.work() as work:
        await batches.drop(work, site.operator_id, batch.id)
    with pytest.raises(AlreadyDecided):
        await approved(desk, site, batch)
    assert await entries(desk) == before
    again = await proposed(desk, site)
    async with desk.look() as session:
        assert [one.id for one in await batch_views.listed(session, site.office_id)] == [again.id, batch.id]
        assert await batch_views.rule_of(session, site.office_id) == RULE


async def test_days_of_a_closed_month_are_refused(desk: Desk, site: Site, clock: Clock) -> None:
    """Seen failing without the look at the close, when it is proposed and when it is approved."""
    batch = await proposed(desk, site)
    clock.forward(hours=24 * 10)
    async with desk.work() as work:
        await periods.close(work, site.operator_id, site.office_id, 2026, 11)
    with pytest.raises(DaysClosed):
        await approved(desk, site, batch)
    async with desk.work() as work:
        await batches.drop(work, site.operator_id, batch.id)
    with pytest.raises(DaysClosed):
        await proposed(desk, site)


async def test_another_office_s_batch_is_not_there(desk: Desk, site: Site) -> None:
    batch = await proposed(desk, site)
    other = await make_site(desk, drivers=1, did="15880002")
    with pytest.raises(NotFound):
        await told(desk, other, batch.id)
    with pytest.raises(NotFound):
        await approved(desk, site, batch, other.colleague_id)


@pytest.mark.parametrize("seed", range(4))
async def test_of_random_balances_the_lines_are_what_the_books_move_to_the_won(
    desk: Desk, clock: Clock, seed: int
) -> None:
    """Seen failing with one line's posting left out."""
    drawn = random.Random(seed)
    site = await make_site(desk, drivers=25)
    for driver in site.drivers:
        await put(desk, site, driver, drawn.randint(-200_000, 300_000))
    keep = drawn.choice((0, 10_000, 33_333))
    rule = SettlingRule(keep, drawn.choice((1, 1_000, 7_777)), drawn.randint(0, keep))
    before = await balances(desk, site)
    posted = await approved(desk, site, await proposed(desk, site, rule))
    after, billed = await balances(desk, site), await balances(desk, site, "billed")
    for line in posted.lines:
        moved = before.get(line.driver.id, 0) - after.get(line.driver.id, 0)
        assert moved == (line.amount if line.kind == "pay" else 0)
        assert -billed.get(line.driver.id, 0) == (line.amount if line.kind == "bill" else 0)
    async with desk.look() as session:
        cash = Account.kind == "cash"
        out = select(func.sum(Posting.amount)).join(Account).join(Entry).where(cash, Entry.kind == "withdrawal")
        assert -(await session.scalar(out) or 0) == posted.paid
        kept = {row.id: row.balance for row in await session.scalars(select(Account))}
        sums = await session.execute(select(Posting.account_id, func.sum(Posting.amount)).group_by(Posting.account_id))
        assert {account: int(amount) for account, amount in sums} == kept
        assert sum(kept.values()) == 0


async def _third(session: AsyncSession, site: Site) -> int:
    third = Operator(
        office_id=site.office_id, login="third", name="박경리", role="accountant", extension=None, locale="ko"
    )
    session.add(third)
    await session.flush()
    return third.id
