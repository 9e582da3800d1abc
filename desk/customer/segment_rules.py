"""What rules for a segment have in common, whatever they do when they are due: their times, how they are found, held and changed.

hours = segment_rules.hours_of(rule, office)
missed = segment_rules.plan_anew(rule, office, work.now, last_run)    # after a change: when it runs next, and what it missed
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.clock.weekly_hours import MINUTES_A_DAY, Hours
from desk.errors import Conflict, Invalid, NotFound
from desk.office import offices
from desk.office.people import operator_of
from desk.texts.advertising import NIGHT_FROM, NIGHT_TO
from desk.work import Work
from models import Office
from models.repeating import Repeating

MOST_RULES = 100
FARTHEST_DAYS = 3_650
WEEKDAYS = "0123456"
_MORNING, _EVENING = (clock.hour * 60 + clock.minute for clock in (NIGHT_TO, NIGHT_FROM))
R = TypeVar("R", bound=Repeating)


class NameTaken(Conflict):
    """Another rule has this name."""

    code = "name_taken"


class ChangedMeanwhile(Conflict):
    """Somebody has changed the rule since it was read."""

    code = "changed_meanwhile"


class Times(Protocol):
    """What a form says of when, how often and to how many, as models.repeating.Repeating keeps it."""

    @property
    def kind(self) -> str: ...
    @property
    def weekdays(self) -> str: ...
    @property
    def from_minute(self) -> int: ...
    @property
    def to_minute(self) -> int: ...
    @property
    def every_days(self) -> int: ...
    @property
    def most(self) -> int: ...
    @property
    def first_day(self) -> date: ...
    @property
    def last_day(self) -> date | None: ...


def checked_times(form: Times, most: int) -> dict[str, Any]:
    """The times as they are kept. Raises Invalid whose `field` says what is not right."""
    weekdays = "".join(sorted(set(form.weekdays)))
    if not weekdays or set(weekdays) - set(WEEKDAYS):
        raise Invalid("on one weekday at the least", field="weekdays")
    if not 0 <= form.from_minute < form.to_minute <= MINUTES_A_DAY:
        raise Invalid("it begins before it ends, on the same day", field="minutes")
    if form.kind == "ad" and not _MORNING <= form.from_minute < form.to_minute <= _EVENING:
        raise Invalid("advertising is between 08:00 and 21:00", field="ad_minutes")
    if not 1 <= form.every_days <= FARTHEST_DAYS:
        raise Invalid(f"from 1 to {FARTHEST_DAYS} days apart", field="every_days")
    if not 1 <= form.most <= most:
        raise Invalid(f"from 1 to {most} in a run", field="most")
    if not 2000 <= form.first_day.year <= 2999 or (form.last_day is not None and form.last_day < form.first_day):
        raise Invalid("its last day is not before its first", field="days")
    return {
        "weekdays": weekdays, "from_minute": form.from_minute, "to_minute": form.to_minute,
        "every_days": form.every_days, "most": form.most, "first_day": form.first_day, "last_day": form.last_day,
    }  # fmt: skip


def hours_of(rule: Repeating, office: Office) -> Hours:
    """When it runs, by the office's clock."""
    return Hours(office.timezone, rule.weekdays, rule.from_minute, rule.to_minute, rule.first_day, rule.last_day)


def plan_anew(rule: Repeating, office: Office, now: datetime, last: date | None) -> tuple[date, datetime] | None:
    """When it runs next, after a change; `last` is the day of its last run.

    A run that was due is still due where the rule says so now; else that day and when it was due are given back: it was missed.
    """
    hours, was_due, missed = hours_of(rule, office), rule.due_at, None
    if was_due is not None and was_due <= now:
        day = hours.day_of(was_due)
        if rule.is_on and hours.runs_on(day) and hours.opens(day) <= now:
            rule.due_at = hours.opens(day)
            return None
        missed, last = (day, was_due), day
    rule.due_at = hours.following(now, last) if rule.is_on else None
    return missed


def late_s(now: datetime, due_at: datetime) -> int:
    """So many seconds after its time."""
    return max(0, round((now - due_at).total_seconds()))


def changed(work: Work, rule: Repeating, operator_id: int) -> None:
    """It has another version, of now and of him."""
    rule.version += 1
    rule.changed_at, rule.changed_by = work.now, operator_id


async def listed(session: AsyncSession, model: type[R], office_id: int) -> Sequence[R]:
    """The office's rules of this kind, by name."""
    query = select(model).where(model.office_id == office_id, model.removed_at.is_(None))
    return (await session.scalars(query.order_by(model.name, model.id))).all()


async def one(session: AsyncSession, model: type[R], office_id: int, rule_id: int) -> R:
    """A rule of this office. Raises NotFound, also for one that was removed."""
    rule = await session.get(model, rule_id)
    if rule is None or rule.office_id != office_id or rule.removed_at is not None:
        raise NotFound(f"there is no rule {rule_id}", rule_id=rule_id)
    return rule


async def held(work: Work, model: type[R], operator_id: int, rule_id: int) -> tuple[R, Office]:
    """The rule, fresh, held against other writers. Raises NotFound."""
    operator = await operator_of(work, operator_id)
    query = select(model).where(model.id == rule_id, model.office_id == operator.office_id)
    there = query.where(model.removed_at.is_(None)).with_for_update().execution_options(populate_existing=True)
    rule = (await work.session.scalars(there)).one_or_none()
    if rule is None:
        raise NotFound(f"there is no rule {rule_id}", rule_id=rule_id)
    return rule, await offices.by_id(work.session, rule.office_id)


async def name_is_free(work: Work, rule: Repeating) -> None:
    """Raises NameTaken."""
    model = type(rule)
    query = select(model.id).where(
        model.office_id == rule.office_id, model.name == rule.name, model.removed_at.is_(None)
    )
    with work.session.no_autoflush:
        same = await work.session.scalar(query)
    if same not in (None, rule.id):
        raise NameTaken("there is a rule of this name already", rule_id=same)


def as_read(rule: Repeating, version: int | None) -> None:
    """Raises ChangedMeanwhile where somebody has read another version; null: whatever stands there."""
    if version is not None and version != rule.version:
        raise ChangedMeanwhile("somebody has changed it meanwhile; load the page again", rule_id=rule.id)
