"""Whom a text to many goes to: drivers, customers, a segment, mixed as they were picked; each number once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import numbers
from desk.customer import segments
from desk.errors import Invalid
from desk.text import plain
from models import Customer, CustomerPhone, Driver, Erasure

MOST = 10_000
"""So many people are written to at once."""
AT_A_TIME = 500
DRIVER_STATES = ("free", "busy", "off")


@dataclass(frozen=True, slots=True)
class Pick:
    """Who was picked: drivers by id and by state, customers by id, the members of a segment, and numbers as they were typed.

    `part`: of the segment's members one part, where they are more than may be written to at once.
    """

    drivers: tuple[int, ...] = ()
    states: tuple[str, ...] = ()
    customers: tuple[int, ...] = ()
    segment_id: int | None = None
    phones: tuple[str, ...] = ()
    part: segments.Part | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nobody at all was picked."""
        return not (self.drivers or self.states or self.customers or self.segment_id or self.phones)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who was picked. `phone` is E.164, null where none is known; `number` is what he is called by.

    That is a driver's short number, and everybody else's telephone as people there write it. `id` is 0 where nobody knows him.
    `others` are a customer's other numbers.
    """

    audience: str
    id: int
    name: str
    phone: str | None
    number: str
    others: tuple[str, ...] = ()

    @property
    def phones(self) -> tuple[str, ...]:
        """All his numbers, the best one first."""
        return (self.phone, *self.others) if self.phone else ()


async def resolved(session: AsyncSession, office_id: int, pick: Pick) -> Pick:
    """The same people without the segment: who is in it is asked before anybody writes, as it may take a while.

    Raises NotFound for another office's segment, and Invalid where its members are more than may be written to at once.
    """
    if pick.segment_id is None:
        return pick
    found = await segments.members(session, office_id, pick.segment_id, most=MOST + 1, part=pick.part)
    if len(found) > MOST:
        raise Invalid(f"no more than {MOST} people are written to at once", field="too_many")
    return replace(pick, customers=tuple(sorted({*pick.customers, *found})), segment_id=None, part=None)


async def picked(session: AsyncSession, office_id: int, country: str, pick: Pick) -> list[Person]:
    """Everybody who was picked, drivers first, each once. Raises Invalid where they are more than may be written to at once.

    Raises NotFound for another office's segment; other offices' drivers and customers are left out.
    """
    pick = await resolved(session, office_id, pick)
    found = [*await _drivers(session, office_id, pick)]
    wanted = set(pick.customers)
    if len(found) + len(wanted) + len(pick.phones) > MOST:
        raise Invalid(f"no more than {MOST} people are written to at once", field="too_many")
    known = await _customers(session, office_id, country, sorted(wanted))
    return [*found, *known, *(_typed(phone, country) for phone in pick.phones)]


def _typed(phone: str, country: str) -> Person:
    e164 = numbers.normalise(phone, country).e164
    return Person("other", 0, "", e164, numbers.display(e164, country) if e164 else plain(phone, 20))


async def _drivers(session: AsyncSession, office_id: int, pick: Pick) -> list[Person]:
    query = select(Driver).where(Driver.office_id == office_id, Driver.disabled_at.is_(None)).order_by(Driver.id)
    states = [state for state in pick.states if state in DRIVER_STATES]
    found: dict[int, Driver] = {}
    if states:
        found = {driver.id: driver for driver in await session.scalars(query.where(Driver.state.in_(states)))}
    for some in _some(sorted(set(pick.drivers) - found.keys())):
        found.update({driver.id: driver for driver in await session.scalars(query.where(Driver.id.in_(some)))})
    return [
        Person("driver", driver.id, driver.name, driver.phone or None, driver.number)
        for driver in sorted(found.values(), key=lambda one: one.id)
    ]


async def _customers(session: AsyncSession, office_id: int, country: str, wanted: Sequence[int]) -> list[Person]:
    people = []
    for some in _some(wanted):
        forgotten = select(Erasure.customer_id)
        found = await session.scalars(
            select(Customer)
            .where(Customer.office_id == office_id, Customer.id.in_(some), Customer.id.not_in(forgotten))
            .order_by(Customer.id)
        )
        phones = await _phones(session, some)
        for one in found:
            best = _best_first(phones[one.id])
            called = numbers.display(best[0], country) if best else ""
            people.append(Person("customer", one.id, one.name, next(iter(best), None), called, tuple(best[1:])))
    return people


async def _phones(session: AsyncSession, customer_ids: Sequence[int]) -> dict[int, list[str]]:
    known: dict[int, list[str]] = defaultdict(list)
    query = select(CustomerPhone).where(CustomerPhone.customer_id.in_(customer_ids)).order_by(CustomerPhone.id)
    for row in await session.scalars(query):
        known[row.customer_id].append(row.number)
    return known


def _best_first(phones: Sequence[str]) -> list[str]:
    """Mobile telephones before land lines, which take no texts."""
    return sorted(phones, key=lambda one: not numbers.is_mobile(one))


def _some(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[at : at + AT_A_TIME] for at in range(0, len(ids), AT_A_TIME)]
