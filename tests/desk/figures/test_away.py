"""Pauses as a report: by operator and day they are the sum of the rows, and what lies outside of the days does not count."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime

from sqlalchemy import select

from desk.clock import days
from desk.figures import away
from desk.figures.away import Pauses
from desk.office import pauses
from desk.work import Desk
from models import AuditEntry, Office
from tests.desk.conftest import Clock
from tests.site import Site, make_site

SEOUL = "Asia/Seoul"


async def paused(desk: Desk, clock: Clock, who: int, reason: str, begun: datetime, ended: datetime | None) -> None:
    clock.now = begun
    async with desk.work() as work:
        await pauses.begin(work, who, reason, who)
    if ended is not None:
        clock.now = ended
        async with desk.work() as work:
            await pauses.end(work, who, None)


async def look(desk: Desk, site: Site, first: date, last: date, now: datetime) -> Pauses:
    async with desk.look() as session:
        office = await session.get_one(Office, site.office_id)
        return await away.look(session, office, days.span(SEOUL, first, last), now)


async def test_pauses_by_operator_and_day_are_the_sum_of_their_rows(desk: Desk, site: Site, clock: Clock) -> None:
    """Seen failing with a pause over midnight counted in its first day."""
    one, two = site.operator_id, site.colleague_id
    at = [
        datetime(2026, 11, 20, hour, minute, tzinfo=UTC) for hour, minute in ((3, 0), (3, 10), (4, 0), (4, 1), (14, 50))
    ]
    await paused(desk, clock, one, "break", at[0], at[1])
    await paused(desk, clock, one, "after_call", at[2], at[3])
    await paused(desk, clock, two, "other", at[4], datetime(2026, 11, 20, 15, 20, tzinfo=UTC))  # 23:50 to 00:20 there
    told = await look(desk, site, date(2026, 11, 20), date(2026, 11, 21), datetime(2026, 11, 22, tzinfo=UTC))
    assert [(row.name, row.day.day, row.reason, row.seconds) for row in told.rows] == [
        ("김상담", 20, "break", 600), ("김상담", 20, "after_call", 60),
        ("이상담", 20, "other", 600), ("이상담", 21, "other", 1200),
    ]  # fmt: skip
    assert [(day.name, day.day.day, dict(day.seconds), day.count) for day in told.days] == [
        ("김상담", 20, {"break": 600, "after_call": 60}, 2),
        ("이상담", 20, {"other": 600}, 1), ("이상담", 21, {"other": 1200}, 1),
    ]  # fmt: skip
    assert sum((day.seconds for day in told.days), Counter()) == told.total
    assert told.total.total() == sum(row.seconds for row in told.rows) == 2460
    assert [(row.begun_by, row.ended_by) for row in told.rows[:1]] == [("김상담", None)]


async def test_what_lies_in_other_days_does_not_count_and_what_is_not_over_counts_until_now(
    desk: Desk, site: Site, clock: Clock
) -> None:
    now = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)  # 1:00 on the 21st
    await paused(desk, clock, site.operator_id, "break", datetime(2026, 11, 20, 14, 0, tzinfo=UTC), None)
    today = await look(desk, site, date(2026, 11, 21), date(2026, 11, 21), now)
    assert [(row.seconds, row.still) for row in today.rows] == [(3600, True)]
    before = await look(desk, site, date(2026, 11, 20), date(2026, 11, 20), now)
    assert [(row.seconds, row.still, row.ended_by) for row in before.rows] == [(3600, False, None)]
    assert (await look(desk, site, date(2026, 11, 19), date(2026, 11, 19), now)).rows == ()
    other = await make_site(desk, drivers=0, name="다른 곳", did="15990001")
    assert (await look(desk, other, date(2026, 11, 20), date(2026, 11, 21), now)).rows == ()


async def test_who_paused_and_who_was_ready_stands_in_the_record(desk: Desk, site: Site, clock: Clock) -> None:
    async with desk.work() as work:
        await pauses.begin(work, site.operator_id, "break", site.operator_id)
        await pauses.begin(work, site.operator_id, "break", site.operator_id)
    async with desk.work() as work:
        await pauses.end(work, site.operator_id)
        await pauses.end(work, site.operator_id)
    async with desk.look() as session:
        rows = await session.execute(
            select(AuditEntry.operator_id, AuditEntry.what, AuditEntry.subject, AuditEntry.detail).order_by(
                AuditEntry.id
            )
        )
    told = [row for row in rows if row.what.startswith("operator.")]
    subject = f"operator {site.operator_id}"
    assert [tuple(row) for row in told] == [
        (site.operator_id, "operator.paused", subject, {"reason": "break"}),
        (None, "operator.ready", subject, {"reason": "break"}),
    ]
