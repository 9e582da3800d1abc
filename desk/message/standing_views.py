"""Standing sends as the desk looks at them: the rules, when they run next and what their last runs did; one run with its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.errors import NotFound
from desk.message import standing_sends
from desk.views import Json, moment
from models import (
    Customer,
    Operator,
    Segment,
    StandingLeftOut,
    StandingRun,
    StandingSend,
)

LAST = 30


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule, the name of its segment, who changed it last, and its last run."""

    one: StandingSend
    segment: str
    by: str
    last: StandingRun | None

    @property
    def state(self) -> str:
        """ "on", "off", or "over": none of its days is to come."""
        return "off" if not self.one.is_on else "on" if self.one.due_at is not None else "over"

    def as_json(self) -> Json:
        one = self.one
        return {
            "id": one.id,
            "name": one.name,
            "state": self.state,
            "segment_id": one.segment_id,
            "segment": self.segment,
            "kind": one.kind,
            "text": one.body,
            "language": one.language,
            "weekdays": one.weekdays,
            "from_minute": one.from_minute,
            "to_minute": one.to_minute,
            "every_days": one.every_days,
            "most": one.most,
            "first_day": one.first_day.isoformat(),
            "last_day": one.last_day.isoformat() if one.last_day else None,
            "due_at": moment(one.due_at),
            "changed_at": moment(one.changed_at),
            "by": self.by,
            "version": one.version,
            "last_run": run_json(self.last) if self.last else None,
        }


@dataclass(frozen=True, slots=True)
class NotWrittenTo:
    """A customer who got none in a run."""

    id: int
    name: str
    why: str


def run_json(run: StandingRun) -> Json:
    """A run for whoever shows it."""
    return {
        "id": run.id,
        "standing_send_id": run.rule_id,
        "day": run.day.isoformat(),
        "version": run.version,
        "due_at": moment(run.due_at),
        "at": moment(run.at),
        "late_s": run.late_s,
        "state": run.state,
        "why": run.why,
        "found": run.found,
        "texts": run.texts,
        "beyond": run.beyond,
        "left_out": run.counts,
        "campaign_id": run.campaign_id,
    }


async def listed(session: AsyncSession, office_id: int) -> list[RuleView]:
    """The office's rules, by name."""
    return await _seen(session, await standing_sends.listed(session, office_id))


async def one(session: AsyncSession, office_id: int, rule_id: int) -> RuleView:
    """One rule. Raises NotFound."""
    return (await _seen(session, [await standing_sends.one(session, office_id, rule_id)]))[0]


async def runs(session: AsyncSession, office_id: int, rule_id: int) -> Sequence[StandingRun]:
    """The last runs of a rule, the newest first."""
    query = select(StandingRun).where(StandingRun.office_id == office_id, StandingRun.rule_id == rule_id)
    return (await session.scalars(query.order_by(StandingRun.day.desc()).limit(LAST))).all()


async def run(session: AsyncSession, office_id: int, run_id: int) -> tuple[StandingRun, StandingSend]:
    """A run and its rule, also a removed one. Raises NotFound."""
    query = select(StandingRun, StandingSend).join(StandingSend, StandingSend.id == StandingRun.rule_id)
    found = (
        await session.execute(query.where(StandingRun.id == run_id, StandingRun.office_id == office_id))
    ).one_or_none()
    if found is None:
        raise NotFound(f"there is no run {run_id} of a standing send", run_id=run_id)
    return found[0], found[1]


async def left_out(session: AsyncSession, run_id: int, after_id: int = 0, limit: int = 200) -> list[NotWrittenTo]:
    """The customers who got none in a run, as far as they are kept by name, by their ids."""
    query = (
        select(StandingLeftOut.customer_id, Customer.name, StandingLeftOut.why)
        .join(Customer, Customer.id == StandingLeftOut.customer_id)
        .where(StandingLeftOut.run_id == run_id, StandingLeftOut.customer_id > after_id)
        .order_by(StandingLeftOut.customer_id)
        .limit(limit)
    )
    return [NotWrittenTo(each, name, why) for each, name, why in await session.execute(query)]


async def names_of(session: AsyncSession, customer_ids: Sequence[int]) -> dict[int, str]:
    """What these customers are called; they are a few hundred at most."""
    query = select(Customer.id, Customer.name).where(Customer.id.in_(customer_ids))
    return dict((await session.execute(query)).all())


async def rules_of_campaigns(session: AsyncSession, campaign_ids: Sequence[int]) -> dict[int, tuple[int, str]]:
    """Which of these texts to many a standing send wrote: its run, and the rule's name."""
    query = (
        select(StandingRun.campaign_id, StandingRun.id, StandingSend.name)
        .join(StandingSend, StandingSend.id == StandingRun.rule_id)
        .where(StandingRun.campaign_id.in_(campaign_ids))
    )
    return {campaign or 0: (run_id, name) for campaign, run_id, name in await session.execute(query)}


async def _seen(session: AsyncSession, rules: Sequence[StandingSend]) -> list[RuleView]:
    segments = select(Segment.id, Segment.name).where(Segment.id.in_([one.segment_id for one in rules]))
    people = select(Operator.id, Operator.name).where(Operator.id.in_([one.changed_by for one in rules]))
    of_segment = dict((await session.execute(segments)).all())
    by = dict((await session.execute(people)).all())
    last_days = (
        select(StandingRun.rule_id, func.max(StandingRun.day).label("day"))
        .where(StandingRun.rule_id.in_([one.id for one in rules]))
        .group_by(StandingRun.rule_id)
        .subquery()
    )
    of_day = (StandingRun.rule_id == last_days.c.rule_id) & (StandingRun.day == last_days.c.day)
    last = {run.rule_id: run for run in await session.scalars(select(StandingRun).join(last_days, of_day))}
    return [
        RuleView(one, of_segment.get(one.segment_id or 0, ""), by.get(one.changed_by, ""), last.get(one.id))
        for one in rules
    ]
