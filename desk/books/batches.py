"""All drivers of an office settled at once: who has more than stays in is paid out, who has less than he needs is billed.

A batch is proposed from the books, looked at and ticked, and posted by one approval of somebody else than who chose its lines,
as with a single pay-out. Posting is one transaction in few statements: all of it or nothing. Its row is held, so the same batch
is posted once however often and by whomever it is approved. A bill moves no money: it tells in the books what was asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from desk import events
from desk.books import cashier, ledger
from desk.books.cashier import AlreadyDecided, SamePerson
from desk.books.ledger import Booking, Line
from desk.clock import days
from desk.clock.days import Span
from desk.driver.driver_access import house_language
from desk.errors import Conflict, Invalid, NotFound
from desk.figures.report_rows import DriverName
from desk.figures.reports import closing_by_driver
from desk.office import people
from desk.office.people import audit
from desk.order import money
from desk.rules.settling import SettlingRule
from desk.views import Json, moment
from desk.work import Work
from locales.catalog import Catalog
from models import Driver, Entry, Message, Office, Operator, SettlementBatch, SettlementLine

LISTED = 100
"""How many batches are listed at most, newest first."""


class BatchOpen(Conflict):
    """Another batch of the office waits. `details["batch_id"]` is which."""

    code = "batch_open"


class DaysClosed(Conflict):
    """The days lie in a closed month."""

    code = "days_closed"


class OtherTicks(Conflict):
    """Other lines are ticked by now than those that were approved."""

    code = "other_ticks"


class NothingTicked(Conflict):
    """There is nothing in the batch to be booked."""

    code = "nothing_ticked"


@dataclass(frozen=True, slots=True)
class LineTold:
    """One driver of a batch; `undone`: what was booked was undone since."""

    id: int
    driver: DriverName
    kind: str
    amount: int
    had: int
    has: int
    included: bool
    reason: str | None
    entry_id: int | None
    undone: bool

    @property
    def stays(self) -> int:
        """What he has once it is paid out."""
        return self.has - self.amount if self.kind == "pay" else self.has

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "driver": self.driver.as_json(),
            "kind": self.kind,
            "amount": self.amount,
            "had": self.had,
            "has": self.has,
            "included": self.included,
            "reason": self.reason,
            "entry_id": self.entry_id,
            "undone": self.undone,
        }


@dataclass(frozen=True, slots=True)
class BatchTold:
    """A batch with its sums: what is ticked while it waits, what was booked once it is posted."""

    id: int
    span: Span
    rule: SettlingRule
    state: str
    made_at: datetime
    made_by: str
    decided_at: datetime | None
    decided_by: str | None
    paid: int
    payouts: int
    billed: int
    bills: int
    lines: tuple[LineTold, ...] = ()
    choosers: frozenset[int] = frozenset()
    """Who chose what is in it: none of them approves it."""

    def of(self, *kinds: str) -> list[LineTold]:
        """The lines of these kinds."""
        return [line for line in self.lines if line.kind in kinds]

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "first": self.span.first.isoformat(),
            "last": self.span.last.isoformat(),
            "keep": self.rule.keep,
            "unit": self.rule.unit,
            "needed": self.rule.needed,
            "state": self.state,
            "made_at": moment(self.made_at),
            "made_by": self.made_by,
            "decided_at": moment(self.decided_at),
            "decided_by": self.decided_by,
            "paid": self.paid,
            "payouts": self.payouts,
            "billed": self.billed,
            "bills": self.bills,
        }


async def propose(work: Work, operator_id: int, span: Span, rule: SettlingRule) -> SettlementBatch:
    """Write a batch for these days, with a line for every driver; nothing is booked. Raises BatchOpen, DaysClosed, Invalid."""
    operator = await people.operator_of(work, operator_id)
    office_id = operator.office_id
    if span.since > work.now:
        raise Invalid("days that have not begun cannot be settled", field="from")
    await _check_open(work.session, office_id, span)
    if (waits := await _waiting(work.session, office_id)) is not None:
        raise BatchOpen("a batch waits already", batch_id=waits)
    batch = SettlementBatch(
        office_id=office_id, first=span.first, last=span.last, keep=rule.keep, unit=rule.unit, needed=rule.needed,
        state="open", made_at=work.now, made_by=operator.id,
    )  # fmt: skip
    try:
        async with work.session.begin_nested():
            work.session.add(batch)
    except IntegrityError:
        raise BatchOpen("a batch waits already", batch_id=await _waiting(work.session, office_id)) from None
    lines = await _lines(work, batch, span, rule)
    work.session.add_all(lines)
    await work.session.flush()
    detail = {"first": span.first.isoformat(), "last": span.last.isoformat(), **_rule_told(rule), **_sums(lines)}
    audit(work, operator.id, "batch.proposed", _subject(batch.id), detail)
    return batch


async def tick(work: Work, operator_id: int, batch_id: int, included: Collection[int]) -> None:
    """These lines are in the batch, and no others. Raises AlreadyDecided, Invalid for a line that proposes nothing, NotFound."""
    batch = await _held(work, operator_id, batch_id)
    wanted = set(included)
    lines = {line.id: line for line in await _lines_of(work.session, batch.id)}
    if not wanted <= {line.id for line in lines.values() if line.kind != "none"}:
        raise Invalid("only a line with a pay-out or a bill can be ticked", field="lines")
    changed = [line for line in lines.values() if line.included != (line.id in wanted)]
    for line in changed:
        line.included, line.ticked_by = line.id in wanted, operator_id
    if changed:
        detail = {
            word: [line.driver_id for line in changed if line.included == into]
            for word, into in (("in", True), ("out", False))
        }
        audit(work, operator_id, "batch.ticked", _subject(batch.id), detail)
    await work.session.flush()


async def approve(work: Work, operator_id: int, batch_id: int, seen: Collection[int]) -> SettlementBatch:
    """Post the lines that are ticked, which are those that the person has `seen`, and text the drivers.

    A line that no longer fits what its driver has is left out, with the reason; nothing is paid that was not proposed.
    Raises SamePerson, AlreadyDecided, OtherTicks, NothingTicked, DaysClosed, NotFound.
    """
    batch = await _held(work, operator_id, batch_id)
    lines = await _lines_of(work.session, batch.id)
    chosen = [line for line in lines if line.included]
    if operator_id in _choosers(batch, lines):
        raise SamePerson("somebody else approves a batch than who chose its lines", batch_id=batch_id)
    if {line.id for line in chosen} != set(seen):
        raise OtherTicks("other lines are ticked by now", batch_id=batch_id)
    if not chosen:
        raise NothingTicked("nothing is ticked", batch_id=batch_id)
    office = await work.session.get_one(Office, batch.office_id)
    await _check_open(work.session, office.id, _span(office, batch))
    drivers = await _drivers(work, batch)
    await _leave_out(work, batch, chosen)
    booked = [line for line in chosen if line.included]
    bookings = [_booking(batch, line, operator_id) for line in booked]
    entries = await ledger.book_all(work, batch.office_id, bookings)
    for line, entry in zip(booked, entries, strict=True):
        line.entry_id = entry.id
    batch.state, batch.decided_at, batch.decided_by = "posted", work.now, operator_id
    await _text(work, office, [(line, drivers[line.driver_id]) for line in booked])
    audit(work, operator_id, "batch.approved", _subject(batch.id), _sums(lines))
    await work.session.flush()
    return batch


async def drop(work: Work, operator_id: int, batch_id: int) -> None:
    """Throw a batch away that was not posted: nothing of it was booked. Raises AlreadyDecided, NotFound."""
    batch = await _held(work, operator_id, batch_id)
    batch.state, batch.decided_at, batch.decided_by = "dropped", work.now, operator_id
    audit(work, operator_id, "batch.dropped", _subject(batch.id))
    await work.session.flush()


async def rule_of(session: AsyncSession, office_id: int) -> SettlingRule:
    """The rule that the office settled by last."""
    query = (
        select(SettlementBatch)
        .where(SettlementBatch.office_id == office_id)
        .order_by(SettlementBatch.id.desc())
        .limit(1)
    )
    last = (await session.scalars(query)).one_or_none()
    return SettlingRule() if last is None else _rule(last)


async def listed(session: AsyncSession, office_id: int) -> list[BatchTold]:
    """The office's batches, newest first, without their lines."""
    office = await session.get_one(Office, office_id)
    query = (
        select(SettlementBatch)
        .where(SettlementBatch.office_id == office_id)
        .order_by(SettlementBatch.id.desc())
        .limit(LISTED)
    )
    found = (await session.scalars(query)).all()
    sums = await session.execute(
        select(SettlementLine.batch_id, SettlementLine.kind, func.sum(SettlementLine.amount), func.count())
        .where(SettlementLine.batch_id.in_([batch.id for batch in found]), SettlementLine.included)
        .group_by(SettlementLine.batch_id, SettlementLine.kind)
    )
    by = {(batch_id, kind): (int(amount), count) for batch_id, kind, amount, count in sums}
    return [
        await _told(session, office, batch, by.get((batch.id, "pay"), (0, 0)), by.get((batch.id, "bill"), (0, 0)))
        for batch in found
    ]


async def told(session: AsyncSession, office_id: int, batch_id: int) -> BatchTold:
    """One batch with its lines, in the order of the drivers' numbers. Raises NotFound, also for another office's."""
    batch = await session.get(SettlementBatch, batch_id)
    if batch is None or batch.office_id != office_id:
        raise NotFound(f"there is no batch {batch_id}", batch_id=batch_id)
    office = await session.get_one(Office, office_id)
    rows = await session.execute(
        select(SettlementLine, Driver.number, Driver.name)
        .join(Driver, Driver.id == SettlementLine.driver_id)
        .where(SettlementLine.batch_id == batch.id)
        .order_by(func.length(Driver.number), Driver.number)
    )
    rows_found = [(line, DriverName(line.driver_id, number, name)) for line, number, name in rows]
    lines = [line for line, _ in rows_found]
    paid, billed = (
        (sum(line.amount for line in of), len(of))
        for of in ([line for line in lines if line.included and line.kind == kind] for kind in ("pay", "bill"))
    )
    of_batch = select(SettlementLine.entry_id).where(SettlementLine.batch_id == batch.id)
    undone = set(await session.scalars(select(Entry.reverses_id).where(Entry.reverses_id.in_(of_batch))))
    shown = tuple(
        LineTold(
            line.id, driver, line.kind, line.amount, line.had, line.has, line.included, line.reason, line.entry_id,
            line.entry_id in undone,
        )
        for line, driver in rows_found
    )  # fmt: skip
    return await _told(session, office, batch, paid, billed, shown, _choosers(batch, lines))


async def _told(
    session: AsyncSession,
    office: Office,
    batch: SettlementBatch,
    paid: tuple[int, int],
    billed: tuple[int, int],
    lines: tuple[LineTold, ...] = (),
    choosers: frozenset[int] = frozenset(),
) -> BatchTold:
    made_by = await session.get_one(Operator, batch.made_by)
    decided_by = await session.get_one(Operator, batch.decided_by) if batch.decided_by is not None else None
    return BatchTold(
        batch.id, _span(office, batch), _rule(batch), batch.state, batch.made_at, made_by.name, batch.decided_at,
        decided_by.name if decided_by else None, *paid, *billed, lines, choosers,
    )  # fmt: skip


async def _lines(work: Work, batch: SettlementBatch, span: Span, rule: SettlingRule) -> list[SettlementLine]:
    """A line for every driver. Who already waits for a pay-out is left out: it is decided first."""
    had = await closing_by_driver(work.session, batch.office_id, span.until)
    has = {
        driver_id: -debit
        for driver_id, debit in (await ledger.balances(work.session, batch.office_id, "driver")).items()
    }
    asked = await _asked(work, batch.office_id)
    lines = []
    everybody = select(Driver.id).where(Driver.office_id == batch.office_id).order_by(Driver.id)
    for driver_id in await work.session.scalars(everybody):
        then, now = had.get(driver_id, 0), has.get(driver_id, 0)
        found = rule.proposal(then, now)
        waits = found.kind == "pay" and driver_id in asked
        lines.append(
            SettlementLine(
                batch_id=batch.id, driver_id=driver_id, had=then, has=now,
                kind="none" if waits else found.kind,
                amount=0 if waits else found.amount,
                reason="asked" if waits else found.reason,
                included=found.kind != "none" and not waits,
            )
        )  # fmt: skip
    return lines


async def _leave_out(work: Work, batch: SettlementBatch, chosen: Sequence[SettlementLine]) -> None:
    """Take out what does not fit any more: his account has changed, or he was asked for a single pay-out."""
    has = await ledger.balances(work.session, batch.office_id, "driver")
    asked = await _asked(work, batch.office_id)
    rule = _rule(batch)
    for line in chosen:
        line.has = -has.get(line.driver_id, 0)
        if line.kind == "pay" and line.driver_id in asked:
            line.included, line.reason = False, "asked"
        elif not rule.stands(line.kind, line.amount, line.has):
            line.included, line.reason = False, "changed"


async def _asked(work: Work, office_id: int) -> set[int]:
    """The drivers for whom a single pay-out waits."""
    return {one.driver.id for one in await cashier.asked_for(work.session, office_id, work.now)}


async def _drivers(work: Work, batch: SettlementBatch) -> dict[int, Driver]:
    """Those who are ticked, held in the order of their ids: a single pay-out at the same time waits for its turn."""
    query = (
        select(Driver)
        .join(SettlementLine, SettlementLine.driver_id == Driver.id)
        .where(SettlementLine.batch_id == batch.id, SettlementLine.included)
        .order_by(Driver.id)
        .with_for_update(of=Driver)
    )
    return {driver.id: driver for driver in await work.session.scalars(query)}


def _booking(batch: SettlementBatch, line: SettlementLine, operator_id: int) -> Booking:
    key = f"batch {batch.id} driver {line.driver_id}"
    if line.kind == "pay":
        lines = (Line("cash", -line.amount), Line("driver", line.amount, line.driver_id))
        return Booking(batch.office_id, "withdrawal", f"withdrawal:{key}", lines, operator_id=operator_id)
    lines = (Line("billed", line.amount, line.driver_id), Line("bills", -line.amount))
    return Booking(batch.office_id, "bill", f"bill:{key}", lines, operator_id=operator_id)


async def _text(work: Work, office: Office, booked: Sequence[tuple[SettlementLine, Driver]]) -> None:
    """Each driver reads what he was paid or is asked for; who has no telephone reads it on his page alone."""
    house = await house_language(work.session, office.id)
    texts = []
    for line, driver in booked:
        if not driver.phone:
            continue
        language = driver.language or house
        key = "sms.settled.paid" if line.kind == "pay" else "sms.settled.billed"
        has = line.has - line.amount if line.kind == "pay" else line.has
        words = {
            "amount": money.display(line.amount, office.currency, language),
            "has": money.display(has, office.currency, language),
        }
        texts.append(
            Message(
                office_id=office.id, audience="driver", recipient=driver.phone, sender=office.sms_sender,
                text_key=key, language=language, text=Catalog.load(language).text(key, **words),
                state="queued", next_try_at=work.now, created_at=work.now, updated_at=work.now,
            )
        )  # fmt: skip
    work.session.add_all(texts)
    await work.session.flush()
    for message in texts:
        work.tell(events.MessageChanged(work.now, message.id, None, message.state))


async def _held(work: Work, operator_id: int, batch_id: int) -> SettlementBatch:
    """The open batch, held: of two who decide at once the second finds it decided."""
    operator = await people.operator_of(work, operator_id)
    batch = await work.session.get(SettlementBatch, batch_id, with_for_update=True)
    if batch is None or batch.office_id != operator.office_id:
        raise NotFound(f"there is no batch {batch_id}", batch_id=batch_id)
    if batch.state != "open":
        raise AlreadyDecided(f"batch {batch_id} was decided before", batch_id=batch_id)
    return batch


async def _lines_of(session: AsyncSession, batch_id: int) -> Sequence[SettlementLine]:
    query = select(SettlementLine).where(SettlementLine.batch_id == batch_id).order_by(SettlementLine.id)
    return (await session.scalars(query)).all()


async def _waiting(session: AsyncSession, office_id: int) -> int | None:
    found: int | None = await session.scalar(
        select(SettlementBatch.id).where(SettlementBatch.office_id == office_id, SettlementBatch.state == "open")
    )
    return found


async def _check_open(session: AsyncSession, office_id: int, span: Span) -> None:
    closed = await ledger.closed_until(session, office_id)
    if closed is not None and span.since < closed:
        raise DaysClosed("the books of these days are closed", until=closed.isoformat())


def _choosers(batch: SettlementBatch, lines: Sequence[SettlementLine]) -> frozenset[int]:
    """Who made it, and who ticked a line in; taking one out is no choice of a pay-out."""
    ticked = {line.ticked_by for line in lines if line.included and line.ticked_by is not None}
    return frozenset({batch.made_by, *ticked})


def _sums(lines: Sequence[SettlementLine]) -> dict[str, Any]:
    sums = {kind: [line.amount for line in lines if line.included and line.kind == kind] for kind in ("pay", "bill")}
    return {
        "paid": sum(sums["pay"]), "payouts": len(sums["pay"]), "billed": sum(sums["bill"]), "bills": len(sums["bill"])
    }  # fmt: skip


def _rule(batch: SettlementBatch) -> SettlingRule:
    return SettlingRule(batch.keep, batch.unit, batch.needed)


def _rule_told(rule: SettlingRule) -> dict[str, int]:
    return {"keep": rule.keep, "unit": rule.unit, "needed": rule.needed}


def _span(office: Office, batch: SettlementBatch) -> Span:
    return days.span(office.timezone, batch.first, batch.last)


def _subject(batch_id: int) -> str:
    return f"batch {batch_id}"
