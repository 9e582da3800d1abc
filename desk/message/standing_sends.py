"""Standing sends: rules by which a text goes out again and again to whoever is in a segment then. How they are made and kept.

    rule = await standing_sends.make(work, operator_id, form)        # off: nothing goes out before somebody switches it on
    await standing_sends.switch(work, operator_id, rule.id, on=True)

A rule's text is its own: a template that is changed later changes no rule. What a rule does when it is due:
desk/message/standing_runs.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.customer import segment_rules, segments
from desk.customer.segment_rules import MOST_RULES, WEEKDAYS
from desk.errors import Conflict, Invalid
from desk.message import campaigns
from desk.message.audiences import MOST, Pick
from desk.message.campaigns import Letter
from desk.office import offices
from desk.office.people import audit, operator_of
from desk.text import plain
from desk.work import Work
from locales.catalog import tags
from models import Office, StandingRun, StandingSend


@dataclass(frozen=True, slots=True)
class StandingForm:
    """What a rule is made of, as it is kept in models.standing.StandingSend."""

    name: str
    segment_id: int
    text: str
    kind: str
    first_day: date
    last_day: date | None = None
    weekdays: str = WEEKDAYS
    from_minute: int = 600
    to_minute: int = 1200
    every_days: int = 30
    most: int = 500
    language: str = "ko"


async def make(work: Work, operator_id: int, form: StandingForm) -> StandingSend:
    """A new rule, which is off. Raises Invalid, NotFound for a segment that is none, Conflict."""
    operator = await operator_of(work, operator_id)
    office = await offices.by_id(work.session, operator.office_id)
    rule = StandingSend(
        office_id=office.id, is_on=False, made_at=work.now, changed_at=work.now, changed_by=operator.id, version=1,
        **await checked(work.session, office, form, work.now),
    )  # fmt: skip
    await segment_rules.name_is_free(work, rule)
    if len(await listed(work.session, office.id)) >= MOST_RULES:
        raise Conflict(f"there are {MOST_RULES} standing sends, which is the most")
    work.session.add(rule)
    await work.session.flush()
    audit(work, operator.id, "standing.made", f"standing send {rule.id}", _on_record(rule))
    return rule


async def change(
    work: Work, operator_id: int, rule_id: int, form: StandingForm, version: int | None = None
) -> StandingSend:
    """Another text, segment, time; on stays on. Raises Invalid, NotFound, NameTaken, ChangedMeanwhile for an older version.

    A run that was due and has not begun begins by the new rule, where that is due as well; else it was missed.
    """
    rule, office = await segment_rules.held(work, StandingSend, operator_id, rule_id)
    segment_rules.as_read(rule, version)
    for name, value in (await checked(work.session, office, form, work.now)).items():
        setattr(rule, name, value)
    await segment_rules.name_is_free(work, rule)
    segment_rules.changed(work, rule, operator_id)
    if rule.is_on:
        await _plan_anew(work, rule, office)
    await work.session.flush()
    audit(work, operator_id, "standing.changed", f"standing send {rule.id}", _on_record(rule))
    return rule


async def switch(work: Work, operator_id: int, rule_id: int, *, on: bool) -> StandingSend:
    """It runs from its next time on, or no more. What it has written already leaves all the same (the sending is cancelled
    by itself). Raises NotFound, and Invalid where it would never run."""
    rule, office = await segment_rules.held(work, StandingSend, operator_id, rule_id)
    if rule.is_on == on:
        return rule
    rule.is_on = on
    segment_rules.changed(work, rule, operator_id)
    await _plan_anew(work, rule, office)
    if on and rule.due_at is None:
        raise Invalid("none of its days is to come", field="never")
    await work.session.flush()
    audit(work, operator_id, "standing.on" if on else "standing.off", f"standing send {rule.id}", {"name": rule.name})
    return rule


async def remove(work: Work, operator_id: int, rule_id: int) -> None:
    """Take a rule away; its runs stay. Raises NotFound."""
    rule, office = await segment_rules.held(work, StandingSend, operator_id, rule_id)
    rule.is_on, rule.removed_at = False, work.now
    segment_rules.changed(work, rule, operator_id)
    await _plan_anew(work, rule, office)
    await work.session.flush()
    audit(work, operator_id, "standing.removed", f"standing send {rule.id}", {"name": rule.name})


async def listed(session: AsyncSession, office_id: int) -> Sequence[StandingSend]:
    """The office's rules, by name."""
    return await segment_rules.listed(session, StandingSend, office_id)


async def one(session: AsyncSession, office_id: int, rule_id: int) -> StandingSend:
    """A rule of this office. Raises NotFound, also for one that was removed."""
    return await segment_rules.one(session, StandingSend, office_id, rule_id)


async def unsaved(
    session: AsyncSession, office: Office, form: StandingForm, now: datetime, rule_id: int | None = None
) -> StandingSend:
    """A rule to be looked at and not to be kept; with the id of one, what that would be. Raises as `make` does."""
    return StandingSend(
        id=rule_id, office_id=office.id, is_on=False, version=1, **await checked(session, office, form, now)
    )


def letter_of(rule: StandingSend, customers: tuple[int, ...]) -> Letter:
    """What it sends to these."""
    return Letter(Pick(customers=customers), rule.body, rule.kind, None, rule.language)


async def checked(session: AsyncSession, office: Office, form: StandingForm, now: datetime) -> dict[str, Any]:
    """The form as it is kept. Raises Invalid whose `field` says what is not right, and NotFound for the segment."""
    name, text = plain(form.name, 80), campaigns.clean(form.text)
    if not name:
        raise Invalid("a standing send has a name", field="standing_name")
    await segments.one(session, office.id, form.segment_id)
    faults = campaigns.faults_of(
        Letter(Pick(segment_id=form.segment_id), form.text, form.kind, None, form.language), text, office, now
    )
    if faults:
        raise Invalid("this text cannot be sent as it is", field=faults[0])
    if form.language not in tags():
        raise Invalid("that is no language of callboard", field="language")
    return {
        "name": name, "segment_id": form.segment_id, "body": text, "kind": form.kind, "language": form.language,
        **segment_rules.checked_times(form, MOST),
    }  # fmt: skip


async def _plan_anew(work: Work, rule: StandingSend, office: Office) -> None:
    """When it runs next. A run that was due is still due where the rule says so now; else it stands there as missed."""
    last = await work.session.scalar(
        select(StandingRun.day).where(StandingRun.rule_id == rule.id).order_by(StandingRun.day.desc()).limit(1)
    )
    if (gone := segment_rules.plan_anew(rule, office, work.now, last)) is not None:
        work.session.add(missed(work, rule, *gone, "changed" if rule.is_on else "off"))


def missed(work: Work, rule: StandingSend, day: date, due_at: datetime, why: str) -> StandingRun:
    """The row of a day on which the rule did not run, and why not."""
    return StandingRun(
        office_id=rule.office_id, rule_id=rule.id, day=day, version=rule.version, due_at=due_at, at=work.now,
        late_s=segment_rules.late_s(work.now, due_at), state="missed", why=why, counts={},
    )  # fmt: skip


def _on_record(rule: StandingSend) -> dict[str, Any]:
    return {
        "name": rule.name, "kind": rule.kind, "segment": rule.segment_id, "every_days": rule.every_days,
        "most": rule.most, "version": rule.version,
    }  # fmt: skip
