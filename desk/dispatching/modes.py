"""How much the desk does by itself when an order is taken: everything, propose, or nothing; by line, day of the week and hour.

The hours are rows: what an allowed person sets counts from the next order on, without a restart, and stands in the record. A line
with rows of its own goes by those, the others by the office's; where no row fits, operators do it all ("manual").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import events
from desk.dispatching import searching
from desk.errors import Invalid
from desk.keeping import as_seen
from desk.keeping.as_seen import Outdated
from desk.office import people
from desk.office.people import audit
from desk.trades import RESERVED
from desk.views import Json
from desk.work import Work
from models import Call, DispatchHours, Line, Office, Order
from models.dispatch import MODES

MANUAL = "manual"
AUTOMATIC = "automatic"
SEMI = "semi"
SET = "dispatch.modes_set"
MOST = 100
ALL_DAYS = 127
DAY_MINUTES = 1440
WEEK_MINUTES = 7 * DAY_MINUTES


@dataclass(frozen=True, slots=True)
class Hours:
    """Between two minutes of the day, on `days` (Monday 1, ... Sunday 64, summed), on a line (None: the office's others)."""

    line_id: int | None
    days: int
    from_minute: int
    to_minute: int
    mode: str

    def holds(self, weekday: int, minute: int) -> bool:
        """Whether they hold at a minute of a weekday (Monday 0). Equal minutes: the whole day; a night belongs to its evening."""
        today, yesterday = bool(self.days >> weekday & 1), bool(self.days >> (weekday - 1) % 7 & 1)
        if self.from_minute == self.to_minute:
            return today
        if self.from_minute < self.to_minute:
            return today and self.from_minute <= minute < self.to_minute
        return (today and minute >= self.from_minute) or (yesterday and minute < self.to_minute)

    @property
    def minutes(self) -> int:
        """The minutes of a week in which they hold, as bits; the first is Monday's first."""
        whole = self.from_minute == self.to_minute
        length = DAY_MINUTES if whole else (self.to_minute - self.from_minute) % DAY_MINUTES
        held = 0
        for day in range(7):
            if self.days >> day & 1:
                held |= ((1 << length) - 1) << (day * DAY_MINUTES + (0 if whole else self.from_minute))
        return (held | held >> WEEK_MINUTES) & ((1 << WEEK_MINUTES) - 1)


def mode_at(hours: Iterable[Hours], line_id: int | None, local: datetime) -> str:
    """The mode of a line at a moment of the office's clock. Of several that hold, the first counts. Pure."""
    every = list(hours)
    own = [each for each in every if line_id is not None and each.line_id == line_id]
    for each in own or [each for each in every if each.line_id is None]:
        if each.holds(local.weekday(), local.hour * 60 + local.minute):
            return each.mode
    return MANUAL


async def hours_of(session: AsyncSession, office_id: int) -> list[Hours]:
    """All of an office, as they were set."""
    rows = await session.scalars(
        select(DispatchHours).where(DispatchHours.office_id == office_id).order_by(DispatchHours.id)
    )
    return [Hours(row.line_id, row.days, row.from_minute, row.to_minute, row.mode) for row in rows]


async def lines_of(session: AsyncSession, office_id: int) -> list[Line]:
    """The office's lines."""
    return list(await session.scalars(select(Line).where(Line.office_id == office_id).order_by(Line.id)))


async def now_of(session: AsyncSession, office_id: int, now: datetime) -> dict[int | None, str]:
    """The mode of each line, and under None that of orders that came by none, at `now`."""
    office = await session.get_one(Office, office_id)
    hours, local = await hours_of(session, office_id), now.astimezone(ZoneInfo(office.timezone))
    lines = [None, *(line.id for line in await lines_of(session, office_id))]
    return {line_id: mode_at(hours, line_id, local) for line_id in lines}


async def told(session: AsyncSession, office_id: int, now: datetime) -> Json:
    """The hours as they were set, and the mode of each line now."""
    names = {line.id: f"{line.did} {line.name}" for line in await lines_of(session, office_id)}
    hours = await hours_of(session, office_id)
    return {
        "version": as_seen.mark(*hours),
        "hours": [asdict(each) for each in hours],
        "now": [
            {"line_id": line_id, "line": names.get(line_id) if line_id else None, "mode": mode}
            for line_id, mode in (await now_of(session, office_id, now)).items()
        ],
    }


async def set_hours(work: Work, operator_id: int, hours: Sequence[Hours], seen: str | None = None) -> None:
    """These hours in place of those that are there.

    `seen` is the mark of those that the form was opened with. Raises Invalid, which names the row (from 1) in `details`, and
    Outdated.
    """
    office_id = (await people.operator_of(work, operator_id)).office_id
    await work.session.execute(select(Office.id).where(Office.id == office_id).with_for_update())
    if len(hours) > MOST:
        raise Invalid(f"there are at most {MOST} rows of hours", field="hours", row=MOST + 1)
    lines = {line.id for line in await lines_of(work.session, office_id)}
    for number, each in enumerate(hours, 1):
        _check(each, number, lines)
    _check_each_counts(hours)
    before = await hours_of(work.session, office_id)
    if seen is not None and seen != as_seen.mark(*before):
        raise Outdated("the hours were changed since they were read", fields="hours")
    await work.session.execute(delete(DispatchHours).where(DispatchHours.office_id == office_id))
    for each in hours:
        work.session.add(
            DispatchHours(
                office_id=office_id, line_id=each.line_id, days=each.days, from_minute=each.from_minute,
                to_minute=each.to_minute, mode=each.mode,
            )
        )  # fmt: skip
        await work.session.flush()  # one by one: their order is that of their ids
    audit(work, operator_id, SET, str(office_id), {"before": _told(before), "after": _told(hours)})
    work.tell(events.ModesSet(work.now, office_id, operator_id))


async def of_order(session: AsyncSession, order: Order, now: datetime) -> str:
    """By which mode this order is dispatched at `now`."""
    hours = await hours_of(session, order.office_id)
    if not hours:
        return MANUAL
    office = await session.get_one(Office, order.office_id)
    call = await session.get(Call, order.call_id) if order.call_id is not None else None
    return mode_at(hours, call.line_id if call else None, now.astimezone(ZoneInfo(office.timezone)))


async def taken(work: Work, order: Order) -> None:
    """An order is there, or has got another pick-up: the desk begins by itself what the mode of its line has it do.

    One that is wanted later begins when its own timer says so.
    """
    if order.state == RESERVED:
        return
    mode = await of_order(work.session, order, work.now)
    if mode != MANUAL:
        await searching.begin_by_itself(work, order, proposes=mode == SEMI)


def _check(each: Hours, number: int, lines: set[int]) -> None:
    if each.mode not in MODES:
        raise Invalid(f"row {number}: there is no mode {each.mode}", field="mode", row=number)
    if not 1 <= each.days <= ALL_DAYS:
        raise Invalid(f"row {number}: choose at least one day", field="days", row=number)
    if not (0 <= each.from_minute < DAY_MINUTES and 0 <= each.to_minute < DAY_MINUTES):
        raise Invalid(f"row {number}: hours are from 00:00 to 23:59", field="hours", row=number)
    if each.line_id is not None and each.line_id not in lines:
        raise Invalid(f"row {number}: there is no such line", field="line_id", row=number)


def _check_each_counts(hours: Sequence[Hours]) -> None:
    """Of several rows that hold the first counts: one that the rows before it leave no minute to is a mistake."""
    taken: dict[int | None, int] = {}
    for number, each in enumerate(hours, 1):
        before = taken.get(each.line_id, 0)
        if not each.minutes & ~before:
            raise Invalid(f"row {number}: the rows above leave it no minute", field="covered", row=number)
        taken[each.line_id] = before | each.minutes


def _told(hours: Iterable[Hours]) -> list[dict[str, int | str | None]]:
    return [
        {"line": each.line_id, "days": each.days, "from": each.from_minute, "to": each.to_minute, "mode": each.mode}
        for each in hours
    ]
