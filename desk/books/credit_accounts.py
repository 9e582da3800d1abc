"""What people do with credit accounts: open one, change it, say who rides on it, take in what its owner pays.

Each leaves a row in the record of who did what; a payment is booked once under its name.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from desk import numbers
from desk.books import credit, ledger
from desk.books.credit import Standing
from desk.books.ledger import Booking, Line
from desk.errors import Conflict, Invalid, NotFound
from desk.keeping import as_seen
from desk.office import people
from desk.office.people import audit
from desk.text import plain
from desk.views import Json, moment
from desk.work import Work
from models import CreditAccount, CreditRider, Customer, CustomerPhone, Entry, Office


class NameTaken(Conflict):
    """The office has an account of that name."""

    code = "credit_name_taken"


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed with the account's owner. `limit` is whole minor units; `closed`: nobody rides on it any more."""

    name: str
    limit: int
    business_number: str | None = None
    contact: str | None = None
    needs_cost_centre: bool = False
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Rider:
    """A telephone that rides on an account, and whose it is, where that is known."""

    id: int
    number: str
    customer_id: int | None
    customer_name: str | None
    added_at: datetime

    def as_json(self) -> Json:
        return {"number": self.number, "customer_id": self.customer_id, "customer_name": self.customer_name}


@dataclass(frozen=True, slots=True)
class AccountTold:
    """An account with what it has open and how many telephones ride on it."""

    id: int
    terms: Terms
    standing: Standing
    riders: int
    created_at: datetime

    @property
    def version(self) -> str:
        """The mark of its terms, for who changes them."""
        return as_seen.mark(self.terms)

    def as_json(self) -> Json:
        return {
            "id": self.id,
            **{one.name: getattr(self.terms, one.name) for one in fields(Terms)},
            "version": self.version,
            "owed": self.standing.owed,
            "open": self.standing.open,
            "left": self.standing.left,
            "riders": self.riders,
            "created_at": moment(self.created_at),
        }


async def add(work: Work, operator_id: int, terms: Terms) -> CreditAccount:
    """A new account, on which nobody rides yet. Raises NameTaken, Invalid."""
    office_id = (await people.operator_of(work, operator_id)).office_id
    account = CreditAccount(office_id=office_id, created_at=work.now)
    _agree(work, account, terms)
    await _named(work, account)
    audit(work, operator_id, "credit.added", f"credit {account.id}", _on_record(terms))
    return account


async def change(work: Work, operator_id: int, credit_id: int, terms: Terms, seen: str | None = None) -> CreditAccount:
    """Other terms. A lower limit refuses what comes, not what is open.

    `seen` is the mark of the terms that the form was opened with. Raises NameTaken, Invalid, NotFound, Outdated.
    """
    office_id = (await people.operator_of(work, operator_id)).office_id
    account = await credit.hold(work, office_id, credit_id)
    as_seen.check(seen, terms_of(account), terms)
    before = _on_record(terms_of(account))
    _agree(work, account, terms)
    await _named(work, account)
    audit(work, operator_id, "credit.changed", f"credit {account.id}", {"before": before, "after": _on_record(terms)})
    return account


async def add_rider(work: Work, operator_id: int, credit_id: int, number: str) -> CreditRider:
    """Let a telephone ride on the account; there already, it stays as it is. Raises Invalid, NotFound."""
    account, office, e164 = await _rider(work, operator_id, credit_id, number)
    there = await _on_list(work.session, account.id, e164)
    if there is not None:
        return there
    rider = CreditRider(credit_id=account.id, number=e164, added_at=work.now, added_by=operator_id)
    work.session.add(rider)
    await work.session.flush()
    detail = {"number": numbers.masked(e164), "office": office.id}
    audit(work, operator_id, "credit.rider_added", f"credit {account.id}", detail)
    return rider


async def remove_rider(work: Work, operator_id: int, credit_id: int, number: str) -> None:
    """Take a telephone off the list; orders that it has open stay on the account. Raises Invalid, NotFound."""
    account, _, e164 = await _rider(work, operator_id, credit_id, number)
    await _take_off(work, operator_id, account.id, await _on_list(work.session, account.id, e164))


async def remove_listed(work: Work, operator_id: int, credit_id: int, rider_id: int) -> None:
    """The same by the entry of the list, for whoever does not see numbers whole. Raises NotFound."""
    office_id = (await people.operator_of(work, operator_id)).office_id
    account = await credit.hold(work, office_id, credit_id)
    rider = await work.session.get(CreditRider, rider_id)
    await _take_off(work, operator_id, account.id, rider if rider and rider.credit_id == account.id else None)


async def _take_off(work: Work, operator_id: int, credit_id: int, rider: CreditRider | None) -> None:
    if rider is None:
        raise NotFound("this telephone does not ride on the account", credit_id=credit_id)
    detail = {"number": numbers.masked(rider.number)}
    await work.session.delete(rider)
    await work.session.flush()
    audit(work, operator_id, "credit.rider_removed", f"credit {credit_id}", detail)


async def take_payment(work: Work, operator_id: int, credit_id: int, amount: int, reference: str) -> Entry:
    """The owner pays what he owes, or ahead. Raises ledger.ReferenceUsed, Invalid, NotFound."""
    office_id = (await people.operator_of(work, operator_id)).office_id
    account = await credit.of_office(work.session, office_id, credit_id)
    lines = (Line("cash", amount), Line("customer", -amount, account.id))
    entry = await _received(work, operator_id, office_id, lines, reference)
    audit(work, operator_id, "money.payment", f"credit {account.id}", {"entry": entry.id, "amount": amount})
    return entry


async def take_card_money(work: Work, operator_id: int, amount: int, reference: str) -> Entry:
    """The card company pays for trips that were paid by card. Raises ledger.ReferenceUsed, Invalid."""
    office_id = (await people.operator_of(work, operator_id)).office_id
    entry = await _received(work, operator_id, office_id, (Line("cash", amount), Line("card", -amount)), reference)
    audit(work, operator_id, "money.payment", "card company", {"entry": entry.id, "amount": amount})
    return entry


def terms_of(account: CreditAccount) -> Terms:
    """What is agreed, as it stands in the row."""
    return Terms(
        account.name,
        account.credit_limit,
        account.business_number,
        account.contact,
        account.needs_cost_centre,
        account.closed_at is not None,
    )


async def told(session: AsyncSession, office: Office, account: CreditAccount) -> AccountTold:
    """One account as people see it."""
    count = select(func.count()).select_from(CreditRider).where(CreditRider.credit_id == account.id)
    standing = await credit.standing(session, office, account)
    return AccountTold(
        account.id, terms_of(account), standing, int(await session.scalar(count) or 0), account.created_at
    )  # fmt: skip


async def all_told(session: AsyncSession, office: Office) -> list[AccountTold]:
    """The office's accounts: open ones first, by name."""
    found = await session.scalars(
        select(CreditAccount)
        .where(CreditAccount.office_id == office.id)
        .order_by(CreditAccount.closed_at.is_not(None), CreditAccount.name)
    )
    return [await told(session, office, account) for account in found.all()]


async def riders(session: AsyncSession, account: CreditAccount) -> list[Rider]:
    """Who rides on it, in the order in which they were added."""
    rows = await session.execute(
        select(CreditRider.id, CreditRider.number, Customer.id, Customer.name, CreditRider.added_at)
        .outerjoin(
            CustomerPhone,
            (CustomerPhone.number == CreditRider.number) & (CustomerPhone.office_id == account.office_id),
        )
        .outerjoin(Customer, Customer.id == CustomerPhone.customer_id)
        .where(CreditRider.credit_id == account.id)
        .order_by(CreditRider.id)
    )
    return [Rider(rider_id, number, customer_id, name, at) for rider_id, number, customer_id, name, at in rows]


def _agree(work: Work, account: CreditAccount, terms: Terms) -> None:
    name = plain(terms.name, 80)
    if not name:
        raise Invalid("an account has a name", field="name")
    if not 0 <= terms.limit <= ledger.LARGEST:
        raise Invalid("a limit is a whole amount and not negative", field="limit")
    account.name, account.credit_limit, account.needs_cost_centre = name, terms.limit, terms.needs_cost_centre
    account.business_number = plain(terms.business_number, 32) or None
    account.contact = plain(terms.contact, 500) or None
    account.closed_at = (account.closed_at or work.now) if terms.closed else None


async def _named(work: Work, account: CreditAccount) -> None:
    name = account.name
    try:
        async with work.session.begin_nested():
            work.session.add(account)
            await work.session.flush()
    except IntegrityError as error:
        raise NameTaken("there is an account of that name", name=name) from error


def _on_record(terms: Terms) -> dict[str, Any]:
    return {"name": terms.name, "limit": terms.limit, "cost_centre": terms.needs_cost_centre, "closed": terms.closed}


async def _rider(work: Work, operator_id: int, credit_id: int, number: str) -> tuple[CreditAccount, Office, str]:
    office_id = (await people.operator_of(work, operator_id)).office_id
    account = await credit.hold(work, office_id, credit_id)
    office = await work.session.get_one(Office, office_id)
    e164 = numbers.normalise(number, office.country).e164
    if e164 is None:
        raise Invalid("that is not a telephone number", field="number")
    return account, office, e164


async def _on_list(session: AsyncSession, credit_id: int, number: str) -> CreditRider | None:
    found = await session.scalars(
        select(CreditRider).where(CreditRider.credit_id == credit_id, CreditRider.number == number)
    )
    return found.one_or_none()


async def _received(work: Work, operator_id: int, office_id: int, lines: tuple[Line, Line], reference: str) -> Entry:
    amount, name = lines[0].amount, plain(reference, 60)
    if not 0 < amount <= ledger.LARGEST:
        raise Invalid("an amount is a whole number above zero", field="amount")
    if not name:
        raise Invalid("a payment has a name: a receipt's number, a transfer's", field="reference")
    booking = Booking(office_id, "payment", f"payment:{name}", lines, operator_id=operator_id)
    return await ledger.book(work, booking)
