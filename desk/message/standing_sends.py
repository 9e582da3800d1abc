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

from desk.customer import segments
from desk.errors import Conflict, Invalid, NotFound
from desk.message import campaigns
from desk.message.audiences import MOST, Pick
from desk.message.campaigns import Letter
from desk.message.standing_times import MINUTES_A_DAY, Hours
from desk.office import offices
from desk.office.people import audit, operator_of
from desk.text import plain
from desk.texts.advertising import NIGHT_FROM, NIGHT_TO
from desk.work import Work
from locales.catalog import tags
from models import Office, StandingRun, StandingSend

MOST_RULES = 100
FARTHEST_DAYS = 3_650
WEEKDAYS = "0123456"
_MORNING, _EVENING = (clock.hour * 60 + clock.minute for clock in (NIGHT_TO, NIGHT_FROM))


class NameTaken(Conflict):
    """Another rule has this name."""

    code = "name_taken"


class ChangedMeanwhile(Conflict):
    """Somebody has changed the rule since it was read."""

    code = "changed_meanwhile"


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
    await _name_is_free(work, rule)
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
    rule, office = await _held(work, operator_id, rule_id)
    if version is not None and version != rule.version:
        raise ChangedMeanwhile("somebody has changed it meanwhile; load the page again", rule_id=rule_id)
    for name, value in (await checked(work.session, office, form, work.now)).items():
        setattr(rule, name, value)
    await _name_is_free(work, rule)
    _changed(work, rule, operator_id)
    if rule.is_on:
        await _plan_anew(work, rule, office)
    await work.session.flush()
    audit(work, operator_id, "standing.changed", f"standing send {rule.id}", _on_record(rule))
    return rule


async def switch(work: Work, operator_id: int, rule_id: int, *, on: bool) -> StandingSend:
    """It runs from its next time on, or no more. What it has written already leaves all the same (the sending is cancelled
    by itself). Raises NotFound, and Invalid where it would never run."""
    rule, office = await _held(work, operator_id, rule_id)
    if rule.is_on == on:
        return rule
    rule.is_on = on
    _changed(work, rule, operator_id)
    await _plan_anew(work, rule, office)
    if on and rule.due_at is None:
        raise Invalid("none of its days is to come", field="never")
    await work.session.flush()
    audit(work, operator_id, "standing.on" if on else "standing.off", f"standing send {rule.id}", {"name": rule.name})
    return rule


async def remove(work: Work, operator_id: int, rule_id: int) -> None:
    """Take a rule away; its runs stay. Raises NotFound."""
    rule, office = await _held(work, operator_id, rule_id)
    rule.is_on, rule.removed_at = False, work.now
    _changed(work, rule, operator_id)
    await _plan_anew(work, rule, office)
    await work.session.flush()
    audit(work, operator_id, "standing.removed", f"standing send {rule.id}", {"name": rule.name})


async def listed(session: AsyncSession, office_id: int) -> Sequence[StandingSend]:
    """The office's rules, by name."""
    query = select(StandingSend).where(StandingSend.office_id == office_id, StandingSend.removed_at.is_(None))
    return (await session.scalars(query.order_by(StandingSend.name, StandingSend.id))).all()


async def one(session: AsyncSession, office_id: int, rule_id: int) -> StandingSend:
    """A rule of this office. Raises NotFound, also for one that was removed."""
    rule = await session.get(StandingSend, rule_id)
    if rule is None or rule.office_id != office_id or rule.removed_at is not None:
        raise NotFound(f"there is no standing send {rule_id}", rule_id=rule_id)
    return rule


async def unsaved(
    session: AsyncSession, office: Office, form: StandingForm, now: datetime, rule_id: int | None = None
) -> StandingSend:
    """A rule to be looked at and not to be kept; with the id of one, what that would be. Raises as `make` does."""
    return StandingSend(
        id=rule_id, office_id=office.id, is_on=False, version=1, **await checked(session, office, form, now)
    )


def hours_of(rule: StandingSend, office: Office) -> Hours:
    """When it runs, by the office's clock."""
    return Hours(office.timezone, rule.weekdays, rule.from_minute, rule.to_minute, rule.first_day, rule.last_day)


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
    weekdays = "".join(sorted(set(form.weekdays)))
    if not weekdays or set(weekdays) - set(WEEKDAYS):
        raise Invalid("on one weekday at the least", field="weekdays")
    if not 0 <= form.from_minute < form.to_minute <= MINUTES_A_DAY:
        raise Invalid("it begins before it ends, on the same day", field="minutes")
    if form.kind == "ad" and not _MORNING <= form.from_minute < form.to_minute <= _EVENING:
        raise Invalid("advertising leaves between 08:00 and 21:00", field="ad_minutes")
    if not 1 <= form.every_days <= FARTHEST_DAYS:
        raise Invalid(f"from 1 to {FARTHEST_DAYS} days apart", field="every_days")
    if not 1 <= form.most <= MOST:
        raise Invalid(f"from 1 to {MOST} texts in a run", field="most")
    if not 2000 <= form.first_day.year <= 2999 or (form.last_day is not None and form.last_day < form.first_day):
        raise Invalid("its last day is not before its first", field="days")
    return {
        "name": name, "segment_id": form.segment_id, "body": text, "kind": form.kind, "language": form.language,
        "weekdays": weekdays, "from_minute": form.from_minute, "to_minute": form.to_minute,
        "every_days": form.every_days, "most": form.most, "first_day": form.first_day, "last_day": form.last_day,
    }  # fmt: skip


async def _plan_anew(work: Work, rule: StandingSend, office: Office) -> None:
    """When it runs next. A run that was due is still due where the rule says so now; else it stands there as missed."""
    hours, was_due = hours_of(rule, office), rule.due_at
    last = await work.session.scalar(
        select(StandingRun.day).where(StandingRun.rule_id == rule.id).order_by(StandingRun.day.desc()).limit(1)
    )
    if was_due is not None and was_due <= work.now:
        day = hours.day_of(was_due)
        if rule.is_on and hours.runs_on(day) and hours.opens(day) <= work.now:
            rule.due_at = hours.opens(day)
            return
        work.session.add(missed(work, rule, day, was_due, "changed" if rule.is_on else "off"))
        last = day
    rule.due_at = hours.following(work.now, last) if rule.is_on else None


def missed(work: Work, rule: StandingSend, day: date, due_at: datetime, why: str) -> StandingRun:
    """The row of a day on which the rule did not run, and why not."""
    late_s = max(0, round((work.now - due_at).total_seconds()))
    return StandingRun(
        office_id=rule.office_id, rule_id=rule.id, day=day, version=rule.version, due_at=due_at, at=work.now,
        late_s=late_s, state="missed", why=why, counts={},
    )  # fmt: skip


def _changed(work: Work, rule: StandingSend, operator_id: int) -> None:
    rule.version += 1
    rule.changed_at, rule.changed_by = work.now, operator_id


def _on_record(rule: StandingSend) -> dict[str, Any]:
    return {
        "name": rule.name, "kind": rule.kind, "segment": rule.segment_id, "every_days": rule.every_days,
        "most": rule.most, "version": rule.version,
    }  # fmt: skip


async def _held(work: Work, operator_id: int, rule_id: int) -> tuple[StandingSend, Office]:
    operator = await operator_of(work, operator_id)
    query = select(StandingSend).where(StandingSend.id == rule_id, StandingSend.office_id == operator.office_id)
    there = query.where(StandingSend.removed_at.is_(None)).with_for_update().execution_options(populate_existing=True)
    rule = (await work.session.scalars(there)).one_or_none()
    if rule is None:
        raise NotFound(f"there is no standing send {rule_id}", rule_id=rule_id)
    return rule, await offices.by_id(work.session, rule.office_id)


async def _name_is_free(work: Work, rule: StandingSend) -> None:
    query = select(StandingSend.id).where(
        StandingSend.office_id == rule.office_id, StandingSend.name == rule.name, StandingSend.removed_at.is_(None)
    )
    with work.session.no_autoflush:
        same = await work.session.scalar(query)
    if same not in (None, rule.id):
        raise NameTaken("there is a standing send of this name already", rule_id=same)
