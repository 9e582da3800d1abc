"""Why a driver may not take an order, or not go on duty: one list of reasons for everybody who asks.

    listed, offered, assigned, accepted  ->  reasons_for(order, drivers)
    on duty                              ->  papers_out(driver)

Each reason is a key: `panel.unfit.<key>` says it in a list, `errors.unfit_<key>` to whoever wanted it all the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Integer, Row, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.errors import DriverNotFree
from desk.views import Json
from models import Driver, DriverBlock, DriverSkill, Office, Order

OUTSIDE_HOURS = "outside_hours"
"""The only reason that an operator may put aside: the driver is on duty, so he can be asked in person."""
BLOCKED = "blocked"
SOON = timedelta(days=30)
Papers = tuple[tuple[str, date], ...]
"""Names of papers ("licence", "insurance"), each with its last day."""
_DRIVER = Driver.__table__.c
COLUMNS = (
    _DRIVER.id,
    _DRIVER.disabled_at,
    _DRIVER.licence_until,
    _DRIVER.insurance_until,
    _DRIVER.works_days,
    _DRIVER.works_from,
    _DRIVER.works_until,
)
"""What of a driver's row decides."""
_TIMEZONE = select(Office.__table__.c.timezone).where(Office.__table__.c.id == bindparam("office"))
_BLOCK = DriverBlock.__table__.c
_BLOCKS = select(_BLOCK.driver_id).where(_BLOCK.customer_id == bindparam("customer"), _BLOCK.ended_at.is_(None))


class DriverUnfit(DriverNotFree):
    """The driver may not take this order, or not go on duty. `details["reason"]` is the reason's key; `code` ends with it."""

    code = "driver_unfit"

    def __init__(self, driver: Driver, reason: str, why: str | None = None) -> None:
        super().__init__(
            f"driver {driver.number} may not: {reason}",
            driver_id=driver.id,
            driver_number=driver.number,
            driver_name=driver.name,
            reason=reason,
            **({"why": why} if why is not None else {}),
        )
        self.code = f"unfit_{reason}"


@dataclass(frozen=True, slots=True)
class Record:
    """What decides, of one driver. Papers without a date are not known, and decide nothing."""

    disabled: bool
    licence_until: date | None
    insurance_until: date | None
    works_days: str | None
    works_from: time | None
    works_until: time | None
    skills: frozenset[str] = frozenset()
    blocked: bool = False


def unfit(record: Record, wants: Collection[str], at: datetime) -> str | None:
    """The first reason why he may not at local time `at`, or None. Pure."""
    if record.disabled:
        return "disabled"
    if record.blocked:
        return BLOCKED
    out = expired(record.licence_until, record.insurance_until, at.date())
    if out is not None:
        return out
    for skill in wants:
        if skill not in record.skills:
            return f"skill_{skill}"
    return None if is_working_time(record, at) else OUTSIDE_HOURS


def expired(licence_until: date | None, insurance_until: date | None, today: date) -> str | None:
    """Which paper has run out: each is good to the end of the day that it names. Pure."""
    if licence_until is not None and licence_until < today:
        return "licence_expired"
    if insurance_until is not None and insurance_until < today:
        return "insurance_expired"
    return None


def soon_out(licence_until: date | None, insurance_until: date | None, today: date) -> Papers:
    """Papers that run out within a month, or have: what to tell whoever is about to give him an order. Pure."""
    papers = (("licence", licence_until), ("insurance", insurance_until))
    return tuple((name, until) for name, until in papers if until is not None and until <= today + SOON)


def papers_json(papers: Papers) -> list[Json]:
    """The same as the outside sees it."""
    return [{"paper": name, "until": until.isoformat()} for name, until in papers]


def is_working_time(record: Record, at: datetime) -> bool:
    """Whether local time `at` lies in the driver's hours; hours over midnight belong to the day that they begin on. Pure."""
    begin, end = record.works_from, record.works_until
    if begin is None or end is None or begin == end:
        return _works_on(record, at.date())
    now = at.time()
    if begin < end:
        return begin <= now < end and _works_on(record, at.date())
    if now >= begin:
        return _works_on(record, at.date())
    return now < end and _works_on(record, at.date() - timedelta(days=1))


def _works_on(record: Record, day: date) -> bool:
    return not record.works_days or str(day.isoweekday()) in record.works_days


async def reasons_for(
    session: AsyncSession, order: Order, drivers: Sequence[Row[Any] | Driver], now: datetime
) -> Mapping[int, str]:
    """Those of the drivers who may not take the order at `now`, each with the reason's key.

    Rows with `COLUMNS` will do. One to three small queries, however many they are.
    """
    if not drivers:
        return {}
    timezone = (await session.execute(_TIMEZONE, {"office": order.office_id})).scalar_one()
    at = now.astimezone(ZoneInfo(timezone))
    wants = tuple(order.wants or ())
    skills = await _skills(session, [driver.id for driver in drivers], wants) if wants else {}
    blocked = await _blocked(session, order)
    found = {}
    for driver in drivers:
        record = Record(
            disabled=driver.disabled_at is not None,
            licence_until=driver.licence_until,
            insurance_until=driver.insurance_until,
            works_days=driver.works_days,
            works_from=driver.works_from,
            works_until=driver.works_until,
            skills=frozenset(skills.get(driver.id, ())),
            blocked=driver.id in blocked,
        )
        reason = unfit(record, wants, at)
        if reason is not None:
            found[driver.id] = reason
    return found


async def check(session: AsyncSession, order: Order, driver: Driver, now: datetime, *, by_operator: bool) -> None:
    """Raises DriverUnfit where the driver may not take the order; who asked for a pair to be kept apart is told to operators."""
    reason = (await reasons_for(session, order, [driver], now)).get(driver.id)
    if reason is None or (by_operator and reason == OUTSIDE_HOURS):
        return
    why = await _why_blocked(session, order, driver) if by_operator and reason == BLOCKED else None
    raise DriverUnfit(driver, reason, why)


async def check_duty(session: AsyncSession, driver: Driver, now: datetime) -> None:
    """Raises DriverUnfit where he may not go on duty: a paper has run out, or he drives for the office no more."""
    office = await session.get_one(Office, driver.office_id)
    today = now.astimezone(ZoneInfo(office.timezone)).date()
    reason = "disabled" if driver.disabled_at else expired(driver.licence_until, driver.insurance_until, today)
    if reason is not None:
        raise DriverUnfit(driver, reason)


def is_skilled() -> ColumnElement[bool]:
    """Of a driver in SQL: whether he has all of so `many` different `skills`, which the statement is given when it is run."""
    skill = DriverSkill.__table__.c
    has = (
        select(func.count())
        .select_from(DriverSkill.__table__)
        .where(skill.driver_id == _DRIVER.id, skill.skill.in_(bindparam("skills", expanding=True)))
        .correlate(Driver.__table__)
        .scalar_subquery()
    )
    return has == bindparam("many", type_=Integer)


async def _skills(session: AsyncSession, driver_ids: Collection[int], wants: Collection[str]) -> dict[int, set[str]]:
    query = select(DriverSkill.driver_id, DriverSkill.skill)
    query = query.where(DriverSkill.driver_id.in_(driver_ids), DriverSkill.skill.in_(wants))
    skills: dict[int, set[str]] = {}
    for driver_id, skill in (await session.execute(query)).all():
        skills.setdefault(driver_id, set()).add(skill)
    return skills


async def _blocked(session: AsyncSession, order: Order) -> set[int]:
    if order.customer_id is None:
        return set()
    return set((await session.execute(_BLOCKS, {"customer": order.customer_id})).scalars())


async def _why_blocked(session: AsyncSession, order: Order, driver: Driver) -> str | None:
    query = select(DriverBlock.reason).where(
        DriverBlock.customer_id == order.customer_id,
        DriverBlock.driver_id == driver.id,
        DriverBlock.ended_at.is_(None),
    )
    return await session.scalar(query.limit(1))
