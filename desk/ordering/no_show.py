"""Nobody came out: who waited at the customer's place long enough says so, and what speaks for him is written down with it.

The time is the server's own, from when it heard that he arrived. The evidence is the desk's where it can be: where his phone
was, what was texted to the customer, whether the customer called. How often he called himself is his word, and named as such.
Who stands elsewhere cannot say it. What the office gives for a dead run is booked with it, unless nothing tells where he was.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import trades
from desk.books import dead_runs
from desk.dispatching.candidates import beeline_m
from desk.errors import Conflict, Invalid
from desk.office.people import audit
from desk.order import pin_doubt
from desk.ordering import orders
from desk.views import moment
from desk.work import Work
from models import AuditEntry, Call, Driver, Message, Order, OrderStep

DECLARED = "order.no_show"
UNLOCATED = "unlocated"
"""Why nothing was booked where the office has a rule: nothing was heard of where he was since he said that he arrived."""


class TooEarly(Conflict):
    """He has not waited long enough. `details["wait_s"]` is how long he still has to."""

    code = "too_early"


class TooFarAway(Conflict):
    """His phone is not at the pick-up. `details["distance_m"]` (beeline) is more than `details["within_m"]`."""

    code = "too_far_away"


async def declare(work: Work, order: Order, driver_id: int, called: int) -> Order:
    """Its driver says of an order that is held that nobody came; the order is closed and he is free.

    `called` is how often he says that he called. Raises WrongState, TooEarly, TooFarAway, Invalid where he did not call.
    """
    trade = trades.load(order.trade)
    assert trade.no_show is not None
    trade.check_step(order.state, trade.no_show)
    since = await _since(work.session, order)
    over = since + timedelta(seconds=trade.no_show_after_s)
    if work.now < over:
        left = -int(-(over - work.now).total_seconds() // 1)
        raise TooEarly(f"order {order.id} is waited for until {moment(over)}", wait_s=left)
    if called < 1 and order.number is not None:
        raise Invalid("who gives up has called the customer first", field="called")
    told = await _evidence(work, order, driver_id, since, called)
    _check_place(order, told)
    due = await dead_runs.of_order(work.session, order, driver_id)
    told["unpaid"] = UNLOCATED if due and told["unlocated"] else None
    told["compensation"] = 0 if told["unpaid"] else due
    audit(work, None, DECLARED, str(order.id), told)
    return await orders.give_up(work, order, trade.no_show, driver_id, told["compensation"])


async def earliest(session: AsyncSession, some: Iterable[Order]) -> dict[int, datetime]:
    """From when on nobody can be said to have come, for those of the orders that are waited at now."""
    waited = {order.id: order for order in some if _waits(order)}
    if not waited:
        return {}
    found = await session.execute(
        select(OrderStep.order_id, OrderStep.after, func.max(OrderStep.at))
        .where(OrderStep.order_id.in_(waited))
        .group_by(OrderStep.order_id, OrderStep.after)
    )
    return {
        order_id: at + timedelta(seconds=trades.load(waited[order_id].trade).no_show_after_s)
        for order_id, after, at in found
        if after == waited[order_id].state
    }


async def evidence_of(session: AsyncSession, order: Order) -> dict[str, Any] | None:
    """What spoke for the driver who said that nobody came; None where nobody said so."""
    if order.closed_at is None or order.state != trades.load(order.trade).no_show:
        return None
    query = select(AuditEntry.detail).where(
        AuditEntry.at == order.closed_at, AuditEntry.what == DECLARED, AuditEntry.subject == str(order.id)
    )
    return await session.scalar(query.limit(1))


def _waits(order: Order) -> bool:
    trade = trades.load(order.trade)
    return trade.no_show is not None and trade.no_show in trade.states.get(order.state, ())


async def _since(session: AsyncSession, order: Order) -> datetime:
    query = select(func.max(OrderStep.at)).where(OrderStep.order_id == order.id, OrderStep.after == order.state)
    since = await session.scalar(query)
    assert since is not None
    return since


async def _evidence(work: Work, order: Order, driver_id: int, since: datetime, called: int) -> dict[str, Any]:
    driver = await work.session.get_one(Driver, driver_id)
    texts = await work.session.execute(
        select(Message.state, func.count())
        .where(Message.order_id == order.id, Message.audience == "customer")
        .group_by(Message.state)
    )
    counted: dict[str, int] = dict(texts.all())
    calls = select(func.count()).select_from(Call)
    calls = calls.where(
        Call.office_id == order.office_id,
        Call.direction == "in",
        Call.number == order.number,
        Call.arrived_at >= since,
    )
    return {
        "driver_id": driver_id,
        "arrived_at": moment(since),
        "waited_s": int((work.now - since).total_seconds()),
        "distance_m": _distance_m(driver, order),
        "located_at": moment(driver.located_at),
        "unlocated": driver.lat is None or driver.located_at is None or driver.located_at < since,
        "within_m": trades.load(order.trade).no_show_within_m + (order.origin_accuracy_m or 0),
        "pin": pin_doubt.doubt(order),
        "called": called,
        "texts": counted.get("sent", 0) + counted.get("delivered", 0),
        "delivered": counted.get("delivered", 0),
        "customer_called": (await work.session.scalar(calls) or 0) if order.number is not None else 0,
    }


def _check_place(order: Order, told: dict[str, Any]) -> None:
    """Only what was heard since he arrived, and a pin that is sure, speaks against him; all else is written down."""
    away, within = told["distance_m"], told["within_m"]
    if away is None or told["unlocated"] or told["pin"] is not None or away <= within:
        return
    raise TooFarAway(
        f"the driver is {away} m from where order {order.id} begins; from at most {within} m it can be said that nobody came",
        distance_m=away,
        within_m=within,
    )


def _distance_m(driver: Driver, order: Order) -> int | None:
    if driver.lat is None or driver.lon is None or order.origin_lat is None or order.origin_lon is None:
        return None
    return round(beeline_m(driver.lat, driver.lon, order.origin_lat, order.origin_lon))
