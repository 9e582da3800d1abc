"""Customers: the search, and one card."""

from __future__ import annotations

from desk import customers
from web.ask import Ask, Json
from web.given import CustomersQuery
from web.shapes import Nothing


async def listed(ask: Ask[CustomersQuery]) -> Json:
    """Customers by a part of the name or the last digits of a number."""
    async with ask.desk.look() as session:
        found = await customers.search(session, ask.given.q, office_id=ask.operator.office_id, limit=ask.given.limit)
    return {"items": [customer.as_json() for customer in found], "next": None}


async def shown(ask: Ask[Nothing]) -> Json:
    """One customer's card."""
    async with ask.desk.look() as session:
        return (await customers.card(session, ask.id, ask.operator.office_id)).as_json()
