"""Who may be the same person twice: the same name, and a number that ends alike or a place that both know."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.keeping import word_index
from desk.views import Json
from models import Customer, CustomerPhone, Place
from models.words import letters

LOOKED_AT = 300
"""So many customers with the same words in their name are looked at, the newest."""
NEWEST = 100
ALIKE = 4
"""Numbers that end in the same four digits: 011-345-6789 became 010-5345-6789."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two customers who may be one. `because`: "number" (it ends alike), "place" (both know it), or both."""

    one: int
    other: int
    name: str
    because: tuple[str, ...]

    def as_json(self) -> Json:
        return {"one": self.one, "other": self.other, "name": self.name, "because": list(self.because)}


async def of_customer(session: AsyncSession, customer_id: int) -> list[Likeness]:
    """Who else may be this customer, by id; nobody where he has no name."""
    customer = await session.get(Customer, customer_id)
    runs = letters(customer.name) if customer is not None else []
    words = list(dict.fromkeys(word for run in runs for word in word_index.wanted(run)))
    if customer is None or not words:
        return []
    office = None if await word_index.only_office(session) else customer.office_id
    found = await word_index.matching(session, "customer_words", office, words, LOOKED_AT)
    same = select(Customer.id).where(
        Customer.id.in_(found), Customer.office_id == customer.office_id, Customer.name == customer.name
    )
    others = sorted(set((await session.scalars(same)).all()) - {customer_id})
    if not others:
        return []
    ends, places = await _traits(session, [customer_id, *others])
    alike = []
    for other in others:
        because = ("number",) * bool(ends[customer_id] & ends[other]) + ("place",) * bool(
            places[customer_id] & places[other]
        )
        if because:
            alike.append(Likeness(min(customer_id, other), max(customer_id, other), customer.name, because))
    return alike


async def newest(session: AsyncSession, office_id: int) -> list[Likeness]:
    """Of the office's newest customers, who may be somebody whom it knew already."""
    query = select(Customer.id).where(Customer.office_id == office_id, Customer.name != "")
    found: dict[tuple[int, int], Likeness] = {}
    for customer_id in (await session.scalars(query.order_by(Customer.id.desc()).limit(NEWEST))).all():
        for likeness in await of_customer(session, customer_id):
            found.setdefault((likeness.one, likeness.other), likeness)
    return list(found.values())


async def _traits(session: AsyncSession, ids: Sequence[int]) -> tuple[dict[int, set[str]], dict[int, set[str]]]:
    ends: dict[int, set[str]] = defaultdict(set)
    places: dict[int, set[str]] = defaultdict(set)
    phones = select(CustomerPhone.customer_id, CustomerPhone.number).where(CustomerPhone.customer_id.in_(ids))
    for customer_id, number in await session.execute(phones):
        ends[customer_id].add(number[-ALIKE:])
    known = select(Place.customer_id, Place.text).where(Place.customer_id.in_(ids), Place.removed_at.is_(None))
    for customer_id, text in await session.execute(known):
        places[customer_id].add(" ".join(letters(text)))
    return ends, places
