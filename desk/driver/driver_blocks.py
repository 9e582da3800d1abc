"""Drivers and customers who are kept apart: who asked for it, and why. They are never offered to one another."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from desk import events, numbers
from desk.driver.drivers import known, of_office
from desk.errors import Conflict, Invalid, NotFound
from desk.office import people
from desk.office.people import audit
from desk.text import plain
from desk.work import Work
from models import Customer, CustomerPhone, DriverBlock, Offer, Office, Operator, Order, Search
from models.driver_record import SIDES


class AlreadyApart(Conflict):
    """The pair is kept apart already."""

    code = "already_apart"


async def keep_apart(work: Work, operator_id: int, driver_id: int, number: str, side: str, reason: str) -> DriverBlock:
    """From now on neither is offered to the other; an offer that is open is withdrawn. An order that he has, he keeps.

    `number` is the customer's, as people write it; `side` is who asked for it. Raises Invalid, NotFound, AlreadyApart.
    """
    operator = await people.operator_of(work, operator_id)
    office = await work.session.get_one(Office, operator.office_id)
    driver = await known(work.session, office.id, driver_id)
    why = plain(reason, 200)
    if side not in SIDES:
        raise Invalid("that is nobody's side", field="side")
    if not why:
        raise Invalid("say why they are kept apart", field="reason")
    customer_id = await _customer(work, office, number)
    row = DriverBlock(
        driver_id=driver.id,
        customer_id=customer_id,
        side=side,
        reason=why,
        made_at=work.now,
        made_by=operator_id,
    )
    try:
        async with work.session.begin_nested():
            work.session.add(row)
    except IntegrityError as error:
        raise AlreadyApart("they are kept apart already", driver_id=driver.id) from error
    await _withdraw(work, driver.id, customer_id)
    audit(work, operator_id, "driver.apart", str(driver.id), {"customer_id": customer_id, "side": side})
    return row


async def bring_together(work: Work, operator_id: int, driver_id: int, block_id: int) -> None:
    """The pair may meet again. Raises NotFound."""
    operator = await people.operator_of(work, operator_id)
    driver = await of_office(work.session, operator.office_id, driver_id)
    row = await work.session.get(DriverBlock, block_id)
    if row is None or row.driver_id != driver.id:
        raise NotFound(f"there is no such pair {block_id}")
    if row.ended_at is None:
        row.ended_at, row.ended_by = work.now, operator_id
        audit(work, operator_id, "driver.together", str(driver.id), {"customer_id": row.customer_id})
        await work.session.flush()


async def of_driver(session: AsyncSession, driver_id: int) -> list[tuple[DriverBlock, str | None, str | None, str]]:
    """Whom he is kept apart from now: the row, the customer's name, one of his numbers, and who made it."""
    number = (
        select(CustomerPhone.number)
        .where(CustomerPhone.customer_id == DriverBlock.customer_id)
        .order_by(CustomerPhone.id)
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(DriverBlock, Customer.name, number, Operator.name)
        .join(Customer, Customer.id == DriverBlock.customer_id)
        .join(Operator, Operator.id == DriverBlock.made_by)
        .where(DriverBlock.driver_id == driver_id, DriverBlock.ended_at.is_(None))
        .order_by(DriverBlock.id.desc())
    )
    return [(row, name, phone, by) for row, name, phone, by in await session.execute(query)]


async def _customer(work: Work, office: Office, number: str) -> int:
    e164 = numbers.normalise(number, office.country).e164
    if e164 is None:
        raise Invalid("that is not a telephone number", field="customer")
    query = select(CustomerPhone.customer_id).where(CustomerPhone.office_id == office.id, CustomerPhone.number == e164)
    found = await work.session.scalar(query.limit(1))
    if found is None:
        raise Invalid("nobody is known with that number", field="customer")
    return found


async def _withdraw(work: Work, driver_id: int, customer_id: int) -> None:
    of_customer = select(Order.id).where(Order.customer_id == customer_id)
    gone = await work.session.execute(
        update(Offer)
        .where(Offer.driver_id == driver_id, Offer.state == "open", Offer.order_id.in_(of_customer))
        .values(state="withdrawn", ended_at=work.now, reason="they are kept apart")
        .returning(Offer.id, Offer.order_id, Offer.search_id)
        .execution_options(synchronize_session=False)
    )
    for offer_id, order_id, search_id in gone.all():
        await work.session.execute(
            update(Search).where(Search.id == search_id, Search.state == "running").values(due_at=work.now)
        )
        work.tell(events.OfferEnded(work.now, offer_id, driver_id, order_id, "withdrawn"))
