"""What a driver's trips, top-ups and penalties do to the books. Amounts are whole minor units of the office's currency.

A driver pays in before he drives (prepaid). The customer pays the fare to the driver, or by card or on account to the office,
which owes it to the driver then. The office takes its fee from what the driver has; his account may run below nothing, which
the desk sees. Every row names the fact that it rests on, so that the same fact is never booked twice.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from desk.books import fee_rules, ledger
from desk.books.ledger import Booking, Line
from desk.errors import Conflict, Invalid, NotFound
from desk.text import plain
from desk.work import Work
from models import Driver, Entry, EntryFee, Order


class NotEnough(Conflict):
    """The driver has not paid in that much. `details["balance"]` says what he has."""

    code = "not_enough"


async def book_trip(work: Work, order: Order, driver_id: int, operator_id: int | None) -> Entry | None:
    """The office's fee for a completed order, and who was paid the fare. Null where no fee is taken.

    In cash and by transfer the driver has the fare: the books only tell so ("held" against "earned"). By card the card company
    owes it to the office, on account the account's owner; either way the driver has it from the office.
    """
    if order.fare is None or order.fare == 0:
        return None
    await ledger.book(work, _fare(order, order.fare, driver_id, operator_id))
    held = await fee_rules.of_order(work.session, order, driver_id)
    if held is None or not (fee := held.rule.fee(order.fare)):
        return None
    lines = (Line("driver", fee, driver_id), Line("fees", -fee))
    entry = await ledger.book(
        work,
        Booking(
            order.office_id, "call_fee", f"call_fee:{order.id}", lines, order_id=order.id, operator_id=operator_id,
            happened_at=order.closed_at,
        ),
    )  # fmt: skip
    if await work.session.get(EntryFee, entry.id) is None:
        work.session.add(EntryFee(entry_id=entry.id, rule_id=held.rule_id, fare=order.fare, **held.as_json()))
        await work.session.flush()
    return entry


def _fare(order: Order, fare: int, driver_id: int, operator_id: int | None) -> Booking:
    if order.payment == "account":
        assert order.credit_id is not None  # the row's own check
        kind, lines = "credit_trip", (Line("customer", fare, order.credit_id), Line("driver", -fare, driver_id))
    elif order.payment == "card":
        kind, lines = "credit_trip", (Line("card", fare), Line("driver", -fare, driver_id))
    else:
        kind, lines = "payment", (Line("held", fare, driver_id), Line("earned", -fare, driver_id))
    return Booking(
        order.office_id, kind, f"fare:{order.id}", lines, order_id=order.id, operator_id=operator_id,
        happened_at=order.closed_at,
    )  # fmt: skip


async def top_up(work: Work, operator_id: int, driver_id: int, amount: int, key: str) -> Entry:
    """The driver pays in; `key` names the payment. Raises Invalid, NotFound."""
    driver = await _driver(work, driver_id)
    _check_amount(amount)
    lines = (Line("cash", amount), Line("driver", -amount, driver.id))
    return await ledger.book(
        work, Booking(driver.office_id, "top_up", f"top_up:{_key(key)}", lines, operator_id=operator_id)
    )


async def withdraw(work: Work, operator_id: int, driver_id: int, amount: int, key: str) -> Entry:
    """The driver is paid out of what he has; two at once cannot take the same money. Raises NotEnough, Invalid, NotFound."""
    driver = await _driver(work, driver_id, hold=True)
    _check_amount(amount)
    name = f"withdrawal:{_key(key)}"
    lines = (Line("cash", -amount), Line("driver", amount, driver.id))
    has = await balance(work.session, driver)
    if amount > has and await ledger.by_key(work.session, driver.office_id, name) is None:
        raise NotEnough(f"driver {driver.number} has less than that", balance=has)
    return await ledger.book(work, Booking(driver.office_id, "withdrawal", name, lines, operator_id=operator_id))


async def penalise(
    work: Work, operator_id: int, driver_id: int, amount: int, evidence: str, key: str, order_id: int | None = None
) -> Entry:
    """A penalty, with what it rests on in words. Raises Invalid without them, NotFound."""
    driver = await _driver(work, driver_id)
    _check_amount(amount)
    if not plain(evidence, 500):
        raise Invalid("a penalty says what it rests on", field="evidence")
    lines = (Line("driver", amount, driver.id), Line("penalties", -amount))
    booking = Booking(
        driver.office_id, "penalty", f"penalty:{_key(key)}", lines, order_id, operator_id, evidence
    )  # fmt: skip
    return await ledger.book(work, booking)


async def balance(session: AsyncSession, driver: Driver) -> int:
    """What the driver has paid in and not yet used; negative where he owes."""
    return -await ledger.balance(session, driver.office_id, "driver", driver.id)


async def _driver(work: Work, driver_id: int, *, hold: bool = False) -> Driver:
    driver = await work.session.get(Driver, driver_id, with_for_update=True if hold else None)
    if driver is None:
        raise NotFound(f"there is no driver {driver_id}", driver_id=driver_id)
    return driver


def _check_amount(amount: int) -> None:
    if not 0 < amount <= ledger.LARGEST:
        raise Invalid("an amount is a whole number above zero", field="amount")


def _key(key: str) -> str:
    if not 0 < len(key) <= 60 or not key.isprintable():
        raise Invalid("a payment needs a name of up to 60 signs", field="key")
    return key
