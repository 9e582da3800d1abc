"""What standing sends do when they are due: one run a day for each rule, written whole or not at all.

    plan = await standing_runs.look(session, rule_id, now)                 # who is in the segment now, and who of them gets none
    more = await desk.do(lambda work: standing_runs.advance(work, rule_id, plan))

The segment is asked before anybody writes, as that may take a while. The run, its texts and who gets them are then one
transaction, which holds the rule: of two servers one writes, a crash leaves all of it or nothing, and a plan that was made for
another version of the rule or of its segment is thrown away and made anew. A run whose hours are over is written as missed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Select, String, case, func, literal, null, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.customer import segments
from desk.customer.segment_rules import hours_of
from desk.message import audiences, campaigns
from desk.message.campaigns import NO_FAULT_OF_THE_TEXT, Letter, Prepared
from desk.message.standing_sends import letter_of, missed
from desk.office import offices
from desk.office.people import audit
from desk.texts import consents
from desk.work import Work
from models import (
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

LEFT_OUT = ("had", "blocked", *campaigns.LEFT_OUT)
"""Why somebody of the segment gets none: he had this rule's text, he is not to be served, or as with any text to many."""
KEPT = 200
"""Of those who are left out for one reason so many are kept by name; all are counted."""
SPARE = 200
"""So many more are looked at than a run may have texts: two of them may have one number."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """Who gets a rule's text, in the order in which they do, as it was at one moment.

    `day` is the day of the run; `version` and `segment_version` are what it was made for. `found` are in the segment, `eligible`
    of them are left out for nothing, `customers` are the first of those; `counts` and `left_out` say who is not, and why.
    """

    day: date
    version: int
    segment_version: int
    found: int
    eligible: int
    customers: tuple[int, ...]
    counts: Mapping[str, int]
    left_out: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Outlook:
    """A run as it would be now. `beyond` are more than a run may have: the next one begins with them."""

    plan: Plan
    ready: Prepared
    beyond: int

    @property
    def counts(self) -> dict[str, int]:
        """How many are left out, by the reason."""
        found = Counter(self.plan.counts) + Counter(why for _, why in self.ready.left_out)
        return {why: found[why] for why in LEFT_OUT if found[why]}

    @property
    def left_out(self) -> list[tuple[int, str]]:
        """Who they are: the first of each reason."""
        kept: dict[int, str] = {}
        so_many: Counter[str] = Counter()
        for customer_id, why in (*self.plan.left_out, *((person.id, why) for person, why in self.ready.left_out)):
            if so_many[why] < KEPT and customer_id not in kept:
                so_many[why] += 1
                kept[customer_id] = why
        return list(kept.items())

    @property
    def faults(self) -> list[str]:
        """What keeps the text from being sent at all."""
        return [fault for fault in self.ready.faults if fault not in NO_FAULT_OF_THE_TEXT]


async def due(session: AsyncSession, now: datetime, limit: int = 20) -> list[int]:
    """Rules for which it is time, the longest due first."""
    query = select(StandingSend.id).where(StandingSend.due_at <= now)
    return list(await session.scalars(query.order_by(StandingSend.due_at, StandingSend.id).limit(limit)))


async def next_due(session: AsyncSession) -> datetime | None:
    """When there is something to do again."""
    found: datetime | None = await session.scalar(select(func.min(StandingSend.due_at)))
    return found


async def look(session: AsyncSession, rule_id: int, now: datetime) -> Plan | None:
    """Who would get it in a run at `now`; null for a rule that is gone, or whose run has its hours behind it."""
    rule = await session.get(StandingSend, rule_id)
    if rule is None or rule.due_at is None or rule.segment_id is None:
        return None
    office = await offices.by_id(session, rule.office_id)
    hours = hours_of(rule, office)
    day = hours.day_of(rule.due_at)
    return await plan_for(session, rule, office, day, now) if now < hours.closes(day) else None


async def plan_for(session: AsyncSession, rule: StandingSend, office: Office, day: date, now: datetime) -> Plan:
    """Who would get this rule's text on that day; a rule that is not kept yet has none who had it. It may take a while."""
    assert rule.segment_id is not None
    segment = await segments.one(session, office.id, rule.segment_id)
    members = await segments.who(session, office.id, segment.id, now)
    await segments.with_patience(session)
    why = _why(rule, office, day, now)
    within = Customer.id.in_(members)
    each_why = select(why.label("why")).select_from(Customer).where(within).subquery()
    rows = await session.execute(select(each_why.c.why, func.count()).group_by(each_why.c.why))
    counts: dict[str | None, int] = dict(rows.all())
    left_out: list[tuple[int, str]] = []
    for reason in counts:
        if reason is not None:
            some = select(Customer.id).where(within, why == reason).order_by(Customer.id).limit(KEPT)
            left_out += [(each, reason) for each in await session.scalars(some)]
    had = (
        select(StandingRecipient.customer_id, func.max(StandingRun.day).label("day"))
        .join(StandingRun, StandingRun.id == StandingRecipient.run_id)
        .where(StandingRun.rule_id == (rule.id or 0))
        .group_by(StandingRecipient.customer_id)
        .subquery()
    )
    # Who never had it comes before who had it long ago: with a small `most` everybody has his turn.
    first = (
        select(Customer.id)
        .outerjoin(had, had.c.customer_id == Customer.id)
        .where(within, why.is_(None))
        .order_by(had.c.day.asc().nulls_first(), Customer.id)
        .limit(min(rule.most + SPARE, audiences.MOST))
    )
    chosen = tuple((await session.scalars(first)).all())
    reasons = {reason: count for reason, count in counts.items() if reason is not None}
    return Plan(
        day, rule.version, segment.version, sum(counts.values()), counts.get(None, 0), chosen, reasons, tuple(left_out)
    )


async def outlook(session: AsyncSession, rule: StandingSend, office: Office, plan: Plan, now: datetime) -> Outlook:
    """Each one's text by that plan: as many as a run may have, the first of them first."""
    if not plan.customers:
        faults = campaigns.faults_of(letter_of(rule, (0,)), rule.body, office, now)
        return Outlook(plan, Prepared(faults=faults), 0)
    ready = await campaigns.prepare(session, office.id, letter_of(rule, plan.customers), now)
    turn = {customer_id: n for n, customer_id in enumerate(plan.customers)}
    ready.texts.sort(key=lambda one: turn[one.person.id])
    del ready.texts[rule.most :]
    return Outlook(plan, ready, max(0, plan.eligible - len(ready.texts) - len(ready.left_out)))


async def outlook_now(session: AsyncSession, rule: StandingSend, office: Office, now: datetime) -> Outlook:
    """What a run would do if it were time for it now; nothing is written."""
    plan = await plan_for(session, rule, office, hours_of(rule, office).day_of(now), now)
    return await outlook(session, rule, office, plan, now)


async def advance(work: Work, rule_id: int, plan: Plan | None) -> bool:
    """Do the run that is due, once; whether there is more to do for this rule now: it is to be looked at again."""
    query = select(StandingSend).where(StandingSend.id == rule_id).with_for_update()
    rule = (await work.session.scalars(query.execution_options(populate_existing=True))).one_or_none()
    if rule is None or rule.due_at is None or rule.due_at > work.now:
        return False  # another one has done it meanwhile, or it was switched off
    office = await offices.by_id(work.session, rule.office_id)
    hours = hours_of(rule, office)
    day = hours.day_of(rule.due_at)
    if work.now >= hours.closes(day):
        run = missed(work, rule, day, rule.due_at, "late")
        work.session.add(run)
        await work.session.flush()
        _tell(work, rule, run)
    elif plan is None or not await _still_so(work, rule, plan, day):
        return True
    else:
        await _run(work, rule, office, plan, hours.closes(day))
    rule.due_at = hours.following(rule.due_at, day)
    await work.session.flush()
    return rule.due_at is not None and rule.due_at <= work.now


async def _still_so(work: Work, rule: StandingSend, plan: Plan, day: date) -> bool:
    version = await work.session.scalar(select(Segment.version).where(Segment.id == rule.segment_id))
    return (plan.day, plan.version, plan.segment_version) == (day, rule.version, version)


async def _run(work: Work, rule: StandingSend, office: Office, plan: Plan, until: datetime) -> None:
    assert rule.due_at is not None
    plan = await _without_blocked(work.session, plan)
    then = await outlook(work.session, rule, office, plan, work.now)
    run = StandingRun(
        office_id=office.id, rule_id=rule.id, day=plan.day, version=rule.version, due_at=rule.due_at, at=work.now,
        late_s=round((work.now - rule.due_at).total_seconds()), state="refused" if then.faults else "done",
        why=then.faults[0] if then.faults else None, found=plan.found, texts=0, beyond=then.beyond, counts=then.counts,
    )  # fmt: skip
    if then.ready.texts and not then.faults:
        texts = Prepared(then.ready.texts)
        letter: Letter = letter_of(rule, plan.customers)
        run.campaign_id = (await campaigns.write(work, office, rule.changed_by, letter, texts, until)).id
        run.texts = len(texts.texts)
    work.session.add(run)
    await work.session.flush()
    if run.campaign_id is not None:
        got = [{"run_id": run.id, "customer_id": one.person.id, "number": one.person.phone} for one in then.ready.texts]
        await campaigns.insert_some(work, StandingRecipient, got)
    left = [{"run_id": run.id, "customer_id": each, "why": why} for each, why in then.left_out]
    await campaigns.insert_some(work, StandingLeftOut, left)
    _tell(work, rule, run)


async def _without_blocked(session: AsyncSession, plan: Plan) -> Plan:
    """Whoever was barred since the segment was asked gets none either."""
    barred: set[int] = set()
    for at in range(0, len(plan.customers), campaigns.AT_A_TIME):
        some = plan.customers[at : at + campaigns.AT_A_TIME]
        query = select(Customer.id).where(Customer.id.in_(some), Customer.blocked_reason.is_not(None))
        barred |= set(await session.scalars(query))
    if not barred:
        return plan
    return replace(
        plan,
        eligible=plan.eligible - len(barred),
        customers=tuple(each for each in plan.customers if each not in barred),
        counts=Counter(plan.counts) + Counter({"blocked": len(barred)}),
        left_out=(*plan.left_out, *((each, "blocked") for each in sorted(barred))),
    )


def _tell(work: Work, rule: StandingSend, run: StandingRun) -> None:
    told: dict[str, Any] = {"day": run.day.isoformat(), "run": run.id, "state": run.state, "texts": run.texts}
    told |= {"why": run.why} if run.why else {}
    audit(work, None, f"standing.{run.state}", f"standing send {rule.id}", told)
    if run.state != "done":
        log.warning("a standing send did not run", rule_id=rule.id, day=run.day.isoformat(), why=run.why)


# --- asking ---------------------------------------------------------------------------------------------------------------


def _why(rule: StandingSend, office: Office, day: date, now: datetime) -> ColumnElement[str | None]:
    """Of a customer why he gets none; null: he does."""
    reasons: list[tuple[ColumnElement[bool], Any]] = [
        (Customer.blocked_reason.is_not(None), literal("blocked", String)),
        (_had(rule, office, day), literal("had", String)),
        (~consents.has_number(office.id), literal("no_number", String)),
    ]
    if rule.kind == "ad":
        return case(*reasons, else_=consents.against_ads(office, now))
    return case(*reasons, (consents.has_refused(office.id), literal("refused", String)), else_=null())


def _had(rule: StandingSend, office: Office, day: date) -> ColumnElement[bool]:
    """He had this rule's text so few days ago, or somebody else did by a number that is his now. Days are the office's.

    What never left (its hours were over, or somebody cancelled it) is no text that he had; what was refused by the network is.
    """
    never_left = (
        select(Message.id)
        .where(
            Message.campaign_id == StandingRun.campaign_id,
            Message.recipient == StandingRecipient.number,
            Message.state == "expired",
            Message.provider_id.is_(None),
        )
        .exists()
    )

    def lately(column: Any) -> Select[Any]:
        return (
            select(column)
            .join(StandingRun, StandingRun.id == StandingRecipient.run_id)
            .where(
                StandingRun.rule_id == (rule.id or 0),
                StandingRun.day > day - timedelta(days=rule.every_days),
                ~never_left,
            )
        )

    numbers = lately(StandingRecipient.number)
    theirs = select(CustomerPhone.customer_id).where(
        CustomerPhone.office_id == office.id, CustomerPhone.number.in_(numbers)
    )
    return or_(Customer.id.in_(lately(StandingRecipient.customer_id)), Customer.id.in_(theirs))
