"""All drivers of an office settled at once: who has more than stays in is paid out, who has less than he needs is billed.

A batch is proposed from the books, looked at and ticked, and posted by one approval of somebody else than who chose its lines,
as with a single pay-out. Posting is one transaction in few statements: all of it or nothing. Its row is held, so the same batch
is posted once however often and by whomever it is approved. A bill moves no money: it tells in the books what was asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from desk import events
from desk.books import cashier, ledger
from desk.books.batch_views import choosers, rule_in, span_of
from desk.books.cashier import AlreadyDecided, SamePerson
from desk.books.ledger import Booking, Line
from desk.clock.days import Span
from desk.driver.driver_access import house_language
from desk.errors import Conflict, Invalid, NotFound
from desk.figures.reports import closing_by_driver
from desk.office import people
from desk.office.people import audit
from desk.order import money
from desk.rules.settling import SettlingRule
from desk.work import Work
from locales.catalog import Catalog
from models import Driver, Message, Office, SettlementBatch, SettlementLine


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


async def propose(
    work: Work, operator_id: int, span: Span, rule: SettlingRule, *, without_account: bool = False
) -> SettlementBatch:
    """Write a batch for these days, with a line for every driver who has an account; nothing is booked.

    Who never had anything on his account comes in only if he drives now and is to be billed, or all of those who are to be
    billed `without_account`. Raises BatchOpen, DaysClosed, Invalid.
    """
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
    lines = await _lines(work, batch, span, rule, without_account=without_account)
    work.session.add_all(lines)
    await work.session.flush()
    days_told = {"first": span.first.isoformat(), "last": span.last.isoformat()}
    detail = days_told | _rule_told(rule) | {"without_account": without_account} | _sums(lines)
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
    if operator_id in choosers(batch, lines):
        raise SamePerson("somebody else approves a batch than who chose its lines", batch_id=batch_id)
    if {line.id for line in chosen} != set(seen):
        raise OtherTicks("other lines are ticked by now", batch_id=batch_id)
    if not chosen:
        raise NothingTicked("nothing is ticked", batch_id=batch_id)
    office = await work.session.get_one(Office, batch.office_id)
    await _check_open(work.session, office.id, span_of(office, batch))
    drivers = await _drivers(work, batch)
    await _leave_out(work, batch, chosen)
    booked = [line for line in chosen if line.included]
    bookings = [_booking(batch, line, operator_id) for line in booked]
    entries = await ledger.book_all(work, batch.office_id, bookings)
    for line, entry in zip(booked, entries, strict=True):
        line.entry_id = entry.id
        line.payee_version = drivers[line.driver_id].payee_version
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


async def _lines(
    work: Work, batch: SettlementBatch, span: Span, rule: SettlingRule, *, without_account: bool
) -> list[SettlementLine]:
    """A line for every driver whom the rule can mean. Who already waits for a pay-out is left out: it is decided first."""
    had = await closing_by_driver(work.session, batch.office_id, span.until)
    has = {
        driver_id: -debit
        for driver_id, debit in (await ledger.balances(work.session, batch.office_id, "driver")).items()
    }
    asked = await _asked(work, batch.office_id)
    lines = []
    drives = and_(Driver.state != "off", Driver.disabled_at.is_(None))
    everybody = select(Driver.id, drives).where(Driver.office_id == batch.office_id).order_by(Driver.id)
    for driver_id, on_duty in await work.session.execute(everybody):
        then, now = had.get(driver_id, 0), has.get(driver_id, 0)
        found = rule.proposal(then, now)
        if driver_id not in has and not (found.kind == "bill" and (on_duty or without_account)):
            continue
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
    rule = rule_in(batch)
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


def _sums(lines: Sequence[SettlementLine]) -> dict[str, Any]:
    sums = {kind: [line.amount for line in lines if line.included and line.kind == kind] for kind in ("pay", "bill")}
    return {
        "paid": sum(sums["pay"]), "payouts": len(sums["pay"]), "billed": sum(sums["bill"]), "bills": len(sums["bill"])
    }  # fmt: skip


def _rule_told(rule: SettlingRule) -> dict[str, int]:
    return {"keep": rule.keep, "unit": rule.unit, "needed": rule.needed}


def _subject(batch_id: int) -> str:
    return f"batch {batch_id}"
