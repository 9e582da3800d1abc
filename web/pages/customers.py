"""Customers: the search, and one card."""

from __future__ import annotations

from desk import customer_search, customers
from web.ask import Ask, Json
from web.given import CustomersQuery
from web.shapes import Nothing


async def listed(ask: Ask[CustomersQuery]) -> Json:
    """Customers by any part of the name, any four digits of a number, first consonants, or a place."""
    given = ask.given
    async with ask.desk.look() as session:
        page = await customer_search.search(
            session, given.q, office_id=ask.operator.office_id, limit=given.limit, cursor=given.cursor
        )
    return {"items": [customer.as_json() for customer in page.items], "next": page.next}


async def shown(ask: Ask[Nothing]) -> Json:
    """One customer's card."""
    async with ask.desk.look() as session:
        return (await customers.card(session, ask.id, ask.operator.office_id)).as_json()
