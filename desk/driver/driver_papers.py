"""Licences and insurances that run out: told 30, 7 and 1 days before, and on the last day; each once.

The office has a row that waits until somebody has seen to it; the driver has a text, written with that row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from desk import events
from desk.driver.driver_access import house_language
from desk.office import people
from desk.work import Work
from locales.catalog import Catalog
from models import Driver, Message, Office, PaperAlarm

BEFORE_DAYS = (0, 1, 7, 30)
NOT_BEFORE = time(9, 0)
"""By the office's clock: what is due at midnight wakes nobody."""
PAPERS = (("licence", Driver.licence_until), ("insurance", Driver.insurance_until))


@dataclass(frozen=True, slots=True)
class Alarm:
    """A paper that runs out on `until`; `days` are left (negative: it has run out)."""

    driver_id: int
    number: str
    name: str
    paper: str
    until: date
    days: int


def due(until: date, today: date) -> int | None:
    """Which warning is due: 0 once the last day is over or here, else 1, 7 or 30 days before it, or none. Pure."""
    left = (until - today).days
    return next((days for days in BEFORE_DAYS if left <= days), None)


async def look(work: Work) -> int:
    """Write down the warnings that are due by each office's own calendar; how many are new."""
    new = 0
    for office in (await work.session.scalars(select(Office))).all():
        today = work.now.astimezone(ZoneInfo(office.timezone)).date()
        new_here = await _look(work, office, today)
        new += new_here
        if new_here:
            work.tell(events.PapersTold(work.now, office.id))
    await work.session.flush()
    return new


async def open_alarms(session: AsyncSession, office_id: int, today: date) -> list[Alarm]:
    """What nobody has put aside yet and still is true, the most pressing first; a paper once."""
    query = (
        select(PaperAlarm, Driver)
        .join(Driver, Driver.id == PaperAlarm.driver_id)
        .where(Driver.office_id == office_id, Driver.disabled_at.is_(None), PaperAlarm.seen_at.is_(None))
        .order_by(PaperAlarm.until, PaperAlarm.days, PaperAlarm.id)
    )
    found: dict[tuple[int, str], Alarm] = {}
    for row, driver in (await session.execute(query)).all():
        if getattr(driver, f"{row.paper}_until") == row.until:
            alarm = Alarm(driver.id, driver.number, driver.name, row.paper, row.until, (row.until - today).days)
            found.setdefault((driver.id, row.paper), alarm)
    return list(found.values())


async def open_count(session: AsyncSession, office_id: int) -> int:
    """How many warnings wait for somebody."""
    return len(await open_alarms(session, office_id, date.min))


async def put_aside(work: Work, operator_id: int, driver_id: int) -> None:
    """Somebody has seen to the warnings of this driver; the next ones are told again."""
    operator = await people.operator_of(work, operator_id)
    ours = select(Driver.id).where(Driver.id == driver_id, Driver.office_id == operator.office_id)
    await work.session.execute(
        update(PaperAlarm)
        .where(PaperAlarm.driver_id.in_(ours), PaperAlarm.seen_at.is_(None))
        .values(seen_at=work.now, seen_by=operator_id)
    )
    work.tell(events.PapersTold(work.now, operator.office_id))


async def _look(work: Work, office: Office, today: date) -> int:
    soon = today + timedelta(days=max(BEFORE_DAYS))
    near = or_(*(column <= soon for _, column in PAPERS))
    query = select(Driver).where(Driver.office_id == office.id, Driver.disabled_at.is_(None), near)
    drivers = (await work.session.scalars(query)).all()
    ids = [driver.id for driver in drivers]
    query_told = select(PaperAlarm.driver_id, PaperAlarm.paper, PaperAlarm.until, PaperAlarm.days)
    told = {tuple(row) for row in await work.session.execute(query_told.where(PaperAlarm.driver_id.in_(ids)))}
    new = 0
    for driver in drivers:
        for paper, _ in PAPERS:
            until = getattr(driver, f"{paper}_until")
            days = due(until, today) if until is not None else None
            if days is not None and (driver.id, paper, until, days) not in told:
                work.session.add(PaperAlarm(driver_id=driver.id, paper=paper, until=until, days=days, told_at=work.now))
                await _tell(work, office, driver, paper, until, today)
                new += 1
    return new


async def _tell(work: Work, office: Office, driver: Driver, paper: str, until: date, today: date) -> None:
    language = driver.language or await house_language(work.session, office.id)
    words, left = Catalog.load(language), (until - today).days
    key = f"sms.paper.{'soon' if left > 0 else 'today' if left == 0 else 'over'}"
    text = words.text(key, paper=words.text(f"drivers.paper.{paper}"), until=until.isoformat(), count=left)
    by_day = datetime.combine(today, NOT_BEFORE, ZoneInfo(office.timezone))
    message = Message(
        office_id=office.id, audience="driver", recipient=driver.phone, sender=office.sms_sender, text_key=key,
        language=language, text=text, state="queued", next_try_at=max(work.now, by_day.astimezone(UTC)),
        created_at=work.now, updated_at=work.now,
    )  # fmt: skip
    work.session.add(message)
    await work.session.flush()
    work.tell(events.MessageChanged(work.now, message.id, None, message.state))
