"""What still stands between an office and a driver who wants to be forgotten: each has to be brought to its end first."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, exists, or_, select

from desk.books import cashier, ledger
from desk.driver_data import driver_rows
from desk.driver_data.driver_rows import Numbers
from desk.trades import COMPLETED
from desk.work import Work
from models import (
    Account,
    Appeal,
    Assignment,
    Driver,
    Message,
    NextOrder,
    Offer,
    Order,
    SettlementBatch,
    SettlementLine,
    Shift,
)
from models.dispatch import HELD

WHY: Final = ("shift", "order", "fare", "balance", "batch", "pay_out", "appeal", "text")
"""Each has its sentence in `drivers.toml`: what it is, and what to do."""


async def of_driver(work: Work, driver: Driver, numbers: Numbers) -> tuple[str, ...]:
    """Which of WHY are true of him now; nothing where he can be erased."""
    session = work.session
    asks: dict[str, ColumnElement[bool]] = {
        "shift": exists().where(Shift.driver_id == driver.id, Shift.ended_at.is_(None)),
        "order": or_(
            exists().where(Assignment.driver_id == driver.id, Assignment.state == "active"),
            exists().where(NextOrder.driver_id == driver.id, NextOrder.state == HELD),
            exists().where(Offer.driver_id == driver.id, Offer.state == "open"),
        ),
        "fare": await _open_fare(work, driver),
        "balance": exists().where(
            Account.office_id == driver.office_id,
            Account.kind == "driver",
            Account.owner_id == driver.id,
            Account.balance != 0,
        ),
        "batch": exists().where(
            SettlementLine.driver_id == driver.id,
            SettlementLine.batch_id == SettlementBatch.id,
            SettlementBatch.state == "open",
        ),
        "appeal": exists().where(Appeal.driver_id == driver.id, Appeal.state == "open"),
        "text": exists().where(driver_rows.texts_to(driver, numbers), Message.state.in_(("queued", "sending"))),
    }
    row = (await session.execute(select(*(ask.label(name) for name, ask in asks.items())))).mappings().one()
    found = {name for name, is_so in row.items() if is_so}
    if driver.state != "off":
        found.add("shift")
    if any(ask.driver.id == driver.id for ask in await cashier.asked_for(session, driver.office_id, work.now)):
        found.add("pay_out")
    return tuple(name for name in WHY if name in found)


async def _open_fare(work: Work, driver: Driver) -> ColumnElement[bool]:
    """A trip of his without a fare, of a month that is not closed: what it was will be booked on him."""
    where = [
        Assignment.driver_id == driver.id,
        Assignment.state == "completed",
        Order.id == Assignment.order_id,
        Order.state == COMPLETED,
        Order.fare.is_(None),
    ]
    until = await ledger.closed_until(work.session, driver.office_id)
    if until is not None:
        where.append(Order.closed_at >= until)
    return exists().where(*where)
