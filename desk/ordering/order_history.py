"""All that happened to one order as one list, newest first: who did what and when, from the rows that each deed left.

Nothing is written for it: steps, changes, offers, assignments, texts and overrides are rows of their own already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.dispatching import by_hand, pins, search_views
from desk.errors import NotFound
from desk.message import unheard
from desk.order import order_clock
from desk.ordering import fares, no_show
from desk.texts.message_states import shown_text
from desk.trades import ASSIGNED
from desk.views import Json, moment
from models import Assignment, Driver, FixedFare, Message, Operator, Order, OrderChange, OrderStep, Search

MOST_MESSAGES = 100


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that happened. `what`: taken, moved, changed, fare, timer, all_the_same, unsure, search, search_ended, offered,
    by_hand, assigned, message, unheard.

    `by` is the operator's name (null: the desk by itself, or `driver`); `driver` who did it, or whom it was about. `state` is
    the order's new state, or how an offer, a search or a text stands; `ended_at` when it came to stand so. `before` and
    `after` are those of a changed `field`; `words` what somebody said or wrote; `evidence` what spoke for a
    driver who said that nobody came. Of a fare that was fixed, `parts` explain what the tariff asked (`quoted`), `state` is
    what it rests on, and `told` whether it was put in writing. Of a timer, `field` is its kind, `state` its outcome, and
    `late_s` by how much it was missed. Of a text that nobody heard, `field` says to whom it was, `state` how that ended ("open":
    not yet), and `by` who saw to it. Given `by_hand`: `others` could have had it, `passed` of them were ranked before him.
    """

    at: datetime
    what: str
    by: str | None = None
    driver: Driver | None = None
    state: str | None = None
    ended_at: datetime | None = None
    field: str | None = None
    before: Any = None
    after: Any = None
    words: str | None = None
    evidence: dict[str, Any] | None = None
    parts: list[dict[str, Any]] | None = None
    quoted: int | None = None
    told: bool | None = None
    late_s: int | None = None
    others: int | None = None
    passed: int | None = None

    def as_json(self) -> Json:
        who = self.driver
        return {
            "at": moment(self.at),
            "what": self.what,
            "by": self.by,
            "driver": {"id": who.id, "number": who.number, "name": who.name} if who else None,
            "state": self.state,
            "ended_at": moment(self.ended_at),
            "field": self.field,
            "before": self.before,
            "after": self.after,
            "words": self.words,
            "evidence": self.evidence,
            "parts": self.parts,
            "quoted": self.quoted,
            "told": self.told,
            "late_s": self.late_s,
            "others": self.others,
            "passed": self.passed,
        }


async def of_order(session: AsyncSession, order_id: int, office_id: int) -> list[Deed]:
    """Raises NotFound, also for another office's order."""
    order = await session.get(Order, order_id)
    if order is None or order.office_id != office_id:
        raise NotFound(f"there is no order {order_id}", order_id=order_id)
    deeds = [
        *await _steps(session, order),
        *await _fares(session, order_id),
        *await _changes(session, order_id),
        *await _timers(session, order_id),
        *_overrides(await pins.all_the_same(session, order)),
        *await _searches(session, order_id),
        *await _offers(session, order_id),
        *await _by_hand(session, order_id),
        *await _assignments(session, order_id),
        *await _texts(session, order_id),
        *await _unheard(session, order_id),
    ]
    # Of one moment, what is listed first has caused what is listed later.
    return sorted(deeds, key=lambda deed: deed.at)[::-1]


async def _steps(session: AsyncSession, order: Order) -> list[Deed]:
    rows = await session.execute(
        select(OrderStep, Operator.name, Driver)
        .outerjoin(Operator, Operator.id == OrderStep.operator_id)
        .outerjoin(Driver, Driver.id == OrderStep.driver_id)
        .where(OrderStep.order_id == order.id, OrderStep.after != ASSIGNED)
        .order_by(OrderStep.id)
    )
    evidence = await no_show.evidence_of(session, order)
    return [
        Deed(
            step.at, "taken" if step.before is None else "moved", by, driver, step.after, words=step.reason,
            evidence=evidence if step.after == order.state else None,
        )
        for step, by, driver in rows
    ]  # fmt: skip


async def _fares(session: AsyncSession, order_id: int) -> list[Deed]:
    rows = await session.execute(
        select(FixedFare, Operator.name)
        .outerjoin(Operator, Operator.id == FixedFare.operator_id)
        .where(FixedFare.order_id == order_id)
        .order_by(FixedFare.id)
    )
    deeds: list[Deed] = []
    for row, by in rows:
        before = deeds[-1].after if deeds else None
        deeds.append(
            Deed(
                row.at, "fare", by, state=row.basis, field="fare", before=before, after=row.amount, words=row.reason,
                parts=row.parts, quoted=row.quoted, told=row.told,
            )
        )  # fmt: skip
    return deeds


async def _timers(session: AsyncSession, order_id: int) -> list[Deed]:
    return [
        Deed(timer.done_at or timer.due_at, "timer", state=timer.outcome, field=timer.kind, late_s=timer.late_s)
        for timer in await order_clock.done_of(session, order_id)
    ]


async def _changes(session: AsyncSession, order_id: int) -> list[Deed]:
    rows = await session.execute(
        select(OrderChange, Operator.name)
        .outerjoin(Operator, Operator.id == OrderChange.operator_id)
        .where(OrderChange.order_id == order_id)
        .order_by(OrderChange.id)
    )
    fixed = {row.version for row in await fares.history(session, order_id)}
    return [
        Deed(change.at, "changed", by, field=change.field, before=change.before, after=change.after)
        for change, by in rows
        if change.field != "fare" or change.version not in fixed  # told with its explanation
    ]


def _overrides(rows: Iterable[tuple[Any, str | None]]) -> Iterator[Deed]:
    for entry, by in rows:
        if entry.what == pins.ASSIGNED_ALL_THE_SAME:
            yield Deed(entry.at, "unsure", by, state=entry.detail.get("why"))
            continue
        yield Deed(entry.at, "all_the_same", by, state=entry.detail.get("why"), words=entry.detail.get("reason"))


async def _searches(session: AsyncSession, order_id: int) -> list[Deed]:
    rows = await session.execute(
        select(Search, Operator.name)
        .outerjoin(Operator, Operator.id == Search.started_by)
        .where(Search.order_id == order_id, ~Search.by_hand)
        .order_by(Search.id)
    )
    deeds = []
    for search, by in rows:
        deeds.append(Deed(search.started_at, "search", by))
        if search.ended_at is not None:
            deeds.append(Deed(search.ended_at, "search_ended", state=search.state))
    return deeds


async def _offers(session: AsyncSession, order_id: int) -> list[Deed]:
    rows = await search_views.offers_of(session, order_id)
    return [
        Deed(
            offer.offered_at, "offered", driver=driver, state=offer.state, ended_at=offer.ended_at,
            words=offer.reason if offer.state == "declined" else None,
        )
        for offer, driver in reversed(rows)
    ]  # fmt: skip


async def _by_hand(session: AsyncSession, order_id: int) -> list[Deed]:
    return [
        Deed(each.at, "by_hand", each.by, each.driver, others=each.others, passed=each.passed)
        for each in reversed(await by_hand.of_order(session, order_id))
    ]


async def _assignments(session: AsyncSession, order_id: int) -> list[Deed]:
    rows = await session.execute(
        select(Assignment, Operator.name, Driver)
        .join(Driver, Driver.id == Assignment.driver_id)
        .outerjoin(Operator, Operator.id == Assignment.assigned_by)
        .where(Assignment.order_id == order_id)
        .order_by(Assignment.id)
    )
    return [Deed(assignment.assigned_at, "assigned", by, driver) for assignment, by, driver in rows]


async def _texts(session: AsyncSession, order_id: int) -> list[Deed]:
    rows = await session.scalars(
        select(Message).where(Message.order_id == order_id).order_by(Message.id.desc()).limit(MOST_MESSAGES)
    )
    return [
        Deed(
            message.created_at, "message", state=message.state, ended_at=message.updated_at, field=message.audience,
            words=shown_text(message.text_key, message.text),
        )
        for message in reversed(rows.all())
    ]  # fmt: skip


async def _unheard(session: AsyncSession, order_id: int) -> list[Deed]:
    return [
        Deed(
            alarm.raised_at, "unheard", by, state=alarm.ending or "open", ended_at=alarm.ended_at,
            field=message.audience, words=message.detail,
        )
        for alarm, message, by in await unheard.done_of(session, order_id)
    ]  # fmt: skip
