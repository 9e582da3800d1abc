"""When operators took no calls: each pause with its reason, and what that comes to by operator and day.

A pause that goes over midnight (the office's) is a row of each of its days, and one that began before or ends after the days
that are asked for counts only with what lies in them; one that is not over counts until now. Whole seconds of the clock, so that
every total is the sum of its rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from desk.clock import days
from desk.clock.days import Span
from models import Office, Operator, OperatorPause


@dataclass(frozen=True, slots=True)
class Away:
    """A pause, as far as it lies in `day`. `begun_by` and `ended_by`: who said so; null: the telephone. `still`: not over."""

    operator_id: int
    name: str
    day: date
    reason: str
    since: datetime
    until: datetime
    still: bool
    begun_by: str | None
    ended_by: str | None

    @property
    def seconds(self) -> int:
        """How long, in whole seconds of the clock."""
        return int(self.until.timestamp()) - int(self.since.timestamp())


@dataclass(frozen=True, slots=True)
class DayAway:
    """An operator's pauses of one day: `seconds` by reason, and how many rows they are of."""

    operator_id: int
    name: str
    day: date
    seconds: Counter[str] = field(default_factory=Counter)
    count: int = 0


@dataclass(frozen=True, slots=True)
class Pauses:
    """The rows by operator and time, the same by operator and day, and all together."""

    rows: tuple[Away, ...]
    days: tuple[DayAway, ...]
    total: Counter[str]


async def look(session: AsyncSession, office: Office, span: Span, now: datetime) -> Pauses:
    """The pauses of these days."""
    begun, ended = aliased(Operator), aliased(Operator)
    query = (
        select(OperatorPause, Operator.name, begun.name, ended.name)
        .join(Operator, Operator.id == OperatorPause.operator_id)
        .outerjoin(begun, begun.id == OperatorPause.begun_by)
        .outerjoin(ended, ended.id == OperatorPause.ended_by)
        .where(
            OperatorPause.office_id == office.id,
            OperatorPause.begun_at < min(span.until, now),
            or_(OperatorPause.ended_at.is_(None), OperatorPause.ended_at > span.since),
        )
        .order_by(Operator.name, Operator.id, OperatorPause.begun_at, OperatorPause.id)
    )
    rows: list[Away] = []
    for pause, name, by, over_by in await session.execute(query):
        end = pause.ended_at or now
        for day, since, until in _by_day(office.timezone, max(pause.begun_at, span.since), min(end, span.until)):
            still = pause.ended_at is None and until == end
            rows.append(
                Away(
                    pause.operator_id,
                    name,
                    day,
                    pause.reason,
                    since,
                    until,
                    still,
                    by,
                    over_by if until == end else None,
                )
            )
    return Pauses(tuple(rows), _summed(rows), sum((Counter({row.reason: row.seconds}) for row in rows), Counter()))


def _by_day(timezone: str, since: datetime, until: datetime) -> Iterator[tuple[date, datetime, datetime]]:
    while since < until:
        day = days.today(timezone, since)
        midnight = days.span(timezone, day, day).until
        yield day, since, min(until, midnight)
        since = midnight


def _summed(rows: Sequence[Away]) -> tuple[DayAway, ...]:
    found: dict[tuple[int, date], DayAway] = {}
    for row in rows:
        before = found.get((row.operator_id, row.day)) or DayAway(row.operator_id, row.name, row.day)
        seconds = before.seconds + Counter({row.reason: row.seconds})
        found[row.operator_id, row.day] = DayAway(row.operator_id, row.name, row.day, seconds, before.count + 1)
    return tuple(found.values())
