"""All customers, drivers or places of an office, to be written to a file: by id, some at a time, whatever their number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped

from models import BookPlace, Customer, CustomerPhone, Driver, DriverGroup, DriverPhone, DriverSkill, Place

AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer as he is written down. Numbers are E.164; `last_trip_at` is aware UTC."""

    id: int
    name: str
    numbers: tuple[str, ...]
    grade: str | None
    note: str | None
    language: str | None
    places: tuple[str, ...]
    trips: int
    cancels: int
    last_trip_at: datetime | None


@dataclass(frozen=True, slots=True)
class DriverRow:
    """A driver with the whole of his record as the office keeps it. `phones` are his others."""

    id: int
    number: str
    name: str
    phone: str
    phones: tuple[str, ...]
    language: str | None
    licence_number: str | None
    licence_until: date | None
    insurance_number: str | None
    insurance_until: date | None
    skills: tuple[str, ...]
    groups: tuple[str, ...]
    base_area: str | None
    works_days: str | None
    works_from: time | None
    works_until: time | None
    note: str | None
    bank: str | None
    bank_account: str | None
    bank_holder: str | None


async def customers(session: AsyncSession, office_id: int) -> AsyncIterator[list[CustomerRow]]:
    """The office's customers, some at a time."""
    last = 0
    while True:
        query = select(Customer).where(Customer.office_id == office_id, Customer.id > last).order_by(Customer.id)
        found = (await session.scalars(query.limit(AT_A_TIME))).all()
        if not found:
            return
        ids = [one.id for one in found]
        numbers: dict[int, list[str]] = defaultdict(list)
        places: dict[int, list[str]] = defaultdict(list)
        phones = select(CustomerPhone).where(CustomerPhone.customer_id.in_(ids)).order_by(CustomerPhone.id)
        for phone in await session.scalars(phones):
            numbers[phone.customer_id].append(phone.number)
        for place in await session.scalars(
            select(Place).where(Place.customer_id.in_(ids), Place.removed_at.is_(None)).order_by(Place.id)
        ):
            places[place.customer_id].append(place.text)
        yield [
            CustomerRow(
                one.id,
                one.name,
                tuple(numbers[one.id]),
                one.grade,
                one.note,
                one.language,
                tuple(places[one.id]),
                one.trips,
                one.cancels,
                one.last_trip_at,
            )
            for one in found
        ]
        last = ids[-1]
        session.expunge_all()


async def drivers(session: AsyncSession, office_id: int) -> AsyncIterator[list[DriverRow]]:
    """The office's drivers who still drive, some at a time."""
    last = 0
    while True:
        query = select(Driver).where(Driver.office_id == office_id, Driver.id > last, Driver.disabled_at.is_(None))
        found = (await session.scalars(query.order_by(Driver.id).limit(AT_A_TIME))).all()
        if not found:
            return
        ids = [one.id for one in found]
        phones = await _listed(session, DriverPhone.driver_id, DriverPhone.number, DriverPhone.id, ids)
        skills = await _listed(session, DriverSkill.driver_id, DriverSkill.skill, DriverSkill.skill, ids)
        groups = await _listed(session, DriverGroup.driver_id, DriverGroup.name, DriverGroup.name, ids)
        yield [
            DriverRow(
                one.id,
                one.number,
                one.name,
                one.phone,
                tuple(phones[one.id]),
                one.language,
                one.licence_number,
                one.licence_until,
                one.insurance_number,
                one.insurance_until,
                tuple(skills[one.id]),
                tuple(groups[one.id]),
                one.base_area,
                one.works_days,
                one.works_from,
                one.works_until,
                one.note,
                one.bank,
                one.bank_account,
                one.bank_holder,
            )
            for one in found
        ]
        last = ids[-1]
        session.expunge_all()


async def _listed(
    session: AsyncSession, driver: Mapped[int], value: Mapped[str], order: Any, ids: Sequence[int]
) -> dict[int, list[str]]:
    """By driver, the values of one of his lists."""
    told: dict[int, list[str]] = defaultdict(list)
    for driver_id, one in await session.execute(select(driver, value).where(driver.in_(ids)).order_by(order)):
        told[driver_id].append(one)
    return told


async def places(session: AsyncSession, office_id: int) -> AsyncIterator[list[BookPlace]]:
    """The office's own places, some at a time."""
    last = 0
    while True:
        query = select(BookPlace).where(BookPlace.office_id == office_id, BookPlace.id > last).order_by(BookPlace.id)
        found = list(await session.scalars(query.limit(AT_A_TIME)))
        if not found:
            return
        yield found
        last = found[-1].id
        session.expunge_all()
