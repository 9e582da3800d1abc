"""The books: an entry's postings sum to zero, are written once and never changed. What was wrong is undone by a reversal.

Every function works in its caller's transaction. Accounts are locked in the order of their ids, so two entries never wait for
each other; the office's row is held against the close of a period, so no entry slips into one that has just been closed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import BindParameter, Table, bindparam, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from desk.errors import Conflict, Invalid, NotFound
from desk.text import plain
from desk.work import Work
from models import Account, Entry, Office, Period, Posting

OWN = 0
"""`owner_id` of the office's own accounts."""
_ACCOUNT = cast(Table, Account.__table__)
LARGEST = 2**53 - 1
"""The largest amount that is exact everywhere, spreadsheets included."""


class AlreadyReversed(Conflict):
    """The entry was undone before, or is itself a reversal."""

    code = "already_reversed"


class ReferenceUsed(Conflict):
    """Something else was booked under that key: other accounts, another amount, another order."""

    code = "reference_used"


@dataclass(frozen=True, slots=True)
class Line:
    """One side of an entry: the account by kind and owner; debit positive, credit negative."""

    kind: str
    amount: int
    owner_id: int = OWN


@dataclass(frozen=True, slots=True)
class Booking:
    """An entry to be made. `key` names the fact: booked a second time with the same key, it is the same entry."""

    office_id: int
    kind: str
    key: str
    lines: Sequence[Line]
    order_id: int | None = None
    operator_id: int | None = None
    evidence: str | None = None
    happened_at: datetime | None = None
    reverses_id: int | None = None


async def book(work: Work, booking: Booking) -> Entry:
    """Write the entry and its postings, or give back the one that has its key, if it is the same.

    It is booked now; where a clock that was set back says that now lies in a closed period, at the end of that one.
    Raises ReferenceUsed where the key stands for something else, Invalid where the lines do not sum to zero, NotFound for an
    office that is not there.
    """
    _check(booking.lines)
    office = await _hold(work.session, booking.office_id)
    if (there := await by_key(work.session, office.id, booking.key)) is not None:
        return await _same(work.session, there, booking)
    until = await closed_until(work.session, office.id)
    entry = _entry(booking, max(work.now, until) if until else work.now)
    try:
        async with work.session.begin_nested():
            work.session.add(entry)
    except IntegrityError:
        # Booked at the same moment by somebody else: the database let one of the two in.
        if (there := await by_key(work.session, office.id, booking.key)) is not None:
            return await _same(work.session, there, booking)
        raise
    await _post(work.session, office, entry, booking.lines)
    return entry


async def book_all(work: Work, office_id: int, bookings: Sequence[Booking]) -> list[Entry]:
    """Write many new entries of an office at once, in few statements however many they are.

    All or none: the caller holds what they rest on, so no key of theirs is known. Raises Invalid, NotFound.
    """
    for booking in bookings:
        _check(booking.lines)
    office = await _hold(work.session, office_id)
    until = await closed_until(work.session, office.id)
    entries = [_entry(booking, max(work.now, until) if until else work.now) for booking in bookings]
    work.session.add_all(entries)
    await work.session.flush()
    accounts = await _account_ids(work.session, office, [line for booking in bookings for line in booking.lines])
    moved: dict[int, int] = {}
    for entry, booking in zip(entries, bookings, strict=True):
        for line in booking.lines:
            account_id = accounts[line.kind, line.owner_id]
            moved[account_id] = moved.get(account_id, 0) + line.amount
            work.session.add(Posting(entry_id=entry.id, account_id=account_id, amount=line.amount))
    await work.session.flush()
    if moved:
        by: BindParameter[int] = bindparam("moved_by")
        the_one = _ACCOUNT.c.id == bindparam("moved_id")
        add = update(_ACCOUNT).where(the_one).values(balance=_ACCOUNT.c.balance + by)
        values = [{"moved_id": account_id, "moved_by": amount} for account_id, amount in sorted(moved.items())]
        await (await work.session.connection()).execute(add, values)
    return entries


async def reverse(work: Work, operator_id: int | None, entry_id: int, evidence: str) -> Entry:
    """Undo an entry by its opposite, booked now, whatever period it was in. Raises AlreadyReversed, Invalid, NotFound."""
    entry = await work.session.get(Entry, entry_id)
    if entry is None:
        raise NotFound(f"there is no entry {entry_id}", entry_id=entry_id)
    if not plain(evidence, 500):
        raise Invalid("a reversal says why", field="evidence")
    if entry.kind == "reversal":
        raise AlreadyReversed("a reversal is not undone; book the fact anew", entry_id=entry_id)
    undone = select(Entry.id).where(Entry.reverses_id == entry_id)
    if (await work.session.scalar(undone)) is not None:
        raise AlreadyReversed(f"entry {entry_id} was undone before", entry_id=entry_id)
    lines = [Line(line.kind, -line.amount, line.owner_id) for line in await lines_of(work.session, entry_id)]
    booking = Booking(
        entry.office_id, "reversal", f"reversal:{entry_id}", lines, entry.order_id, operator_id, evidence,
        entry.happened_at, entry_id,
    )  # fmt: skip
    return await book(work, booking)


async def by_key(session: AsyncSession, office_id: int, key: str) -> Entry | None:
    """The entry that was booked for a fact."""
    found = await session.scalars(select(Entry).where(Entry.office_id == office_id, Entry.key == key))
    return found.one_or_none()


async def lines_of(session: AsyncSession, entry_id: int) -> list[Line]:
    """The sides of an entry as they stand in the books."""
    rows = await session.execute(
        select(Account.kind, Posting.amount, Account.owner_id)
        .join(Posting, Posting.account_id == Account.id)
        .where(Posting.entry_id == entry_id)
    )
    return [Line(kind, amount, owner_id) for kind, amount, owner_id in rows]


async def balance(session: AsyncSession, office_id: int, kind: str, owner_id: int = OWN) -> int:
    """The account's balance as kept; 0 where nothing was ever booked. Debit is positive."""
    kept = select(Account.balance).where(
        Account.office_id == office_id, Account.kind == kind, Account.owner_id == owner_id
    )
    return await session.scalar(kept) or 0


async def balances(session: AsyncSession, office_id: int, kind: str) -> Mapping[int, int]:
    """The kept balances of all accounts of a kind, by owner. Debit is positive."""
    kept = select(Account.owner_id, Account.balance).where(Account.office_id == office_id, Account.kind == kind)
    rows = await session.execute(kept)
    return {row.owner_id: row.balance for row in rows}


async def balance_of_postings(session: AsyncSession, account_id: int, until: datetime | None = None) -> int:
    """The same, added up anew, up to (not including) `until`."""
    query = select(func.sum(Posting.amount)).where(Posting.account_id == account_id)
    if until is not None:
        query = query.join(Entry, Entry.id == Posting.entry_id).where(Entry.at < until)
    return int(await session.scalar(query) or 0)


async def closed_until(session: AsyncSession, office_id: int) -> datetime | None:
    """Up to where the books are closed."""
    found: datetime | None = await session.scalar(
        select(Period.until).where(Period.office_id == office_id).order_by(Period.until.desc()).limit(1)
    )
    return found


def _entry(booking: Booking, at: datetime) -> Entry:
    return Entry(
        office_id=booking.office_id,
        kind=booking.kind,
        key=booking.key,
        at=at,
        happened_at=booking.happened_at,
        order_id=booking.order_id,
        operator_id=booking.operator_id,
        evidence=plain(booking.evidence, 500) or None,
        reverses_id=booking.reverses_id,
    )


def _check(lines: Sequence[Line]) -> None:
    if sum(line.amount for line in lines) != 0:
        raise Invalid("an entry's postings sum to zero", field="lines")
    if len({(line.kind, line.owner_id) for line in lines}) != len(lines) or len(lines) < 2:
        raise Invalid("an entry names two accounts or more, each once", field="lines")
    if any(line.amount == 0 or abs(line.amount) > LARGEST for line in lines):
        raise Invalid("an amount is not zero and not beyond counting", field="lines")


async def _same(session: AsyncSession, there: Entry, booking: Booking) -> Entry:
    told = (there.kind, there.order_id, there.reverses_id)
    if told == (booking.kind, booking.order_id, booking.reverses_id) and set(await lines_of(session, there.id)) == set(
        booking.lines
    ):
        return there
    raise ReferenceUsed(f"something else is booked as {booking.key!r}", entry_id=there.id)


async def _hold(session: AsyncSession, office_id: int) -> Office:
    """The office, shared with other bookings and held against the close of a period."""
    found = await session.scalars(select(Office).where(Office.id == office_id).with_for_update(read=True))
    office = found.one_or_none()
    if office is None:
        raise NotFound(f"there is no office {office_id}", office_id=office_id)
    return office


async def _post(session: AsyncSession, office: Office, entry: Entry, lines: Sequence[Line]) -> None:
    accounts = {(line.kind, line.owner_id): await _account_id(session, office, line) for line in lines}
    for line in sorted(lines, key=lambda line: accounts[line.kind, line.owner_id]):
        account_id = accounts[line.kind, line.owner_id]
        await session.execute(
            update(Account).where(Account.id == account_id).values(balance=Account.balance + line.amount)
        )
        session.add(Posting(entry_id=entry.id, account_id=account_id, amount=line.amount))
    await session.flush()


async def _account_ids(session: AsyncSession, office: Office, lines: Sequence[Line]) -> dict[tuple[str, int], int]:
    """The accounts of these lines; those that are not there yet are opened."""
    kinds = {line.kind for line in lines}
    found = await session.execute(
        select(Account.kind, Account.owner_id, Account.id).where(
            Account.office_id == office.id, Account.kind.in_(kinds), Account.currency == office.currency
        )
    )
    accounts = {(kind, owner_id): account_id for kind, owner_id, account_id in found}
    missing = {(line.kind, line.owner_id): line for line in lines if (line.kind, line.owner_id) not in accounts}
    try:
        async with session.begin_nested():
            opened = [_opened(office, line) for line in missing.values()]
            session.add_all(opened)
            await session.flush()
        return accounts | {(account.kind, account.owner_id): account.id for account in opened}
    except IntegrityError:
        # One of them was opened by somebody else in the meantime: one by one, then.
        return accounts | {key: await _account_id(session, office, line) for key, line in missing.items()}


async def _account_id(session: AsyncSession, office: Office, line: Line) -> int:
    where = (
        Account.office_id == office.id,
        Account.kind == line.kind,
        Account.owner_id == line.owner_id,
        Account.currency == office.currency,
    )
    if (found := await session.scalar(select(Account.id).where(*where))) is not None:
        return found
    try:
        async with session.begin_nested():
            account = _opened(office, line)
            session.add(account)
            await session.flush()
            return account.id
    except IntegrityError:
        # Opened by somebody else in the meantime, and committed before us.
        return (await session.scalars(select(Account.id).where(*where))).one()


def _opened(office: Office, line: Line) -> Account:
    return Account(office_id=office.id, kind=line.kind, owner_id=line.owner_id, currency=office.currency, balance=0)
