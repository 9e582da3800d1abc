"""What a driver gets when he came, waited, and nobody came out: a sum that the office sets, booked by itself with the no-show.

Without a rule, or with 0, nothing. It comes from the office; where the trip was on account, its firm is charged the same sum if
its limit has room for it. A rule holds from a moment on, which is never past, and rows are only added; an order goes by the
rule that held when its driver got it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.books import credit, fee_rules, ledger
from desk.books.ledger import AlreadyReversed, Booking, Line
from desk.errors import Invalid
from desk.office import people
from desk.office.people import audit
from desk.work import Work
from models import Assignment, DeadRunRule, Entry, Office, Operator, Order

DRIVER, FIRM = "dead_run", "dead_run_charge"
"""The two entries: what the driver gets from the office, and what the firm pays to the office for it."""


@dataclass(frozen=True, slots=True)
class Version:
    """A rule with who made it; `amount` 0: from then on nothing is given."""

    id: int
    amount: int
    holds_from: datetime
    made_at: datetime
    made_by: str | None


async def amount_at(session: AsyncSession, office_id: int, trade: str, currency: str, at: datetime) -> int:
    """What a driver gets for an order that he got at `at`, in whole minor units; 0: nothing."""
    query = (
        select(DeadRunRule.amount)
        .where(
            DeadRunRule.office_id == office_id,
            DeadRunRule.trade == trade,
            DeadRunRule.currency == currency,
            DeadRunRule.holds_from <= at,
        )
        .order_by(DeadRunRule.holds_from.desc(), DeadRunRule.id.desc())
        .limit(1)
    )
    return await session.scalar(query) or 0


async def of_order(session: AsyncSession, order: Order, driver_id: int) -> int:
    """What the driver who has or had the order gets when nobody comes; 0: nothing."""
    query = select(func.max(Assignment.assigned_at)).where(
        Assignment.order_id == order.id, Assignment.driver_id == driver_id
    )
    got_at = await session.scalar(query)
    return 0 if got_at is None else await amount_at(session, order.office_id, order.trade, order.currency, got_at)


async def put(work: Work, operator_id: int, amount: int, holds_from: datetime | None = None) -> DeadRunRule:
    """From a moment on (null: from now on) drivers get so much; 0: nothing. On record. Raises Invalid with the field."""
    operator = await people.operator_of(work, operator_id)
    office = await work.session.get_one(Office, operator.office_id)
    if not 0 <= amount <= fee_rules.MOST:
        raise Invalid("what a driver gets is a whole amount, and not negative", field="amount")
    if holds_from is not None and not work.now <= holds_from <= work.now + fee_rules.AHEAD:
        raise Invalid("a rule holds from now on or later, at most a year ahead", field="holds_from")
    row = DeadRunRule(
        office_id=office.id, trade=office.trade, currency=office.currency, amount=amount,
        holds_from=holds_from or work.now, made_at=work.now, made_by=operator.id,
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    audit(work, operator.id, "dead_run.rule", str(row.id), {"amount": amount, "from": row.holds_from.isoformat()})
    return row


async def versions(session: AsyncSession, office: Office) -> Sequence[Version]:
    """Every rule that the office made for its trade, that which holds last on top."""
    query = (
        select(DeadRunRule, Operator.name)
        .outerjoin(Operator, Operator.id == DeadRunRule.made_by)
        .where(DeadRunRule.office_id == office.id, DeadRunRule.trade == office.trade)
        .order_by(DeadRunRule.holds_from.desc(), DeadRunRule.id.desc())
        .limit(fee_rules.KEPT_ROWS)
    )
    rows = await session.execute(query)
    return [Version(row.id, row.amount, row.holds_from, row.made_at, name) for row, name in rows]


async def book(work: Work, order: Order, driver_id: int, amount: int) -> Entry:
    """The driver has `amount` for an order that is closed; the firm of one on account owes it, within its limit."""
    lines = (Line("dead_runs", amount), Line("driver", -amount, driver_id))
    entry = await ledger.book(work, _booking(order, DRIVER, lines))
    if order.credit_id is not None and await _carries(work, order, order.credit_id, amount):
        firm = (Line("customer", amount, order.credit_id), Line("dead_runs", -amount))
        await ledger.book(work, _booking(order, FIRM, firm))
    return entry


async def undo_charge(work: Work, operator_id: int, entry: Entry, evidence: str) -> None:
    """What the driver got is taken back: the firm is not charged for it either. Nothing for any other entry."""
    if entry.kind != DRIVER:
        return
    charge = await ledger.by_key(work.session, entry.office_id, f"{FIRM}:{entry.order_id}")
    if charge is not None:
        with contextlib.suppress(AlreadyReversed):
            await ledger.reverse(work, operator_id, charge.id, evidence)


async def _carries(work: Work, order: Order, credit_id: int, amount: int) -> bool:
    """Whether the firm's limit has room for it. The order itself is closed and takes none any more."""
    account = await credit.hold(work, order.office_id, credit_id)
    office = await work.session.get_one(Office, order.office_id)
    return amount <= (await credit.standing(work.session, office, account)).left


def _booking(order: Order, kind: str, lines: Sequence[Line]) -> Booking:
    return Booking(
        order.office_id, kind, f"{kind}:{order.id}", lines, order_id=order.id, happened_at=order.closed_at
    )  # fmt: skip
