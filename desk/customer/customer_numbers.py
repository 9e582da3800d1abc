"""A customer's numbers, corrected by hand: one more, or one that is his no more.

A number that was detached is nobody's until it calls or orders again. What came and went by it stays with whom it was
(FormerNumber); an agreement to advertising was its owner's, and ends with him.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from desk import numbers
from desk.customer import customers, person_rows
from desk.customer.customer_deeds import as_read, changed, held, not_forgotten
from desk.errors import Conflict, Invalid, NotFound
from desk.events import CallIdentified
from desk.texts import consents
from desk.work import Work
from models import Call, Customer, CustomerPhone, FormerNumber, Office


class NumberTaken(Conflict):
    """The number is another customer's, whom `details` name (`customer_id`, `name`). Where they are one person, merge the two."""

    code = "number_taken"

    def __init__(self, owner: Customer) -> None:
        super().__init__(
            f"the number is customer {owner.id}'s; merge the two if they are one person",
            customer_id=owner.id,
            name=owner.name,
        )


async def attach(work: Work, operator_id: int, customer_id: int, version: int, number: str) -> Customer:
    """One more number of his. A caller who rings by it, and whom nobody knows yet, is he.

    Raises Invalid where it is no number, NumberTaken, StaleCustomer, NotFound, and Forgotten.
    """
    customer, e164 = await _read(work, operator_id, customer_id, version, number, more=True)
    if await give(work, customer, e164):
        await changed(work, customer, operator_id, "number_added", e164)
    return customer


async def detach(work: Work, operator_id: int, customer_id: int, version: int, number: str) -> Customer:
    """Not his number any more. Whoever rings by it at this moment is nobody whom we know.

    Raises NotFound where it is none of his, Invalid, StaleCustomer, and Forgotten.
    """
    customer, e164 = await _read(work, operator_id, customer_id, version, number, more=False)
    mine = (CustomerPhone.customer_id == customer.id, CustomerPhone.number == e164)
    row = (await work.session.scalars(select(CustomerPhone).where(*mine))).one_or_none()
    if row is None:
        raise NotFound("that is none of his numbers", customer_id=customer.id)
    await work.session.delete(row)
    work.session.add(FormerNumber(office_id=customer.office_id, customer_id=customer.id, number=e164, until=work.now))
    await consents.lapse(work, customer.office_id, operator_id, e164)
    await _calls_are_from(work, customer.office_id, e164, customer.id, None)
    await changed(work, customer, operator_id, "number_detached", e164)
    return customer


async def give(work: Work, customer: Customer, number: str) -> bool:
    """Make a number his; False where it is already. Raises Invalid and NumberTaken."""
    e164 = await _normal(work, customer, number)
    owner = await customers.by_number(work.session, customer.office_id, e164)
    if owner is None:
        try:
            async with work.session.begin_nested():
                work.session.add(CustomerPhone(office_id=customer.office_id, customer_id=customer.id, number=e164))
        except IntegrityError:
            # Somebody else takes an order of this number at this moment.
            owner = await customers.by_number(work.session, customer.office_id, e164)
            if owner is None:
                raise
    if owner is not None and owner.id != customer.id:
        raise NumberTaken(owner)
    if owner is None:
        await _calls_are_from(work, customer.office_id, e164, None, customer.id)
    return owner is None


async def _read(
    work: Work, operator_id: int, customer_id: int, version: int, number: str, *, more: bool
) -> tuple[Customer, str]:
    customer, _ = await held(work, operator_id, customer_id)
    await not_forgotten(work, customer)
    e164 = await _normal(work, customer, number)
    there = await person_rows.numbers_of(work.session, customer.id)
    meant = [each for each in there if each != e164] + [e164] * more
    await as_read(work, customer, version, {"numbers": (", ".join(meant) or None, ", ".join(there) or None)})
    return customer, e164


async def _normal(work: Work, customer: Customer, number: str) -> str:
    office = await work.session.get_one(Office, customer.office_id)
    e164 = numbers.normalise(number, office.country).e164
    # Short codes (112) have no such form, and are nobody's.
    if e164 is None or not e164.startswith("+"):
        raise Invalid("that is not a telephone number", field="number")
    return e164


async def _calls_are_from(work: Work, office_id: int, number: str, was: int | None, customer_id: int | None) -> None:
    """Calls that are going on by this number are from somebody else than the desk thought."""
    mine = (Call.office_id == office_id, Call.number == number, Call.state != "ended")
    whose = Call.customer_id.is_(None) if was is None else Call.customer_id == was
    for call in (await work.session.scalars(select(Call).where(*mine, whose).order_by(Call.id))).all():
        call.customer_id = customer_id
        if customer_id is None:
            # What he was offered, and chose, were the other's places.
            call.choice_kind = call.choice_place_id = call.choice_text = None
        work.tell(CallIdentified(work.now, call.id, customer_id))
    await work.session.flush()
