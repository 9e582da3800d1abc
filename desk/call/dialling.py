"""Calling somebody: whom an operator may have called, under which line's number, and the row of a call that is placed.

Nothing is dialled here. Who asks names an order, a call, a driver, a customer or a number; what comes out are digits that lie in
the office's own country and cost what a call costs, and that are no short code (see desk/numbers.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import numbers
from desk.call.arrival import NoSuchLine
from desk.customer import customers
from desk.errors import Conflict, DeskError, Invalid, NotFound
from desk.events import CallDialled, CallPlaced
from desk.office.people import audit
from desk.text import optional
from desk.work import Work
from models import Assignment, Call, Customer, CustomerPhone, Driver, Line, Message, Office, Operator, Order

R = TypeVar("R", Call, Driver, Customer, Message, Order)
NO_NUMBER = "there is no number to call"


class NobodyToCall(Conflict):
    """No number is known for whom the operator wants to call. `details["whom"]`: "customer" or "driver"."""

    code = "nobody_to_call"


class NotDialable(Invalid):
    """A number that is never dialled from here: no telephone's, a short code's, abroad, or one that costs extra."""

    code = "not_dialable"


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to call; one of them is given. `whom` of an order: its "customer", or the "driver" who has it.

    `message_id`: whom that text was written to.
    """

    order_id: int | None = None
    whom: str = "customer"
    call_id: int | None = None
    driver_id: int | None = None
    customer_id: int | None = None
    message_id: int | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Dial:
    """What is to be dialled: `digits` as from within the country, the DID `line` that is shown, and about what (`subject`)."""

    digits: str
    line: str
    number: str
    subject: str


async def dial_of(session: AsyncSession, office_id: int, target: Target) -> Dial:
    """Whom `target` means. Raises NotFound, NobodyToCall, NotDialable, and Invalid where it does not name exactly one."""
    named = (target.order_id, target.call_id, target.driver_id, target.customer_id, target.message_id, target.number)
    if sum(each is not None for each in named) != 1:
        raise Invalid("name one order, call, driver, customer, text or number", field="number")
    number, line_id, subject = await _meant(session, office_id, target)
    office = await session.get_one(Office, office_id)
    if target.number is not None:
        number = numbers.normalise(target.number, office.country).e164
        if number is None:
            raise NotDialable("this is no telephone number", field="number")
    if number is None:
        raise NobodyToCall(NO_NUMBER, whom=target.whom)
    return Dial(_digits(number, office.country), await _line(session, office_id, line_id), number, subject)


def on_record(work: Work, operator_id: int, dial: Dial) -> None:
    """Who had whom called; the number stands there masked."""
    audit(work, operator_id, "call.dialled", dial.subject, {"number": numbers.masked(dial.number), "line": dial.line})


def _digits(number: str, country: str) -> str:
    try:
        digits = numbers.dialled(number, country)
    except DeskError as refused:
        raise NotDialable(str(refused), field="number") from None
    if not digits.isascii() or not digits.isdigit():
        raise NotDialable("calls abroad are not placed from here", field="number")
    return digits


async def _meant(session: AsyncSession, office_id: int, target: Target) -> tuple[str | None, int | None, str]:
    """Number, line and subject. A call's and an order's line is the one that the caller knows us by."""
    if target.order_id is not None:
        return await _of_order(session, office_id, target.order_id, target.whom)
    if target.call_id is not None:
        call = await _own(session, Call, target.call_id, office_id)
        return call.number, call.line_id, f"call {call.id}"
    if target.driver_id is not None:
        driver = await _own(session, Driver, target.driver_id, office_id)
        return driver.phone, None, f"driver {driver.id}"
    if target.customer_id is not None:
        customer = await _own(session, Customer, target.customer_id, office_id)
        return await _of_customer(session, customer.id), None, f"customer {customer.id}"
    if target.message_id is not None:
        message = await _own(session, Message, target.message_id, office_id)
        return message.recipient or None, await _line_of(session, message.order_id), f"message {message.id}"
    return None, None, "number"


async def _of_order(
    session: AsyncSession, office_id: int, order_id: int, whom: str
) -> tuple[str | None, int | None, str]:
    order = await _own(session, Order, order_id, office_id)
    call = await session.get(Call, order.call_id) if order.call_id is not None else None
    line_id = call.line_id if call is not None else None
    subject = f"order {order.id} {whom}"
    if whom == "driver":
        return await _of_its_driver(session, order.id), line_id, subject
    number = order.number
    if number is None and order.customer_id is not None:
        number = await _of_customer(session, order.customer_id)
    return number, line_id, subject


async def _line_of(session: AsyncSession, order_id: int | None) -> int | None:
    """The line on which an order's caller came in."""
    query = select(Call.line_id).join(Order, Order.call_id == Call.id).where(Order.id == order_id)
    return await session.scalar(query)


async def _of_its_driver(session: AsyncSession, order_id: int) -> str | None:
    """Who has it, or had it last: a customer asks for what lies in the car also after the trip."""
    query = select(Driver.phone).join(Assignment, Assignment.driver_id == Driver.id)
    query = query.where(Assignment.order_id == order_id).order_by(Assignment.id.desc()).limit(1)
    return await session.scalar(query)


async def _of_customer(session: AsyncSession, customer_id: int) -> str | None:
    query = select(CustomerPhone.number).where(CustomerPhone.customer_id == customer_id)
    return await session.scalar(query.order_by(CustomerPhone.id).limit(1))


async def _own(session: AsyncSession, model: type[R], row_id: int, office_id: int) -> R:
    row = await session.get(model, row_id)
    if row is None or row.office_id != office_id:
        raise NotFound("there is no such row", id=row_id)
    return row


async def _line(session: AsyncSession, office_id: int, line_id: int | None) -> str:
    query = select(Line.did).where(Line.office_id == office_id).order_by(Line.id).limit(1)
    did = await session.scalar(query if line_id is None else query.where(Line.id == line_id))
    if did is None:
        raise NoSuchLine("this office has no line that could call")
    return did


# --- what the PBX tells of it ----------------------------------------------------------------------------------------------


async def place_call(work: Work, placed: CallDialled) -> Call:
    """The row of a call that goes out: found by its Linkedid, or new and told of. Raises NoSuchLine."""
    session = work.session
    known = await session.scalar(select(Call).where(Call.linkedid == placed.linkedid).order_by(Call.id).limit(1))
    if known is not None:
        return known
    row = (
        await session.execute(
            select(Line.id, Line.office_id, Office.country)
            .join(Office, Office.id == Line.office_id)
            .where(Line.did == placed.line)
        )
    ).one_or_none()
    if row is None:
        raise NoSuchLine(f"no line has the DID {optional(placed.line, 40)!r}", line=optional(placed.line, 40))
    line_id, office_id, country = row
    number = numbers.normalise(placed.number, country)
    customer_id = await customers.id_by_number(session, office_id, number.e164)
    call = Call(
        office_id=office_id,
        line_id=line_id,
        source="pbx",
        linkedid=placed.linkedid,
        number=number.e164,
        presentation=number.presentation,
        caller_name=None if customer_id is not None else await _drivers_name(session, office_id, number.e164),
        state="arrived",
        arrived_at=placed.at,
        customer_id=customer_id,
        operator_id=await session.scalar(
            select(Operator.id).where(Operator.extension == placed.extension, Operator.office_id == office_id)
        ),
        direction="out",
    )
    session.add(call)
    await session.flush()
    work.tell(CallPlaced(placed.at, call.id))
    return call


async def _drivers_name(session: AsyncSession, office_id: int, number: str | None) -> str | None:
    query = select(Driver.number, Driver.name).where(Driver.office_id == office_id, Driver.phone == number)
    found = (await session.execute(query.order_by(Driver.disabled_at.is_not(None), Driver.id).limit(1))).first()
    return f"#{found[0]} {found[1]}" if found else None
