"""Who opened whose page: on record once for each person, customer and hour of the clock (desk/office/seen.py).

    await openings.note(desk, operator_id, customer_id)

Only what somebody opens by himself is meant. The card of a call that comes in is shown to the desk unasked, and what a search
finds is a list: neither is written down.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from desk.errors import NotFound
from desk.office import seen
from desk.work import Desk, Work
from models import Customer

OPENED: Final = "customer.opened"


async def note(desk: Desk, operator_id: int, customer_id: int) -> None:
    """Write down that this person opens this customer's page now. Raises NotFound, also for another office's customer."""

    async def there(work: Work, office_id: int) -> None:
        theirs = select(Customer.id).where(Customer.id == customer_id, Customer.office_id == office_id)
        if await work.session.scalar(theirs) is None:
            raise NotFound("there is no such customer", customer_id=customer_id)

    await seen.note(desk, operator_id, OPENED, f"customer {customer_id}", there)
