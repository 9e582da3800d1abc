"""Riding on account: which firm pays for an order, whether it may, and up to what. What it owes stands in the books.

What an account has open is what it owes and the fares of its orders that are not closed yet. Whoever would add to it holds the
account's row first, so of two orders that race for the last of a limit the second one sees the first.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.errors import Conflict, Invalid, NotFound
from desk.office.people import audit
from desk.text import plain
from desk.work import Work
from models import Account, CreditAccount, CreditRider, CustomerPhone, Office, Order
from models.order import PAYMENTS

ACCOUNT = "account"


class OverLimit(Conflict):
    """The account's limit does not carry the fare. `details`: `limit`, `owed`, `open` (fares of open orders), `left`, `fare`."""

    code = "over_credit_limit"


class NotOnAccount(Conflict):
    """The telephone of the order is none of those that ride on the account."""

    code = "not_on_account"


class AccountClosed(Conflict):
    """Nobody rides on the account any more."""

    code = "credit_account_closed"


@dataclass(frozen=True, slots=True)
class Payment:
    """How an order is paid. With `kind` "account": by which credit account, and what its owner wants to read beside the trip."""

    kind: str = "cash"
    credit_id: int | None = None
    cost_centre: str | None = None


CASH = Payment()


@dataclass(frozen=True, slots=True)
class Standing:
    """What an account has open: `owed` by the books, `open` by orders that are not closed; `left` of its limit."""

    limit: int
    owed: int
    open: int

    @property
    def left(self) -> int:
        """What may still be added; never below nothing."""
        return max(0, self.limit - self.owed - self.open)


def understood(told: Payment) -> Payment:
    """The payment, cleaned. Raises Invalid."""
    if told.kind not in PAYMENTS:
        raise Invalid("a fare is paid in cash, by card, by transfer or on account", field="payment")
    if (told.kind == ACCOUNT) != (told.credit_id is not None):
        raise Invalid("a trip on account names the account, and no other one does", field="credit_id")
    return Payment(told.kind, told.credit_id, plain(told.cost_centre, 80) or None)


async def admit(
    work: Work, operator_id: int | None, office: Office, order: Order, *, over_limit_because: str | None = None
) -> None:
    """See that the order may be paid as it says; its row is flushed. With a reason, beyond the limit: that is on record.

    Raises Invalid, NotOnAccount, AccountClosed, OverLimit, NotFound.
    """
    if order.payment != ACCOUNT:
        return
    assert order.credit_id is not None  # the row's own check
    account = await hold(work, office.id, order.credit_id)
    if account.closed_at is not None:
        raise AccountClosed(f"nobody rides on the account {account.name} any more", credit_id=account.id)
    if order.fare is None:
        raise Invalid("a trip on account has a fare, so that its limit can be kept", field="fare")
    if account.needs_cost_centre and not order.cost_centre:
        raise Invalid(f"{account.name} wants a cost centre with every trip", field="cost_centre")
    if not await _may_ride(work.session, account.id, order):
        raise NotOnAccount(
            f"this telephone does not ride on the account {account.name}; put it on the account's list, or have the fare "
            "paid in another way",
            credit_id=account.id,
        )
    there = await standing(work.session, office, account, but=order.id)
    if order.fare <= there.left:
        return
    told = {"limit": there.limit, "owed": there.owed, "open": there.open, "left": there.left, "fare": order.fare}
    if not (reason := plain(over_limit_because, 200)):
        raise OverLimit(
            f"the account {account.name} has {there.left} left of its limit and the fare is {order.fare}; have it paid in "
            "another way, or ask somebody who may go beyond the limit",
            credit_id=account.id,
            **told,
        )
    audit(work, operator_id, "credit.over_limit", f"order {order.id}", {"credit": account.id, "reason": reason, **told})


async def hold(work: Work, office_id: int, credit_id: int) -> CreditAccount:
    """The account, fresh, held against others until the end of this work. Raises NotFound, also for another office's."""
    query = select(CreditAccount).where(CreditAccount.id == credit_id, CreditAccount.office_id == office_id)
    found = await work.session.scalars(query.with_for_update().execution_options(populate_existing=True))
    account = found.one_or_none()
    if account is None:
        raise NotFound(f"there is no credit account {credit_id}", credit_id=credit_id)
    return account


async def of_office(session: AsyncSession, office_id: int, credit_id: int) -> CreditAccount:
    """The account. Raises NotFound, also for another office's."""
    account = await session.get(CreditAccount, credit_id)
    if account is None or account.office_id != office_id:
        raise NotFound(f"there is no credit account {credit_id}", credit_id=credit_id)
    return account


async def standing(session: AsyncSession, office: Office, account: CreditAccount, but: int | None = None) -> Standing:
    """What the account has open, without the order `but`. One statement: a trip that is completed meanwhile counts once."""
    owed = select(Account.balance).where(
        Account.office_id == office.id,
        Account.kind == "customer",
        Account.owner_id == account.id,
        Account.currency == office.currency,
    )
    fares = select(func.sum(Order.fare)).where(Order.credit_id == account.id, Order.closed_at.is_(None))
    if but is not None:
        fares = fares.where(Order.id != but)
    row = (await session.execute(select(owed.scalar_subquery(), fares.scalar_subquery()))).one()
    return Standing(account.credit_limit, int(row[0] or 0), int(row[1] or 0))


async def for_number(session: AsyncSession, office_id: int, number: str | None) -> list[CreditAccount]:
    """The open accounts that a telephone may ride on: its own entry in the list, or another number of the same customer."""
    if not number:
        return []
    same = select(CustomerPhone.customer_id).where(CustomerPhone.office_id == office_id, CustomerPhone.number == number)
    siblings = select(CustomerPhone.number).where(CustomerPhone.customer_id.in_(same))
    rider = select(CreditRider.credit_id).where((CreditRider.number == number) | CreditRider.number.in_(siblings))
    found = await session.scalars(
        select(CreditAccount)
        .where(CreditAccount.office_id == office_id, CreditAccount.closed_at.is_(None), CreditAccount.id.in_(rider))
        .order_by(CreditAccount.name)
    )
    return list(found)


async def _may_ride(session: AsyncSession, credit_id: int, order: Order) -> bool:
    theirs = select(CustomerPhone.number).where(CustomerPhone.customer_id == order.customer_id)
    query = select(CreditRider.id).where(
        CreditRider.credit_id == credit_id, (CreditRider.number == order.number) | CreditRider.number.in_(theirs)
    )
    return await session.scalar(query.limit(1)) is not None
