"""Rules that make tasks: a run a day, one open task a customer, nobody again within the days, no advertising to who refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from callboard.segment_rules import SegmentRules
from desk.customer import do_not_serve, segment_rules, segments, task_rules, task_runs, task_views, tasks
from desk.customer.segment_rules import ChangedMeanwhile, NameTaken
from desk.customer.segments import InUse, SegmentForm
from desk.customer.task_rules import TaskRuleForm
from desk.customer.task_runs import Plan
from desk.errors import Invalid, NotFound
from desk.office import offices
from desk.texts import consents
from desk.work import Desk
from models import AuditEntry, Operator, Task, TaskRule, TaskRun
from tests.desk.conftest import AddCustomer, Clock
from tests.site import Site

TODAY = date(2026, 11, 22)  # a Sunday; the clock begins at noon in Seoul
NUMBERS = ("+821055550001", "+821055550002", "+821055550003")


@pytest.fixture
async def people(add_customer: AddCustomer) -> list[int]:
    return [await add_customer(number, f"손님{n}") for n, number in enumerate(NUMBERS)]


async def group(desk: Desk, site: Site, members: list[int]) -> int:
    async with desk.work() as work:
        segment = await segments.make(work, site.operator_id, SegmentForm("단골", {}, kind="list"))
        await segments.add_members(work, site.operator_id, segment.id, members)
        return segment.id


def form(segment_id: int, **more: Any) -> TaskRuleForm:
    """Every day at 13:00, due 18:00, a week apart."""
    said = TaskRuleForm("안부 전화", segment_id, "요즘 어떠신지", "care", TODAY, from_minute=780, every_days=7)
    return replace(said, **more)


async def on(desk: Desk, site: Site, asked: TaskRuleForm) -> int:
    async with desk.work() as work:
        rule = await task_rules.make(work, site.operator_id, asked)
        await task_rules.switch(work, site.operator_id, rule.id, on=True)
        return rule.id


async def run(desk: Desk) -> None:
    await SegmentRules(desk, task_runs).do_what_is_due()


async def waiting(desk: Desk, site: Site) -> list[int]:
    async with desk.look() as session:
        found = await task_views.listed(session, site.office_id, site.operator_id, "all", desk.clock())
    return sorted(it.one.customer_id for it in found)


async def runs(desk: Desk) -> list[tuple[str, int, dict[str, int], int]]:
    async with desk.look() as session:
        found = (await session.scalars(select(TaskRun).order_by(TaskRun.id))).all()
    return [
        (each.state if each.state == "done" else f"{each.state}: {each.why}", each.tasks, each.counts, each.beyond)
        for each in found
    ]


async def test_whoever_is_in_the_segment_is_a_task_once_and_not_again_while_it_waits(
    desk: Desk, clock: Clock, site: Site, people: list[int]
) -> None:
    """Seen failing with the open task not looked at, and with the days not looked at."""
    await on(desk, site, form(await group(desk, site, people), assignee_id=site.colleague_id))
    await run(desk)
    assert await waiting(desk, site) == []
    clock.forward(hours=1)
    await run(desk)
    await run(desk)
    assert await waiting(desk, site) == people
    async with desk.look() as session:
        [first, *_] = (await session.scalars(select(Task).order_by(Task.id))).all()
        assert (first.body, first.due_at, first.made_by) == (
            "요즘 어떠신지",
            datetime(2026, 11, 22, 9, 0, tzinfo=UTC),
            None,
        )
        assert first.assignee_id == site.colleague_id
    async with desk.work() as work:
        await tasks.finish(work, site.colleague_id, first.id, "reached")
    clock.forward(hours=24)
    await run(desk)
    assert await waiting(desk, site) == people[1:]
    clock.forward(hours=24 * 6)
    await run(desk)
    assert await waiting(desk, site) == sorted([*people[1:], people[0]])
    done = [told for told in await runs(desk) if told[0] == "done"]
    assert done[0] == ("done", 3, {}, 0)
    assert done[1] == ("done", 0, {"open": 2, "had": 1}, 0)
    assert done[-1] == ("done", 1, {"open": 2}, 0)


async def test_advertising_calls_only_whoever_agrees_and_care_calls_all(
    desk: Desk, clock: Clock, site: Site, people: list[int]
) -> None:
    """Seen failing with the kind not looked at."""
    for number, said in zip(NUMBERS, ("agreed", "refused", None), strict=True):
        if said is not None:
            async with desk.work() as work:
                await consents.note(work, site.office_id, site.operator_id, number, said, "전화")
    segment = await group(desk, site, people)
    await on(desk, site, form(segment, kind="ad"))
    clock.forward(hours=1)
    await run(desk)
    assert await waiting(desk, site) == people[:1]
    assert await runs(desk) == [("done", 1, {"refused": 1, "no_consent": 1}, 0)]
    await on(desk, site, form(segment, name="돌보기", from_minute=900))
    clock.forward(hours=2)
    await run(desk)
    assert await waiting(desk, site) == sorted([*people, people[0]])


async def test_who_refused_or_was_barred_after_the_segment_was_asked_is_left_out(
    desk: Desk, clock: Clock, site: Site, people: list[int]
) -> None:
    """Seen failing with the plan taken as it was."""
    for number in NUMBERS:
        async with desk.work() as work:
            await consents.note(work, site.office_id, site.operator_id, number, "agreed", "전화")
    rule_id = await on(desk, site, form(await group(desk, site, people), kind="ad", most=2))
    clock.forward(hours=1)
    plan = await planned(desk, rule_id)
    async with desk.work() as work:
        await consents.note(work, site.office_id, site.operator_id, NUMBERS[0], "refused", "전화")
        await do_not_serve.block(work, site.operator_id, people[1], "외상")
    async with desk.work() as work:
        assert not await task_runs.advance(work, rule_id, plan)
    assert await waiting(desk, site) == people[2:]
    assert await runs(desk) == [("done", 1, {"blocked": 1, "refused": 1}, 0)]
    async with desk.work() as work:  # of two servers one writes
        assert not await task_runs.advance(work, rule_id, plan)
    assert len(await runs(desk)) == 1


async def test_more_than_a_run_may_have_wait_for_the_next_and_everybody_has_his_turn(
    desk: Desk, clock: Clock, site: Site, people: list[int]
) -> None:
    """Seen failing with the order by id alone."""
    await on(desk, site, form(await group(desk, site, people), most=1, every_days=1))
    for day in range(3):
        clock.forward(hours=1 if not day else 24)
        await run(desk)
        async with desk.look() as session:
            task = (await session.scalars(select(Task).where(Task.done_at.is_(None)))).one()
        assert task.customer_id == people[day]
        async with desk.work() as work:
            await tasks.finish(work, site.operator_id, task.id, "reached")
    assert [told[3] for told in await runs(desk)] == [2, 2, 2]


async def test_a_day_that_was_missed_is_written_down_and_a_plan_of_before_is_made_anew(
    desk: Desk, clock: Clock, site: Site, people: list[int]
) -> None:
    """Seen failing with the versions not looked at, and with a late run that makes tasks all the same."""
    segment = await group(desk, site, people)
    rule_id = await on(desk, site, form(segment))
    clock.forward(hours=1)
    plan = await planned(desk, rule_id)
    async with desk.work() as work:
        await task_rules.change(work, site.operator_id, rule_id, form(segment, body="다른 말"))
    async with desk.work() as work:
        assert await task_runs.advance(work, rule_id, plan)
    assert await runs(desk) == []
    clock.forward(hours=5)
    await run(desk)
    assert await runs(desk) == [("missed: late", 0, {}, 0)]
    assert await waiting(desk, site) == []
    clock.forward(hours=19.5)
    async with desk.work() as work:
        await task_rules.switch(work, site.operator_id, rule_id, on=False)
    assert [told[0] for told in await runs(desk)] == ["missed: late", "missed: off"]


async def test_what_is_no_rule_is_refused_and_a_segment_of_a_rule_stays(
    desk: Desk, site: Site, people: list[int]
) -> None:
    """Seen failing with each of the checks taken out."""
    segment = await group(desk, site, people)
    for more, field in (
        ({"name": " "}, "rule_name"),
        ({"body": "\u200b"}, "task_body"),
        ({"kind": "x"}, "kind"),
        ({"weekdays": ""}, "weekdays"),
        ({"from_minute": 1200, "to_minute": 600}, "minutes"),
        ({"kind": "ad", "to_minute": 1300}, "ad_minutes"),
        ({"every_days": 0}, "every_days"),
        ({"most": task_rules.MOST + 1}, "most"),
        ({"last_day": TODAY - timedelta(days=1)}, "days"),
    ):
        with pytest.raises(Invalid) as told:
            async with desk.work() as work:
                await task_rules.make(work, site.operator_id, form(segment, **more))
        assert told.value.details["field"] == field
    for more in ({"segment_id": 99}, {"assignee_id": 99}):
        with pytest.raises(NotFound):
            async with desk.work() as work:
                await task_rules.make(work, site.operator_id, replace(form(segment), **more))
    with pytest.raises(Invalid) as told:  # its only weekday is not among its days
        await on(desk, site, form(segment, weekdays=f"{(TODAY.weekday() + 1) % 7}", last_day=TODAY))
    assert told.value.details["field"] == "never"
    rule_id = await on(desk, site, form(segment))
    with pytest.raises(NameTaken):
        await on(desk, site, form(segment))
    with pytest.raises(ChangedMeanwhile):
        async with desk.work() as work:
            await task_rules.change(work, site.operator_id, rule_id, form(segment), version=1)
    with pytest.raises(InUse):
        async with desk.work() as work:
            await segments.remove(work, site.operator_id, segment)
    async with desk.work() as work:
        await task_rules.remove(work, site.operator_id, rule_id)
        await segments.remove(work, site.operator_id, segment)
    async with desk.look() as session:
        assert await segment_rules.listed(session, TaskRule, site.office_id) == []
        entries = (await session.scalars(select(AuditEntry.what).order_by(AuditEntry.id))).all()
    assert [what for what in entries if what.startswith("task_rule.")] == [
        "task_rule.made", "task_rule.on", "task_rule.removed"
    ]  # fmt: skip


async def test_tasks_of_somebody_whose_account_was_disabled_are_anybodys(
    desk: Desk, clock: Clock, site: Site, people: list[int]
) -> None:
    """Seen failing with the rule's word taken as it was."""
    await on(desk, site, form(await group(desk, site, people[:1]), assignee_id=site.colleague_id))
    async with desk.work() as work:
        (await work.session.get_one(Operator, site.colleague_id)).disabled_at = work.now
    clock.forward(hours=1)
    await run(desk)
    async with desk.look() as session:
        assert (await session.scalars(select(Task.assignee_id))).all() == [None]


async def test_a_rule_is_looked_at_before_it_is_kept(desk: Desk, site: Site, people: list[int]) -> None:
    asked = form(await group(desk, site, people), kind="ad", most=2)
    async with desk.look() as session:
        office = await offices.by_id(session, site.office_id)
        rule = await task_rules.unsaved(session, office, asked)
        plan = await task_runs.plan_now(session, rule, office, desk.clock())
    assert (plan.found, plan.tasks(rule.most), plan.counts) == (3, 0, {"no_consent": 3})


async def planned(desk: Desk, rule_id: int) -> Plan | None:
    async with desk.look() as session:
        return await task_runs.look(session, rule_id, desk.clock())
