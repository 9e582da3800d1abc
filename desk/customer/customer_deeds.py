"""What is done to a customer by somebody of the office: a row in his own history, and one in the record.

Reasons are in the history alone: the record stays for ever, and a person may ask to be forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from desk.errors import Conflict, DeskError, NotFound
from desk.events import CallIdentified
from desk.office.people import audit, operator_of
from desk.views import Json, moment
from desk.work import Work
from models import Call, Customer, CustomerDeed, Erasure, Operator

Both = Mapping[str, tuple[str | None, str | None]]
"""By field: what somebody would have, and what stands there."""


class Forgotten(DeskError):
    """The customer was erased; nothing is known of him that could be changed."""

    code = "customer_forgotten"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that the refused one would have otherwise; `by` and `at`: who was at the customer last, if it was a person."""

    field: str
    yours: str | None
    theirs: str | None
    by: str | None
    at: datetime | None

    def as_json(self) -> Json:
        return {"field": self.field, "yours": self.yours, "theirs": self.theirs, "by": self.by, "at": moment(self.at)}


class StaleCustomer(Conflict):
    """He has changed since he was read. `differences` say how; `details["version"]` is the present one."""

    code = "customer_changed"

    def __init__(self, customer: Customer, differences: tuple[Difference, ...]) -> None:
        super().__init__(
            f"customer {customer.id} has changed since he was read", customer_id=customer.id, version=customer.version
        )
        self.differences = differences


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


async def as_read(work: Work, customer: Customer, version: int, both: Both) -> None:
    """Raises StaleCustomer where he is not as he was at `version`."""
    if customer.version == version:
        return
    last = select(CustomerDeed.at, Operator.name).outerjoin(Operator, Operator.id == CustomerDeed.operator_id)
    last = last.where(CustomerDeed.customer_id == customer.id).order_by(CustomerDeed.id.desc()).limit(1)
    row = (await work.session.execute(last)).one_or_none()
    at, by = (row.at, row.name) if row else (None, None)
    found = [Difference(field, yours, theirs, by, at) for field, (yours, theirs) in both.items() if yours != theirs]
    raise StaleCustomer(customer, tuple(found))


async def changed(work: Work, customer: Customer, operator_id: int, what: str, words: str | None = None) -> None:
    """He has another version, also where only what belongs to him was changed; who and what; the cards of his calls follow."""
    flag_modified(customer, "name")
    note(work, customer, operator_id, what, words)
    await work.session.flush()
    live = select(Call.id).where(Call.customer_id == customer.id, Call.state != "ended").order_by(Call.id)
    for call_id in (await work.session.scalars(live)).all():
        work.tell(CallIdentified(work.now, call_id, customer.id))


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
