"""What people do with drivers' money: take it in, pay it out (one asks, another one approves), penalise, undo, close a month.

Every function checks that driver and entry are of the operator's office, and leaves a row in the record of who did what. A
request for a pay-out lives in that record: it moves no money until it is approved, and is forgotten after two weeks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.books import dead_runs, ledger, periods, settlement
from desk.driver.drivers import known
from desk.errors import Conflict, Invalid, NotFound
from desk.figures.report_rows import DriverName
from desk.office import people
from desk.office.people import audit
from desk.text import plain
from desk.views import Json, moment
from desk.work import Work
from models import Account, AuditEntry, Driver, Entry, Operator, Order, Period, Posting

ASKED, APPROVED, TURNED_DOWN = "withdrawal.asked", "withdrawal.approved", "withdrawal.turned_down"
STANDS_FOR = timedelta(days=14)
"""How long a request for a pay-out can be approved."""


class SamePerson(Conflict):
    """Who asked for a pay-out does not approve it himself."""

    code = "same_person"


class AlreadyDecided(Conflict):
    """The pay-out was approved or turned down before."""

    code = "already_decided"


@dataclass(frozen=True, slots=True)
class AskedWithdrawal:
    """A pay-out that waits for somebody to approve it; `has` is what the driver has now."""

    id: int
    at: datetime
    driver: DriverName
    amount: int
    note: str | None
    has: int
    asked_by: int
    asked_by_name: str

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "at": moment(self.at),
            "driver": self.driver.as_json(),
            "amount": self.amount,
            "note": self.note,
            "has": self.has,
            "asked_by": {"id": self.asked_by, "name": self.asked_by_name},
        }


async def take_in(work: Work, operator_id: int, driver_id: int, amount: int, reference: str) -> Entry:
    """The driver pays in; `reference` names the payment (a receipt, a transfer), so that it is booked once.

    Raises ledger.ReferenceUsed where another payment has that name, Invalid, NotFound.
    """
    driver = await _driver(work, operator_id, driver_id)
    entry = await settlement.top_up(work, operator_id, driver.id, amount, _reference(reference))
    audit(work, operator_id, "money.top_up", f"driver {driver.id}", {"entry": entry.id, "amount": amount})
    return entry


async def penalise(
    work: Work,
    operator_id: int,
    driver_id: int,
    amount: int,
    evidence: str,
    reference: str,
    order_id: int | None = None,
) -> Entry:
    """A penalty with what it rests on. Raises as `take_in` does."""
    driver = await _driver(work, operator_id, driver_id)
    if order_id is not None:
        order = await work.session.get(Order, order_id)
        if order is None or order.office_id != driver.office_id:
            raise NotFound(f"there is no order {order_id}", order_id=order_id)
    entry = await settlement.penalise(
        work, operator_id, driver.id, amount, evidence, _reference(reference), order_id
    )  # fmt: skip
    audit(work, operator_id, "money.penalty", f"driver {driver.id}", {"entry": entry.id, "amount": amount})
    return entry


async def undo(work: Work, operator_id: int, entry_id: int, evidence: str, driver_id: int | None = None) -> Entry:
    """Give back or take back by the opposite entry, booked today. With `driver_id`, only an entry of his account.

    With what a driver got for a no-show goes what its firm was charged.
    Raises AlreadyReversed, Invalid, NotFound.
    """
    operator = await people.operator_of(work, operator_id)
    entry = await work.session.get(Entry, entry_id)
    ours = entry is not None and entry.office_id == operator.office_id
    if entry is None or not ours or (driver_id is not None and await _driver_of(work.session, entry) != driver_id):
        raise NotFound(f"there is no entry {entry_id}", entry_id=entry_id)
    owner_id = await _driver_of(work.session, entry)
    if owner_id is not None:
        await known(work.session, operator.office_id, owner_id)
    undone = await ledger.reverse(work, operator_id, entry_id, evidence)
    await dead_runs.undo_charge(work, operator_id, entry, evidence)
    audit(work, operator_id, "money.reversal", f"entry {entry_id}", {"entry": undone.id})
    return undone


async def ask(work: Work, operator_id: int, driver_id: int, amount: int, note: str | None = None) -> AskedWithdrawal:
    """Ask for a pay-out of what the driver has. Raises NotEnough, Invalid, NotFound."""
    driver = await _driver(work, operator_id, driver_id)
    if not 0 < amount <= ledger.LARGEST:
        raise Invalid("an amount is a whole number above zero", field="amount")
    has = await settlement.balance(work.session, driver)
    if amount > has:
        raise settlement.NotEnough(f"driver {driver.number} has less than that", balance=has)
    detail = {"driver": driver.id, "amount": amount, "note": plain(note, 200) or None}
    asked = AuditEntry(at=work.now, operator_id=operator_id, what=ASKED, subject=f"driver {driver.id}", detail=detail)
    work.session.add(asked)
    await work.session.flush()
    return (await _told(work.session, [asked]))[0]


async def approve(work: Work, operator_id: int, ask_id: int) -> Entry:
    """Pay out what a colleague asked for. Raises SamePerson, AlreadyDecided, NotEnough, NotFound."""
    asked = await _undecided(work, operator_id, ask_id)
    if asked.operator_id == operator_id:
        raise SamePerson("somebody else approves a pay-out than who asked for it", ask_id=ask_id)
    entry = await settlement.withdraw(
        work, operator_id, asked.detail["driver"], asked.detail["amount"], f"ask {ask_id}"
    )  # fmt: skip
    audit(work, operator_id, APPROVED, _subject(ask_id), {"entry": entry.id, **_what(asked)})
    return entry


async def turn_down(work: Work, operator_id: int, ask_id: int, reason: str) -> None:
    """Do not pay it out; who asked may take it back so. Raises AlreadyDecided, Invalid, NotFound."""
    asked = await _undecided(work, operator_id, ask_id)
    if not plain(reason, 200):
        raise Invalid("it says why", field="reason")
    audit(work, operator_id, TURNED_DOWN, _subject(ask_id), {"reason": plain(reason, 200), **_what(asked)})


async def asked_for(session: AsyncSession, office_id: int, now: datetime) -> list[AskedWithdrawal]:
    """The pay-outs that wait, oldest first."""
    recent = AuditEntry.at >= now - STANDS_FOR
    rows = await session.scalars(
        select(AuditEntry)
        .join(Operator, Operator.id == AuditEntry.operator_id)
        .where(recent, AuditEntry.what == ASKED, Operator.office_id == office_id)
        .order_by(AuditEntry.id)
    )
    decided = await session.scalars(
        select(AuditEntry.subject).where(recent, AuditEntry.what.in_((APPROVED, TURNED_DOWN)))
    )
    done = set(decided)
    return await _told(session, [asked for asked in rows if _subject(asked.id) not in done])


async def has_after(session: AsyncSession, entry: Entry) -> int | None:
    """What the entry's driver has now; null for an entry of no driver."""
    balance = await session.scalar(
        select(Account.balance)
        .join(Posting, Posting.account_id == Account.id)
        .where(Posting.entry_id == entry.id, Account.kind == "driver")
    )
    return None if balance is None else -balance


async def close_month(work: Work, operator_id: int, year: int, number: int) -> Period:
    """Close a month of the operator's office. Raises OutOfTurn, Invalid."""
    operator = await people.operator_of(work, operator_id)
    period = await periods.close(work, operator_id, operator.office_id, year, number)
    audit(work, operator_id, "period.closed", f"{year:04}-{number:02}", {"digest": period.digest})
    return period


async def _driver(work: Work, operator_id: int, driver_id: int) -> Driver:
    operator = await people.operator_of(work, operator_id)
    return await known(work.session, operator.office_id, driver_id)


async def _driver_of(session: AsyncSession, entry: Entry) -> int | None:
    found: int | None = await session.scalar(
        select(Account.owner_id)
        .join(Posting, Posting.account_id == Account.id)
        .where(Posting.entry_id == entry.id, Account.kind == "driver")
    )
    return found


async def _undecided(work: Work, operator_id: int, ask_id: int) -> AuditEntry:
    """The request, held: of two who decide at once the second finds it decided."""
    operator = await people.operator_of(work, operator_id)
    found = await work.session.scalars(
        select(AuditEntry)
        .join(Operator, Operator.id == AuditEntry.operator_id)
        .where(
            AuditEntry.id == ask_id,
            AuditEntry.what == ASKED,
            AuditEntry.at >= work.now - STANDS_FOR,
            Operator.office_id == operator.office_id,
        )
        .with_for_update(of=AuditEntry)
    )
    asked = found.one_or_none()
    if asked is None:
        raise NotFound(f"nobody asks for pay-out {ask_id}", ask_id=ask_id)
    decided = await work.session.scalar(
        select(AuditEntry.id).where(
            AuditEntry.at >= asked.at,
            AuditEntry.what.in_((APPROVED, TURNED_DOWN)),
            AuditEntry.subject == _subject(ask_id),
        )
    )
    if decided is not None:
        raise AlreadyDecided(f"pay-out {ask_id} was decided before", ask_id=ask_id)
    return asked


async def _told(session: AsyncSession, rows: list[AuditEntry]) -> list[AskedWithdrawal]:
    found = []
    for asked in rows:
        assert asked.operator_id is not None
        who = await session.get_one(Operator, asked.operator_id)
        driver = await session.get_one(Driver, asked.detail["driver"])
        found.append(
            AskedWithdrawal(
                asked.id,
                asked.at,
                DriverName(driver.id, driver.number, driver.name),
                asked.detail["amount"],
                asked.detail["note"],
                await settlement.balance(session, driver),
                who.id,
                who.name,
            )
        )
    return found


def _what(asked: AuditEntry) -> dict[str, Any]:
    return {name: asked.detail[name] for name in ("driver", "amount")}


def _subject(ask_id: int) -> str:
    return f"withdrawal {ask_id}"


def _reference(reference: str) -> str:
    name = plain(reference, 60)
    if not name:
        raise Invalid("a payment has a name: a receipt's number, a transfer's", field="reference")
    return name
