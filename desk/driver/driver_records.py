"""What the office keeps of its drivers: registered and changed by an administrator, on record; grades with reasons."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import date, time
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from desk import events, numbers, trades
from desk.driver import driver_access, offers
from desk.driver.drivers import known, not_erased, of_office
from desk.errors import Conflict, Invalid
from desk.keeping import as_seen
from desk.office import people
from desk.office.people import audit
from desk.text import optional, plain
from desk.work import Work
from models import Driver, DriverGrade, DriverGroup, DriverPhone, DriverSkill, Office, Operator

GRADES = ("A", "B", "C", "D")
MOST_PHONES = 5
MOST_GROUPS = 10
PLAIN = ("name", "language", "licence_number", "insurance_number", "base_area", "note")
TOLD_WITHOUT_WORDS = frozenset({"name", "licence_number", "insurance_number", "note"})
"""What the record of who did what does not repeat: that it was changed is enough. It stays for ever, and he may be erased."""
TOLD_MASKED = frozenset({"phone", "phones"})
"""What it repeats with the middle hidden."""


class NumberTaken(Conflict):
    """Another driver of the office has this short number. `details["driver_name"]` is his name."""

    code = "number_taken"


@dataclass(frozen=True, slots=True)
class Record:
    """The form. `number` is the desk's short number; `phone` and `phones` are as people write them."""

    number: str
    name: str
    phone: str
    phones: tuple[str, ...] = ()
    language: str | None = None
    licence_number: str | None = None
    licence_until: date | None = None
    insurance_number: str | None = None
    insurance_until: date | None = None
    base_area: str | None = None
    works_days: str | None = None
    works_from: time | None = None
    works_until: time | None = None
    note: str | None = None
    skills: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


async def register(work: Work, operator_id: int, form: Record) -> Driver:
    """A new driver, off duty. Raises Invalid (with the field), NumberTaken."""
    operator = await people.operator_of(work, operator_id)
    office = await work.session.get_one(Office, operator.office_id)
    wanted = _wanted(form, office)
    driver = Driver(office_id=office.id, state="off", **_columns(wanted))
    await _write(work, driver)
    await _lists(work, driver.id, wanted)
    audit(work, operator_id, "driver.registered", str(driver.id), {"number": driver.number})
    return driver


async def change(work: Work, operator_id: int, driver_id: int, form: Record, seen: str | None = None) -> Driver:
    """The record as the form has it; what changed, and from what, is on record.

    `seen` is the mark of the record that the form was opened with. Raises Invalid, NumberTaken, NotFound, Outdated.
    """
    operator = await people.operator_of(work, operator_id)
    office = await work.session.get_one(Office, operator.office_id)
    driver = await of_office(work.session, office.id, driver_id)
    await work.session.refresh(driver, with_for_update=True)
    not_erased(driver)
    before = await record_of(work.session, driver)
    wanted = _wanted(form, office)
    as_seen.check(seen, before, wanted)
    for name, value in _columns(wanted).items():
        setattr(driver, name, value)
    await _write(work, driver)
    await _lists(work, driver.id, wanted)
    told = _changes(before, wanted)
    if told:
        audit(work, operator_id, "driver.changed", str(driver.id), told)
    if {"licence_until", "insurance_until"} & told.keys():
        work.tell(events.PapersTold(work.now, driver.office_id))
    return driver


async def record_of(session: AsyncSession, driver: Driver) -> Record:
    """The record as it is; phones are E.164."""
    phones = await session.scalars(
        select(DriverPhone.number).where(DriverPhone.driver_id == driver.id).order_by(DriverPhone.id)
    )
    skills = await session.scalars(select(DriverSkill.skill).where(DriverSkill.driver_id == driver.id))
    groups = await session.scalars(
        select(DriverGroup.name).where(DriverGroup.driver_id == driver.id).order_by(DriverGroup.name)
    )
    single = {one.name: getattr(driver, one.name) for one in fields(Record) if hasattr(driver, one.name)}
    return Record(**single, phones=tuple(phones), skills=tuple(sorted(skills)), groups=tuple(groups))


async def grade(work: Work, operator_id: int, driver_id: int, after: str, reason: str) -> DriverGrade:
    """Another grade, with its reason, which the driver may be told. Raises Invalid, NotFound."""
    operator = await people.operator_of(work, operator_id)
    driver = await known(work.session, operator.office_id, driver_id)
    why = plain(reason, 200)
    if after not in GRADES:
        raise Invalid("that is no grade", field="grade")
    if not why:
        raise Invalid("a grade has a reason", field="reason")
    row = DriverGrade(driver_id=driver.id, at=work.now, before=driver.grade, after=after, reason=why, by=operator_id)
    work.session.add(row)
    driver.grade = after
    await work.session.flush()
    audit(work, operator_id, "driver.graded", str(driver.id), {"before": row.before, "after": after})
    return row


async def grades(session: AsyncSession, driver_id: int) -> list[tuple[DriverGrade, str]]:
    """Every change of his grade, newest first, with who made it."""
    query = select(DriverGrade, Operator.name).join(Operator, Operator.id == DriverGrade.by)
    found = await session.execute(query.where(DriverGrade.driver_id == driver_id).order_by(DriverGrade.id.desc()))
    return [(row, name) for row, name in found]


async def disable(work: Work, operator_id: int, driver_id: int, reason: str) -> None:
    """He drives for the office no more: off duty, signed out, asked for nothing. A trip that he is on he brings to its end."""
    operator = await people.operator_of(work, operator_id)
    driver = await known(work.session, operator.office_id, driver_id)
    why = plain(reason, 200)
    if not why:
        raise Invalid("say why he drives no more", field="reason")
    driver.disabled_at = driver.disabled_at or work.now
    if driver.state == "free":
        driver.state, driver.free_since = "off", None
    await driver_access.end_sessions(work, driver.id)
    await offers.withdraw_of_driver(work, driver.id, "the driver drives no more")
    await work.session.flush()
    audit(work, operator_id, "driver.disabled", str(driver.id), {"reason": why})


async def enable(work: Work, operator_id: int, driver_id: int) -> None:
    """He drives again."""
    operator = await people.operator_of(work, operator_id)
    driver = await known(work.session, operator.office_id, driver_id)
    driver.disabled_at = None
    await work.session.flush()
    audit(work, operator_id, "driver.enabled", str(driver.id), {})


def _wanted(form: Record, office: Office) -> Record:
    """The form with everything as it is stored. Raises Invalid with the field's name."""
    number, name = plain(form.number, 8), plain(form.name, 80)
    if not number or not number.isascii() or not number.isalnum():
        raise Invalid("a driver has a number of digits or letters", field="number")
    if not name:
        raise Invalid("a driver has a name", field="name")
    phone = _phone(form.phone, office, "phone")
    phones = tuple(dict.fromkeys(_phone(one, office, "phones") for one in form.phones if plain(one)))
    groups = tuple(dict.fromkeys(plain(one, 40) for one in form.groups if plain(one)))
    if len(phones) > MOST_PHONES:
        raise Invalid("too many phones", field="phones")
    if len(groups) > MOST_GROUPS:
        raise Invalid("too many groups", field="groups")
    days = "".join(sorted(set(form.works_days or "")))
    if not set(days) <= set("1234567"):
        raise Invalid("days are 1 to 7", field="works_days")
    if (form.works_from is None) != (form.works_until is None):
        raise Invalid("hours have a beginning and an end", field="works_until")
    return Record(
        number=number,
        name=name,
        phone=phone,
        phones=tuple(one for one in phones if one != phone),
        language=form.language or None,
        licence_number=optional(form.licence_number, 40),
        licence_until=form.licence_until,
        insurance_number=optional(form.insurance_number, 60),
        insurance_until=form.insurance_until,
        base_area=optional(form.base_area, 80),
        works_days=days or None,
        works_from=form.works_from,
        works_until=form.works_until,
        note=optional(form.note, 500),
        skills=tuple(trades.load(office.trade).wanted(form.skills)),
        groups=groups,
    )


def _phone(told: str, office: Office, field: str) -> str:
    number = numbers.normalise(told, office.country).e164
    if number is None:
        raise Invalid("that is not a telephone number", field=field)
    return number


def _columns(wanted: Record) -> dict[str, Any]:
    return {
        one.name: getattr(wanted, one.name) for one in fields(Record) if one.name not in ("phones", "skills", "groups")
    }


async def _write(work: Work, driver: Driver) -> None:
    taken = select(Driver.name).where(Driver.office_id == driver.office_id, Driver.number == driver.number)
    if driver.id is not None:
        taken = taken.where(Driver.id != driver.id)
    with work.session.no_autoflush:
        holder = await work.session.scalar(taken)
    if holder is not None:
        raise NumberTaken(f"number {driver.number} is another driver's", driver_name=holder, number=driver.number)
    try:
        async with work.session.begin_nested():
            work.session.add(driver)
    except IntegrityError as error:
        raise NumberTaken(f"number {driver.number} is another driver's", number=driver.number) from error


async def _lists(work: Work, driver_id: int, wanted: Record) -> None:
    for table, column, values in (
        (DriverPhone, "number", wanted.phones),
        (DriverSkill, "skill", wanted.skills),
        (DriverGroup, "name", wanted.groups),
    ):
        await _list(work, table, column, driver_id, values)


async def _list(
    work: Work,
    table: type[DriverPhone | DriverSkill | DriverGroup],
    column: str,
    driver_id: int,
    values: Collection[str],
) -> None:
    await work.session.execute(delete(table).where(table.driver_id == driver_id))
    work.session.add_all(table(driver_id=driver_id, **{column: value}) for value in values)
    await work.session.flush()


def _changes(before: Record, after: Record) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for one in fields(Record):
        was, now = getattr(before, one.name), getattr(after, one.name)
        if (sorted(was) if isinstance(was, tuple) else was) != (sorted(now) if isinstance(now, tuple) else now):
            told[one.name] = (
                "changed" if one.name in TOLD_WITHOUT_WORDS else [_told(one.name, each) for each in (was, now)]
            )
    return told


def _told(name: str, value: Any) -> Any:
    if isinstance(value, tuple):
        return [_told(name, one) for one in value]
    if name in TOLD_MASKED:
        return numbers.masked(value)
    return value.isoformat() if isinstance(value, date | time) else value
