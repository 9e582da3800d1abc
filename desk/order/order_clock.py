"""What is due for an order and when, as rows: planned with it, dropped when it is closed; a restart loses nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from desk import events, trades
from desk.trades import RESERVED
from desk.work import Work
from models import Base, Office, Order, OrderTimer, Promise
from models.clock import TIMERS

REMIND_DESK, REMIND_CUSTOMER, SEARCH, PROMISE, PROMISE_BROKEN, GIVEN_BACK = TIMERS
OF_RESERVATION = (REMIND_DESK, REMIND_CUSTOMER, SEARCH)
OF_PROMISE = (PROMISE, PROMISE_BROKEN)
LOOK_S = 3_600
"""So long before a reserved time it is looked for the first time how far drivers are."""

_LOUD = or_(
    OrderTimer.outcome.in_(("alarm", "failed")), and_(OrderTimer.outcome != "off", OrderTimer.late_s.is_not(None))
)
"""What somebody is to see to: also what was done, but too late."""

_PLANNED = insert(Base.metadata.tables["order_timer"])


async def plan(work: Work, order: Order, promise: Promise | None) -> None:
    """Write what is due for `order` as it stands now, in place of what was planned before."""
    office = await work.session.get_one(Office, order.office_id)
    ahead = trades.load(order.trade).ahead
    due: dict[str, datetime] = {}
    if order.state == RESERVED and order.wanted_at is not None:
        for kind, seconds in (
            (REMIND_CUSTOMER, office.remind_customer_s if office.remind_customer_s is not None else ahead.customer_s),
            (REMIND_DESK, office.remind_desk_s if office.remind_desk_s is not None else ahead.desk_s),
        ):
            at = order.wanted_at - timedelta(seconds=seconds)
            if seconds and at > work.now:  # who has just ordered needs no reminder
                due[kind] = at
        search_s = search_ahead_s(office, order)
        due[SEARCH] = max(work.now, order.wanted_at - timedelta(seconds=max(LOOK_S, search_s)))
    if promise is not None and promise.state == "open" and order.closed_at is None:
        # A promise of a few minutes is told of at once: that is no clock that was missed.
        due[PROMISE] = max(work.now, promise.promised_at - timedelta(seconds=ahead.promise_s))
        due[PROMISE_BROKEN] = promise.promised_at
    await _write(work, order, due)


def search_ahead_s(office: Office, order: Order) -> int:
    """How long before its time a driver is looked for at the latest."""
    return office.search_ahead_s if office.search_ahead_s is not None else trades.load(order.trade).ahead.search_s


async def drop(work: Work, order_id: int, kinds: Collection[str] = TIMERS) -> None:
    """What was planned is not needed any more."""
    await work.session.execute(
        update(OrderTimer)
        .where(OrderTimer.order_id == order_id, OrderTimer.done_at.is_(None), OrderTimer.kind.in_(kinds))
        .values(done_at=work.now, outcome="off")
        .execution_options(synchronize_session="fetch")
    )


async def alarm(work: Work, order_id: int, kind: str) -> None:
    """The desk is to see to the order now, until somebody has."""
    work.session.add(
        OrderTimer(order_id=order_id, kind=kind, due_at=work.now, done_at=work.now, outcome="alarm", late_s=None)
    )
    await work.session.flush()
    work.tell(events.OrderAlarmed(work.now, order_id, kind, "alarm", None))


async def seen(work: Work, order_id: int, operator_id: int | None, kinds: Collection[str] = TIMERS) -> int:
    """Somebody has seen to the order's alarms. Returns how many there were."""
    found = await work.session.execute(
        update(OrderTimer)
        .where(
            OrderTimer.order_id == order_id,
            _LOUD,
            OrderTimer.seen_at.is_(None),
            OrderTimer.kind.in_(kinds),
        )
        .values(seen_at=work.now, seen_by=operator_id)
        .returning(OrderTimer.id)
        .execution_options(synchronize_session="fetch")
    )
    return len(found.all())


async def alarms_of(session: AsyncSession, order_ids: Iterable[int]) -> Mapping[int, Sequence[OrderTimer]]:
    """What the desk is to see to, by order, the oldest first."""
    query = (
        select(OrderTimer)
        .where(
            OrderTimer.order_id.in_(list(order_ids)),
            _LOUD,
            OrderTimer.seen_at.is_(None),
        )
        .order_by(OrderTimer.id)
    )
    found: dict[int, list[OrderTimer]] = {}
    for timer in await session.scalars(query.execution_options(populate_existing=True)):
        found.setdefault(timer.order_id, []).append(timer)
    return found


async def done_of(session: AsyncSession, order_id: int) -> Sequence[OrderTimer]:
    """What was done for an order when it was due, in that order; what was not needed is left out."""
    query = select(OrderTimer).where(
        OrderTimer.order_id == order_id, OrderTimer.done_at.is_not(None), OrderTimer.outcome != "off"
    )
    return (await session.scalars(query.order_by(OrderTimer.done_at, OrderTimer.id))).all()


async def _write(work: Work, order: Order, due: Mapping[str, datetime]) -> None:
    waiting = {
        timer.kind: timer
        for timer in await work.session.scalars(
            select(OrderTimer)
            .where(OrderTimer.order_id == order.id, OrderTimer.done_at.is_(None))
            .execution_options(populate_existing=True)
        )
    }
    for kind in due.keys() & waiting.keys():
        waiting[kind].due_at = due[kind]
    new = [{"order_id": order.id, "kind": kind, "due_at": at} for kind, at in due.items() if kind not in waiting]
    if new:
        await (await work.session.connection()).execute(_PLANNED, new)
    for kind, timer in waiting.items():
        if kind not in due:
            timer.done_at, timer.outcome = work.now, "off"
    await work.session.flush()
