"""Whose a number is, as the desk would say it: a driver by his number and name, a customer by his name."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models import Customer, CustomerPhone, Driver

AT_A_TIME = 500


async def names_of(session: AsyncSession, office_id: int, phones: Collection[str]) -> dict[str, str]:
    """The names that go with these numbers (E.164); those that nobody knows are left out. A driver comes before a customer."""
    names: dict[str, str] = {}
    every = sorted(set(phones))
    for at in range(0, len(every), AT_A_TIME):
        some = every[at : at + AT_A_TIME]
        customers = await session.execute(
            select(CustomerPhone.number, Customer.name)
            .join(Customer, Customer.id == CustomerPhone.customer_id)
            .where(CustomerPhone.office_id == office_id, CustomerPhone.number.in_(some))
        )
        names.update((number, name) for number, name in customers)
        drivers = await session.execute(
            select(Driver.phone, Driver.number, Driver.name).where(
                Driver.office_id == office_id, Driver.phone.in_(some), Driver.disabled_at.is_(None)
            )
        )
        names.update({phone: f"#{number} {name}" for phone, number, name in drivers})
    return names
