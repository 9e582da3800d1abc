"""What is told of batches: their sums, their lines, who chose them, and the rule that stands in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.clock import days
from desk.clock.days import Span
from desk.driver import payees
from desk.driver.payees import Payee
from desk.errors import NotFound
from desk.figures.report_rows import DriverName
from desk.rules.settling import SettlingRule
from desk.views import Json, moment
from models import Driver, Entry, Office, Operator, SettlementBatch, SettlementLine

Trouble = Literal["missing", "changed"]
LISTED = 100
"""How many batches are listed at most, newest first."""


@dataclass(frozen=True, slots=True)
class LineTold:
    """One driver of a batch; `undone`: what was booked was undone since. `payee` is where he is paid to.

    `trouble`: why the pay-out is not in the bank's table: no account is known ("missing"), or it was changed after the approval.
    """

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
    payee: Payee
    trouble: Trouble | None

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
            "payee": self.trouble,
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
    without: int = 0
    """How many drivers of the office have no line, while it waits: they never had anything on their accounts."""

    def of(self, *kinds: str) -> list[LineTold]:
        """The lines of these kinds."""
        return [line for line in self.lines if line.kind in kinds]

    @property
    def payments(self) -> list[LineTold]:
        """Pay-outs that are ticked, or booked and not undone."""
        return [line for line in self.of("pay") if line.included and not line.undone]

    def troubled(self, trouble: Trouble) -> list[LineTold]:
        """Pay-outs that the bank's table leaves out for that reason."""
        return [line for line in self.payments if line.trouble == trouble]

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
        select(SettlementLine, Driver)
        .join(Driver, Driver.id == SettlementLine.driver_id)
        .where(SettlementLine.batch_id == batch.id)
        .order_by(func.length(Driver.number), Driver.number)
    )
    rows_found = [(line, driver) for line, driver in rows]
    lines = [line for line, _ in rows_found]
    paid, billed = (
        (sum(line.amount for line in of), len(of))
        for of in ([line for line in lines if line.included and line.kind == kind] for kind in ("pay", "bill"))
    )
    of_batch = select(SettlementLine.entry_id).where(SettlementLine.batch_id == batch.id)
    undone = set(await session.scalars(select(Entry.reverses_id).where(Entry.reverses_id.in_(of_batch))))
    shown = tuple(
        LineTold(
            line.id, DriverName(driver.id, driver.number, driver.name), line.kind, line.amount, line.had, line.has,
            line.included, line.reason, line.entry_id, line.entry_id in undone, payees.of(driver),
            _trouble(batch, line, driver),
        )
        for line, driver in rows_found
    )  # fmt: skip
    whole = await _told(session, office, batch, paid, billed, shown, choosers(batch, lines))
    if batch.state != "open":
        return whole
    everybody = select(func.count()).select_from(Driver).where(Driver.office_id == office_id)
    return replace(whole, without=(await session.scalar(everybody) or 0) - len(shown))


def _trouble(batch: SettlementBatch, line: SettlementLine, driver: Driver) -> Trouble | None:
    if line.kind != "pay":
        return None
    if batch.state == "posted" and line.payee_version != driver.payee_version:
        return "changed"
    return None if payees.of(driver) else "missing"


async def rule_of(session: AsyncSession, office_id: int) -> SettlingRule:
    """The rule that the office settled by last."""
    query = (
        select(SettlementBatch)
        .where(SettlementBatch.office_id == office_id)
        .order_by(SettlementBatch.id.desc())
        .limit(1)
    )
    last = (await session.scalars(query)).one_or_none()
    return SettlingRule() if last is None else rule_in(last)


def choosers(batch: SettlementBatch, lines: Sequence[SettlementLine]) -> frozenset[int]:
    """Who made it, and who ticked a line in; taking one out is no choice of a pay-out."""
    ticked = {line.ticked_by for line in lines if line.included and line.ticked_by is not None}
    return frozenset({batch.made_by, *ticked})


def span_of(office: Office, batch: SettlementBatch) -> Span:
    """The days that are settled."""
    return days.span(office.timezone, batch.first, batch.last)


def rule_in(batch: SettlementBatch) -> SettlingRule:
    """The rule by which it was proposed."""
    return SettlingRule(batch.keep, batch.unit, batch.needed)


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
        batch.id, span_of(office, batch), rule_in(batch), batch.state, batch.made_at, made_by.name, batch.decided_at,
        decided_by.name if decided_by else None, *paid, *billed, lines, choosers,
    )  # fmt: skip
