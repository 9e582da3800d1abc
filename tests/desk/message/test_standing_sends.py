"""Standing sends: one run a day, one text a person, nobody twice within the days that were said, and nothing in silence."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from callboard.segment_rules import SegmentRules
from desk.customer import do_not_serve, erasure, merging, personal_data, segments
from desk.customer.segment_rules import ChangedMeanwhile, NameTaken
from desk.customer.segments import InUse, SegmentForm
from desk.errors import Invalid, NotFound
from desk.message import campaigns, messages, standing_runs, standing_sends, standing_views
from desk.message.standing_runs import Outlook, Plan
from desk.message.standing_sends import StandingForm
from desk.office import people as staff
from desk.texts import consents, message_states
from desk.work import Desk, Work
from models import (
    AdConsent,
    AuditEntry,
    Campaign,
    Customer,
    CustomerPhone,
    Message,
    Office,
    Segment,
    StandingLeftOut,
    StandingRecipient,
    StandingRun,
    StandingSend,
)
from tests.desk.conftest import Clock
from tests.desk.message.test_campaigns import AD, agree, claimed, customer, rows
from tests.site import Site, make_site

TODAY = date(2026, 11, 22)  # a Sunday; the clock begins at noon in Seoul
ONE_O_CLOCK = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


@pytest.fixture
async def site(desk: Desk, clock: Clock) -> Site:
    return await make_site(desk, drivers=0)


async def group(desk: Desk, site: Site, *members: int) -> int:
    """A segment by hand."""
    async with desk.work() as work:
        segment = await segments.make(work, site.operator_id, SegmentForm("단골", {}, kind="list"))
        if members:
            await segments.add_members(work, site.operator_id, segment.id, list(members))
        return segment.id


async def people(desk: Desk, site: Site, count: int = 3) -> list[int]:
    """So many customers, 010-5555-0001 and on."""
    return [await customer(desk, site, f"손님{n}", f"+82105555{n:04}") for n in range(1, count + 1)]


def form(segment_id: int, **more: Any) -> StandingForm:
    """Every day at 13:00, until 20:00, a week apart."""
    said = StandingForm("안부", segment_id, "{name}님, 안녕하세요", "notice", TODAY, from_minute=780, every_days=7)
    return replace(said, **more)


async def on(desk: Desk, site: Site, asked: StandingForm) -> int:
    """A rule that is switched on."""
    async with desk.work() as work:
        rule = await standing_sends.make(work, site.operator_id, asked)
        await standing_sends.switch(work, site.operator_id, rule.id, on=True)
        return rule.id


async def tick(desk: Desk) -> None:
    """What the part does: all that is due."""
    await SegmentRules(desk, standing_runs).do_what_is_due()


async def plan_of(desk: Desk, rule_id: int) -> Plan | None:
    async with desk.look() as session:
        return await standing_runs.look(session, rule_id, desk.clock())


async def runs(desk: Desk) -> Sequence[StandingRun]:
    async with desk.look() as session:
        return (await session.scalars(select(StandingRun).order_by(StandingRun.id))).all()


async def the_rule(desk: Desk, rule_id: int) -> StandingSend:
    async with desk.look() as session:
        return await session.get_one(StandingSend, rule_id)


async def texted(desk: Desk) -> list[str]:
    return [row.recipient[-4:] for row in await rows(desk)]


async def test_a_run_writes_to_who_is_in_the_segment_then_once_a_day(desk: Desk, site: Site, clock: Clock) -> None:
    """Seen failing with `had` read as never: the second day texts everybody again."""
    one, two, three = await people(desk, site)
    segment = await group(desk, site, one)
    rule_id = await on(desk, site, form(segment))
    assert (await the_rule(desk, rule_id)).due_at == ONE_O_CLOCK
    async with desk.work() as work:
        await segments.add_members(work, site.operator_id, segment, [two])
    await tick(desk)
    assert await texted(desk) == []
    clock.forward(hours=1)
    await tick(desk)
    await tick(desk)
    assert await texted(desk) == ["0001", "0002"]
    assert {row.text for row in await rows(desk)} == {"손님1님, 안녕하세요", "손님2님, 안녕하세요"}
    [run] = await runs(desk)
    assert (run.state, run.day, run.found, run.texts, run.counts, run.beyond) == ("done", TODAY, 2, 2, {}, 0)
    assert (await the_rule(desk, rule_id)).due_at == ONE_O_CLOCK + timedelta(days=1)
    async with desk.work() as work:
        await segments.add_members(work, site.operator_id, segment, [three])
    clock.forward(days=1)
    await tick(desk)
    assert await texted(desk) == ["0001", "0002", "0003"]
    assert (await runs(desk))[1].counts == {"had": 2}


async def test_days_apart_are_days_of_the_calendar(desk: Desk, site: Site, clock: Clock) -> None:
    """A run that began three seconds late does not cost the next one its day. Seen failing with one day more."""
    [one] = await people(desk, site, 1)
    await on(desk, site, form(await group(desk, site, one)))
    clock.now = ONE_O_CLOCK + timedelta(seconds=3)
    for _ in range(8):
        await tick(desk)
        clock.now += timedelta(days=1, seconds=-1 if clock.now.second else 0)
    assert [run.texts for run in await runs(desk)] == [1, 0, 0, 0, 0, 0, 0, 1]
    assert await texted(desk) == ["0001", "0001"]


async def test_two_servers_write_one_run(desk: Desk, site: Site, clock: Clock) -> None:
    """Both have looked before either writes. Seen failing with its next time not moved: the table refuses the second run."""
    members = await people(desk, site)
    rule_id = await on(desk, site, form(await group(desk, site, *members)))
    clock.forward(hours=1)
    other = Desk(desk.engine, desk.bus, clock)
    plans = [await plan_of(desk, rule_id), await plan_of(other, rule_id)]
    await asyncio.gather(
        *(
            each.do(lambda work, plan=plan: standing_runs.advance(work, rule_id, plan))
            for each, plan in zip((desk, other), plans, strict=True)
        )
    )
    assert [run.texts for run in await runs(desk)] == [3]
    assert sorted(await texted(desk)) == ["0001", "0002", "0003"]


async def test_a_crash_in_the_middle_leaves_nothing_and_the_restart_does_all(
    desk: Desk, site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen failing with the texts committed before the run is written."""
    members = await people(desk, site)
    rule_id = await on(desk, site, form(await group(desk, site, *members)))
    clock.forward(hours=1)
    written = campaigns.insert_some

    async def dies(work: Work, table: Any, lines: list[dict[str, Any]]) -> None:
        await written(work, table, lines)
        if table is StandingRecipient:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(campaigns, "insert_some", dies)
        plan = await plan_of(desk, rule_id)
        with pytest.raises(KeyboardInterrupt):
            async with desk.work() as work:
                await standing_runs.advance(work, rule_id, plan)
    assert (await rows(desk), await runs(desk)) == ([], [])
    await tick(desk)
    assert (await texted(desk), len(await runs(desk))) == (["0001", "0002", "0003"], 1)


async def test_a_late_run_is_done_within_its_hours_and_else_missed_openly(desk: Desk, site: Site, clock: Clock) -> None:
    """The server was down. Seen failing without the look at the hours' end: texts at 20:00."""
    members = await people(desk, site)
    rule_id = await on(desk, site, form(await group(desk, site, *members)))
    clock.now = datetime(2026, 11, 22, 10, 59, 59, tzinfo=UTC)  # 19:59:59
    await tick(desk)
    [late] = await runs(desk)
    assert (late.state, late.texts, late.late_s) == ("done", 3, 7 * 3600 - 1)
    clock.now = datetime(2026, 11, 26, 11, 0, 0, tzinfo=UTC)  # four days later, at 20:00
    await tick(desk)
    missed = (await runs(desk))[1:]
    assert [(run.state, run.why, run.day.day, run.texts) for run in missed] == [
        ("missed", "late", day, 0) for day in (23, 24, 25, 26)
    ]
    assert (await the_rule(desk, rule_id)).due_at == ONE_O_CLOCK + timedelta(days=5)
    async with desk.look() as session:
        said = (await session.scalars(select(AuditEntry.what).where(AuditEntry.operator_id.is_(None)))).all()
    assert said == ["standing.done", *["standing.missed"] * 4]


async def test_what_has_not_left_by_the_end_of_the_hours_leaves_no_more_and_was_not_had(
    desk: Desk, site: Site, clock: Clock
) -> None:
    """Seen failing without `until`, and with every text counted as had."""
    members = await people(desk, site, 2)
    await on(desk, site, form(await group(desk, site, *members)))
    clock.forward(hours=1)
    await tick(desk)
    assert await claimed(desk, 1) == ["+821055550001"]
    clock.now = datetime(2026, 11, 22, 11, 0, 1, tzinfo=UTC)
    assert await claimed(desk) == []
    assert [(row.state, row.detail) for row in await rows(desk)][1] == ("expired", message_states.TOO_LATE)
    clock.now = ONE_O_CLOCK + timedelta(days=1)
    await tick(desk)
    assert (await texted(desk))[2:] == ["0002"]


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati"])
async def test_days_and_hours_are_the_offices_whatever_the_servers_zone_is(
    desk: Desk, site: Site, clock: Clock, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mondays at 00:30 in Seoul are Sundays at 15:30 UTC. Seen failing with the weekday read in UTC."""
    before = os.environ.get("TZ")
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        [one] = await people(desk, site, 1)
        asked = form(await group(desk, site, one), weekdays="0", from_minute=30, to_minute=60)
        rule_id = await on(desk, site, asked)
        due = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
        assert (await the_rule(desk, rule_id)).due_at == due
        clock.now = due - timedelta(seconds=1)
        await tick(desk)
        assert await runs(desk) == []
        clock.now = due
        await tick(desk)
        [run] = await runs(desk)
        assert (run.day, run.state) == (date(2026, 11, 23), "done")
        assert (await the_rule(desk, rule_id)).due_at == due + timedelta(days=7)
        clock.now = due + timedelta(days=7, minutes=30)
        await tick(desk)
        assert (await runs(desk))[1].state == "missed"
    finally:
        monkeypatch.setenv("TZ", before) if before is not None else monkeypatch.delenv("TZ")
        time.tzset()


async def test_who_refuses_or_is_barred_between_the_run_and_the_sending_gets_none(
    desk: Desk, site: Site, clock: Clock
) -> None:
    """A notice of a rule as well. Seen failing with standing sends not asked for in `_unwanted`, and in `_withdraw_ads`."""
    members = await people(desk, site, 3)
    await on(desk, site, form(await group(desk, site, *members)))
    clock.forward(hours=1)
    await tick(desk)
    async with desk.work() as work:
        await do_not_serve.block(work, site.operator_id, members[1], "요금 시비")
    await agree(desk, site, "010-5555-0001", said="refused")
    assert [row.state for row in await rows(desk)] == ["expired", "queued", "queued"]
    assert await claimed(desk) == ["+821055550003"]
    told = [(row.state, row.detail) for row in await rows(desk)][:2]
    assert told == [("expired", consents.REFUSED), ("expired", messages.NOT_SERVED)]


async def test_a_refusal_that_meets_the_run_stops_its_text_all_the_same(desk: Desk, site: Site, clock: Clock) -> None:
    """What the refusal withdraws, it does not see while the run is not committed. Seen failing with ads alone asked for."""
    [one] = await people(desk, site, 1)
    await on(desk, site, form(await group(desk, site, one)))
    clock.forward(hours=1)
    await tick(desk)
    async with desk.work() as work:
        said = AdConsent(office_id=site.office_id, number="+821055550001", refused_at=work.now, source="text")
        work.session.add(said)
    assert await claimed(desk) == []
    assert [row.detail for row in await rows(desk)] == [consents.REFUSED]


async def test_who_is_left_out_is_counted_and_kept_with_the_reason(desk: Desk, site: Site, clock: Clock) -> None:
    """An advertisement: seen failing with each reason's line taken out of `_why`."""
    agreed, refused, silent, old, barred = await people(desk, site, 5)
    mute = await customer(desk, site, "번호 없음")
    gone = await customer(desk, site, "지운 손님", "+821055559999")
    members = (agreed, refused, silent, old, barred, mute, gone)
    rule_id = await on(desk, site, form(await group(desk, site, *members), text=AD, kind="ad"))
    await agree(desk, site, "010-5555-0001", "010-5555-0005")
    await agree(desk, site, "010-5555-0002", said="refused")
    await agree(desk, site, "010-5555-0004", at=clock.now - timedelta(days=800))
    async with desk.work() as work:
        await do_not_serve.block(work, site.operator_id, barred, "요금 시비")
    async with desk.work() as work:
        await erasure.erase(work, site.operator_id, gone, "본인 요청")
    clock.forward(hours=1)
    before = await outlook(desk, site, rule_id)
    await tick(desk)
    [run] = await runs(desk)
    counts = {"blocked": 1, "no_number": 1, "refused": 1, "no_consent": 1, "consent_old": 1}
    assert (run.found, run.texts, run.counts) == (6, 1, counts)
    assert (len(before.ready.texts), before.counts) == (1, counts)
    async with desk.look() as session:
        left = await standing_views.left_out(session, run.id)
        one = await session.get_one(Campaign, run.campaign_id)
    assert {each.id: each.why for each in left} == {
        refused: "refused", silent: "no_consent", old: "consent_old", barred: "blocked", mute: "no_number"
    }  # fmt: skip
    assert (one.kind, one.picked, one.left_out) == ("ad", 1, 0)


async def outlook(desk: Desk, site: Site, rule_id: int) -> Outlook:
    async with desk.look() as session:
        rule = await session.get_one(StandingSend, rule_id)
        office = await session.get_one(Office, site.office_id)
        return await standing_runs.outlook_now(session, rule, office, desk.clock())


async def test_with_a_small_cap_everybody_has_his_turn(desk: Desk, site: Site, clock: Clock) -> None:
    """Seen failing with the order by id alone: the first two have it every second day, the last one never."""
    members = await people(desk, site, 5)
    await on(desk, site, form(await group(desk, site, *members), most=2, every_days=1))
    for day in range(5):
        clock.now = ONE_O_CLOCK + timedelta(days=day)
        await tick(desk)
    assert [(run.texts, run.beyond) for run in await runs(desk)] == [(2, 3)] * 5
    assert await texted(desk) == ["0001", "0002", "0003", "0004", "0005", "0001", "0002", "0003", "0004", "0001"]


async def test_one_number_gets_one_text_in_all_the_days_whosever_it_is(desk: Desk, site: Site, clock: Clock) -> None:
    """Seen failing with customers compared by their ids alone."""
    one = await customer(desk, site, "김철수", "+821055550001")
    two = await customer(desk, site, "이영희")
    await on(desk, site, form(await group(desk, site, one, two)))
    clock.forward(hours=1)
    await tick(desk)
    async with desk.work() as work:
        his = update(CustomerPhone).where(CustomerPhone.customer_id == one)
        await work.session.execute(his.values(customer_id=two))
    clock.forward(days=1)
    await tick(desk)
    assert [run.counts for run in await runs(desk)] == [{"no_number": 1}, {"had": 2}]


async def test_a_rule_that_is_changed_under_way_is_looked_at_again(desk: Desk, site: Site, clock: Clock) -> None:
    """The plan of an older version writes nothing. Seen failing without the versions being compared."""
    members = await people(desk, site)
    segment = await group(desk, site, *members)
    rule_id = await on(desk, site, form(segment))
    clock.forward(hours=1)
    plan = await plan_of(desk, rule_id)
    async with desk.work() as work:
        await standing_sends.change(work, site.operator_id, rule_id, form(segment, text="새 글"))
    async with desk.work() as work:
        assert await standing_runs.advance(work, rule_id, plan)
    assert (await rows(desk), await runs(desk)) == ([], [])
    await tick(desk)
    assert {row.text for row in await rows(desk)} == {"새 글"}
    assert [(run.state, run.version) for run in await runs(desk)] == [("done", 3)]


async def test_a_segment_that_is_changed_under_way_is_asked_again(desk: Desk, site: Site, clock: Clock) -> None:
    members = await people(desk, site)
    segment = await group(desk, site, *members)
    rule_id = await on(desk, site, form(segment))
    clock.forward(hours=1)
    plan = await plan_of(desk, rule_id)
    async with desk.work() as work:
        await segments.change(work, site.operator_id, segment, SegmentForm("단골 2", {}, kind="list"))
    async with desk.work() as work:
        assert await standing_runs.advance(work, rule_id, plan)
    assert await runs(desk) == []


async def test_who_is_barred_while_the_segment_is_asked_gets_none(desk: Desk, site: Site, clock: Clock) -> None:
    """Seen failing without `_without_blocked`."""
    members = await people(desk, site, 2)
    rule_id = await on(desk, site, form(await group(desk, site, *members)))
    clock.forward(hours=1)
    plan = await plan_of(desk, rule_id)
    async with desk.work() as work:
        await do_not_serve.block(work, site.operator_id, members[0], "요금 시비")
    async with desk.work() as work:
        assert not await standing_runs.advance(work, rule_id, plan)
    assert [(run.texts, run.counts) for run in await runs(desk)] == [(1, {"blocked": 1})]
    assert await texted(desk) == ["0002"]


@pytest.mark.parametrize("how", ["off", "later"])
async def test_a_run_that_was_due_and_is_changed_away_was_missed(
    desk: Desk, site: Site, clock: Clock, how: str
) -> None:
    """Seen failing without the row that `_plan_anew` writes."""
    members = await people(desk, site)
    segment = await group(desk, site, *members)
    rule_id = await on(desk, site, form(segment))
    clock.forward(hours=2)
    async with desk.work() as work:
        if how == "off":
            await standing_sends.switch(work, site.operator_id, rule_id, on=False)
        else:
            await standing_sends.change(work, site.operator_id, rule_id, form(segment, weekdays="0"))
    await tick(desk)
    assert [(run.state, run.why) for run in await runs(desk)] == [("missed", "off" if how == "off" else "changed")]
    assert await rows(desk) == []
    due = (await the_rule(desk, rule_id)).due_at
    assert due == (None if how == "off" else ONE_O_CLOCK + timedelta(days=1))


async def test_off_runs_no_more_and_on_begins_with_the_next_time(desk: Desk, site: Site, clock: Clock) -> None:
    members = await people(desk, site)
    rule_id = await on(desk, site, form(await group(desk, site, *members)))
    async with desk.work() as work:
        await standing_sends.switch(work, site.operator_id, rule_id, on=False)
    clock.forward(hours=2)
    await tick(desk)
    async with desk.work() as work:
        await standing_sends.switch(work, site.operator_id, rule_id, on=True)
    await tick(desk)
    assert (await runs(desk), (await the_rule(desk, rule_id)).due_at) == ([], ONE_O_CLOCK + timedelta(days=1))


async def test_after_its_last_day_it_is_over(desk: Desk, site: Site, clock: Clock) -> None:
    members = await people(desk, site)
    rule_id = await on(desk, site, form(await group(desk, site, *members), last_day=TODAY))
    clock.forward(hours=1)
    await tick(desk)
    async with desk.look() as session:
        view = await standing_views.one(session, site.office_id, rule_id)
    assert (view.state, view.last and view.last.texts) == ("over", 3)
    async with desk.work() as work:
        await standing_sends.switch(work, site.operator_id, rule_id, on=False)
    with pytest.raises(Invalid) as refused:
        async with desk.work() as work:
            await standing_sends.switch(work, site.operator_id, rule_id, on=True)
    assert refused.value.details["field"] == "never"


async def test_a_text_that_is_lawful_no_more_is_refused_openly(desk: Desk, site: Site, clock: Clock) -> None:
    """The office has another name since. Seen failing with faults not asked for in the run."""
    [one] = await people(desk, site, 1)
    await agree(desk, site, "010-5555-0001")
    await on(desk, site, form(await group(desk, site, one), text=AD, kind="ad"))
    async with desk.work() as work:
        await work.session.execute(update(Office).where(Office.id == site.office_id).values(name="새 이름"))
    clock.forward(hours=1)
    await tick(desk)
    assert [(run.state, run.why, run.texts) for run in await runs(desk)] == [("refused", "ad_sender", 0)]
    assert await rows(desk) == []


async def test_whoever_made_the_rule_may_have_left(desk: Desk, site: Site, clock: Clock) -> None:
    members = await people(desk, site)
    await on(desk, site, form(await group(desk, site, *members)))
    async with desk.work() as work:
        await staff.disable(work, site.operator_id)
    clock.forward(hours=1)
    await tick(desk)
    assert [run.texts for run in await runs(desk)] == [3]


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"name": " \u200b"}, "standing_name"),
        ({"text": ""}, "no_text"),
        ({"text": "{nmae}"}, "unknown_place"),
        ({"kind": "spam"}, "kind"),
        ({"text": AD}, "marked_notice"),
        ({"text": "할인", "kind": "ad"}, "ad_mark"),
        ({"weekdays": ""}, "weekdays"),
        ({"weekdays": "7"}, "weekdays"),
        ({"from_minute": 780, "to_minute": 780}, "minutes"),
        ({"from_minute": 0, "to_minute": 1441}, "minutes"),
        ({"text": AD, "kind": "ad", "from_minute": 479}, "ad_minutes"),
        ({"text": AD, "kind": "ad", "to_minute": 1261}, "ad_minutes"),
        ({"every_days": 0}, "every_days"),
        ({"most": 0}, "most"),
        ({"most": 10_001}, "most"),
        ({"last_day": date(2026, 11, 21)}, "days"),
        ({"language": "xx"}, "language"),
    ],
)
async def test_a_rule_that_cannot_be_is_refused(
    desk: Desk, site: Site, clock: Clock, more: dict[str, Any], fault: str
) -> None:
    segment = await group(desk, site)
    with pytest.raises(Invalid) as refused:
        async with desk.work() as work:
            await standing_sends.make(work, site.operator_id, form(segment, **more))
    assert refused.value.details["field"] == fault


async def test_a_rules_segment_stays_and_its_name_is_its_own(desk: Desk, site: Site, clock: Clock) -> None:
    segment = await group(desk, site)
    rule_id = await on(desk, site, form(segment))
    with pytest.raises(InUse):
        async with desk.work() as work:
            await segments.remove(work, site.operator_id, segment)
    with pytest.raises(NameTaken):
        async with desk.work() as work:
            await standing_sends.make(work, site.operator_id, form(segment))
    with pytest.raises(ChangedMeanwhile):
        async with desk.work() as work:
            await standing_sends.change(work, site.operator_id, rule_id, form(segment), version=1)
    other = await make_site(desk, drivers=0, did="15990002")
    for act in (standing_sends.remove, lambda *who: standing_sends.change(*who, form(segment))):
        with pytest.raises(NotFound):
            async with desk.work() as work:
                await act(work, other.operator_id, rule_id)
    with pytest.raises(NotFound):
        async with desk.work() as work:
            await standing_sends.make(work, other.operator_id, form(segment))
    async with desk.work() as work:
        await standing_sends.remove(work, site.operator_id, rule_id)
    async with desk.work() as work:
        await standing_sends.make(work, site.operator_id, form(segment))
    async with desk.work() as work:
        await work.session.execute(update(StandingSend).values(removed_at=work.now))
        await segments.remove(work, site.operator_id, segment)
    async with desk.look() as session:
        assert await session.scalar(select(Segment.id)) is None


async def test_two_rows_of_one_person_have_had_it_once_and_he_can_be_forgotten(
    desk: Desk, site: Site, clock: Clock
) -> None:
    one, two = await people(desk, site, 2)
    await on(desk, site, form(await group(desk, site, one, two)))
    clock.forward(hours=1)
    await tick(desk)
    async with desk.work() as work:
        await merging.merge(work, site.operator_id, one, two, name_of=two)
    clock.forward(days=1)
    await tick(desk)
    assert [run.counts for run in await runs(desk)] == [{}, {"had": 1}]
    async with desk.work() as work:
        await work.session.execute(update(Message).values(state="delivered"))
        told = await personal_data.of_customer(work, site.operator_id, two)
    assert [each["number"] for each in told["standing_texts"]] == ["+821055550002"]
    async with desk.work() as work:
        await erasure.erase(work, site.operator_id, two, "본인 요청")
    async with desk.look() as session:
        for table in (StandingRecipient, StandingLeftOut):
            assert (await session.scalars(select(table.customer_id).where(table.customer_id == two))).all() == []
        assert await session.scalar(select(Customer.id).where(Customer.id == two)) == two
