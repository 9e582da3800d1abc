"""The rows that the reports' totals are sums of: closed orders, and what was booked. In the order in which they happened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from desk.clock.days import Span
from desk.customer.order_sides import driver_at_the_end
from desk.figures.reports import FIELD, OWN_LEG, Figures, effective_kind, own_accounts
from desk.trades import COMPLETED
from desk.views import Json, moment
from models import Account, Assignment, Driver, Entry, Operator, Order, Posting

PAGE = 200


@dataclass(frozen=True, slots=True)
class DriverName:
    """A driver as the office calls him."""

    id: int
    number: str
    name: str

    def as_json(self) -> Json:
        return {"id": self.id, "number": self.number, "name": self.name}


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order that was closed, with the driver who had it then. The fare counts where the trip was completed."""

    id: int
    closed_at: datetime
    state: str
    origin: str
    destination: str | None
    fare: int | None
    driver: DriverName | None

    @property
    def figures(self) -> Figures:
        """What it adds to the totals."""
        return Figures(completed=1, fares=self.fare or 0) if self.state == COMPLETED else Figures(cancelled=1)

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "closed_at": moment(self.closed_at),
            "state": self.state,
            "origin": self.origin,
            "destination": self.destination,
            "fare": self.fare,
            "driver": self.driver.as_json() if self.driver else None,
        }


@dataclass(frozen=True, slots=True)
class MoneyRow:
    """An entry of the books as the totals see it. `about` is its kind; of a reversal, the kind of what it undoes."""

    id: int
    at: datetime
    kind: str
    about: str
    reverses_id: int | None
    amount: int
    order_id: int | None
    reference: str | None
    evidence: str | None
    by: str | None
    driver: DriverName | None

    @property
    def figures(self) -> Figures:
        """What it adds to the totals."""
        return Figures(**{FIELD[self.about]: self.amount})

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "at": moment(self.at),
            "kind": self.kind,
            "about": self.about,
            "reverses_id": self.reverses_id,
            "amount": self.amount,
            "order_id": self.order_id,
            "reference": self.reference,
            "evidence": self.evidence,
            "by": self.by,
            "driver": self.driver.as_json() if self.driver else None,
        }


async def orders(
    session: AsyncSession, office_id: int, span: Span, after: int | None = None, limit: int | None = PAGE
) -> list[OrderRow]:
    """The orders closed in `span`; `after` is the id of the last one of an earlier page. No limit: all of them."""
    query = (
        select(Order, Driver.id, Driver.number, Driver.name)
        .select_from(Order)
        .outerjoin(Assignment, driver_at_the_end())
        .outerjoin(Driver, Driver.id == Assignment.driver_id)
        .where(Order.office_id == office_id, Order.closed_at >= span.since, Order.closed_at < span.until)
        .order_by(Order.closed_at, Order.id)
    )
    if after is not None:
        query = query.where(beyond(Order.closed_at, Order.id, after))
    return [
        order_row(order, DriverName(driver_id, number, name) if driver_id is not None else None)
        for order, driver_id, number, name in await session.execute(query.limit(limit))
    ]


async def money(
    session: AsyncSession, office_id: int, span: Span, after: int | None = None, limit: int | None = PAGE
) -> list[MoneyRow]:
    """What was booked in `span`, as far as the totals show it; `after` and `limit` as for orders."""
    own = await own_accounts(session, office_id)
    theirs, account = aliased(Posting), aliased(Account)
    about = effective_kind()
    shown = [
        and_(about == kind, Posting.account_id.in_([each for each, what in own.items() if what == leg]))
        for kind, (leg, _) in OWN_LEG.items()
    ]
    query = (
        select(Entry, about, Posting.amount, Operator.name, Driver.id, Driver.number, Driver.name)
        .select_from(Entry)
        .join(Posting, Posting.entry_id == Entry.id)
        .where(Entry.office_id == office_id, Entry.at >= span.since, Entry.at < span.until, or_(*shown))
        .outerjoin(Operator, Operator.id == Entry.operator_id)
        .outerjoin(theirs, and_(theirs.entry_id == Entry.id, theirs.account_id.in_(_driver_accounts(office_id))))
        .outerjoin(account, account.id == theirs.account_id)
        .outerjoin(Driver, Driver.id == account.owner_id)
        .order_by(Entry.at, Entry.id)
    )
    if after is not None:
        query = query.where(beyond(Entry.at, Entry.id, after))
    return [
        MoneyRow(
            entry.id,
            entry.at,
            entry.kind,
            what,
            entry.reverses_id,
            OWN_LEG[what][1] * amount,
            entry.order_id,
            reference_of(entry),
            entry.evidence,
            by,
            DriverName(driver_id, number, name) if driver_id is not None else None,
        )
        for entry, what, amount, by, driver_id, number, name in await session.execute(query.limit(limit))
    ]


def figures_of(rows: Iterable[OrderRow | MoneyRow]) -> Figures:
    """The sum of what the rows add."""
    return sum((row.figures for row in rows), Figures())


def order_row(order: Order, driver: DriverName | None) -> OrderRow:
    """The row of an order that is closed."""
    assert order.closed_at is not None  # it was asked for by that
    return OrderRow(
        order.id, order.closed_at, order.state, order.origin_text, order.destination_text, order.fare, driver
    )  # fmt: skip


def reference_of(entry: Entry) -> str | None:
    """What a person called the payment or the case."""
    what, _, name = entry.key.partition(":")
    return name if what in ("top_up", "penalty", "payment") else None


def _driver_accounts(office_id: int) -> Select[Any]:
    return select(Account.id).where(Account.office_id == office_id, Account.kind == "driver")


def beyond(at: Any, key: Any, after: int) -> ColumnElement[bool]:
    """Rows that come after the one with the id `after`, of which the moment is looked up."""
    then = select(at).where(key == after).correlate(None).scalar_subquery()
    return or_(at > then, and_(at == then, key > after))
