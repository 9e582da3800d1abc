"""What is done to a customer by somebody of the office: a row in his own history, and one in the record.

Reasons are in the history alone: the record stays for ever, and a person may ask to be forgotten.
"""

from __future__ import annotations

from sqlalchemy import select

from desk.errors import DeskError, NotFound
from desk.office.people import audit, operator_of
from desk.work import Work
from models import Customer, CustomerDeed, Erasure, Operator


class Forgotten(DeskError):
    """The customer was erased; nothing is known of him that could be changed."""

    code = "customer_forgotten"


async def held(work: Work, operator_id: int, customer_id: int) -> tuple[Customer, Operator]:
    """The customer, fresh, held against other writers, and who is at it. Raises NotFound (also for another office's)."""
    operator = await operator_of(work, operator_id)
    query = select(Customer).where(Customer.id == customer_id).with_for_update()
    customer = (await work.session.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()
    if customer is None or customer.office_id != operator.office_id:
        raise NotFound(f"there is no customer {customer_id}", customer_id=customer_id)
    return customer, operator


async def not_forgotten(work: Work, customer: Customer) -> None:
    """Raises Forgotten."""
    if await work.session.scalar(select(Erasure.id).where(Erasure.customer_id == customer.id)) is not None:
        raise Forgotten("this person was erased", customer_id=customer.id)


def note(
    work: Work,
    customer: Customer,
    operator_id: int | None,
    what: str,
    words: str | None = None,
    order_id: int | None = None,
) -> None:
    """Write both rows. `what` is one of models.customer_change.DEEDS."""
    work.session.add(
        CustomerDeed(
            office_id=customer.office_id,
            customer_id=customer.id,
            order_id=order_id,
            at=work.now,
            operator_id=operator_id,
            what=what,
            words=words or None,
        )
    )
    detail = {} if order_id is None else {"order": order_id}
    audit(work, operator_id, f"customer.{what}", f"customer {customer.id}", detail)
