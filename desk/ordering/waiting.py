"""How long a driver has waited at the customer's place, and what that comes to by the tariff. No fare is changed by it.

The time is the server's: from when it heard that he arrived until it heard that they go on. The rule is that of the tariff by
which the order was priced: what held when its trip was to begin.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import trades
from desk.order import waiting_rules
from desk.rules.tariff import WaitingRule
from desk.views import Json, moment
from models import Order, OrderStep


@dataclass(frozen=True, slots=True)
class Waited:
    """Since when, until when (null: he still waits), and by which rule."""

    since: datetime
    until: datetime | None
    rule: WaitingRule

    def as_json(self, now: datetime) -> Json:
        """`waited_s` and `amount` (whole minor units) are as of `now`, or of when they went on."""
        seconds = max(0, int(((self.until or now) - self.since).total_seconds()))
        return {
            "since": moment(self.since),
            "until": moment(self.until),
            "waited_s": seconds,
            "amount": self.rule.amount(seconds),
            "free_min": self.rule.free_min,
            "step_min": self.rule.step_min,
            "step": self.rule.step,
        }


async def of_orders(session: AsyncSession, some: Iterable[Order]) -> dict[int, Waited]:
    """Those of the open orders whose driver has arrived, and whose tariff counts waiting. Two queries, however many there are."""
    arrived = {order.id: order for order in some if order.closed_at is None and _may_have_arrived(order)}
    if not arrived:
        return {}
    rules = await waiting_rules.of_orders(session, arrived.values())
    if not rules:
        return {}
    query = select(OrderStep).where(OrderStep.order_id.in_(rules)).order_by(OrderStep.id)
    since: dict[int, datetime] = {}
    until: dict[int, datetime] = {}
    for step in await session.scalars(query):
        waits = _waits(arrived[step.order_id].trade)
        if step.after in waits:
            since[step.order_id] = step.at
            until.pop(step.order_id, None)
        elif step.before in waits:
            until[step.order_id] = step.at
    return {order_id: Waited(at, until.get(order_id), rules[order_id]) for order_id, at in since.items()}


def _may_have_arrived(order: Order) -> bool:
    """Whether he waits, or they have gone on from there."""
    waits = _waits(order.trade)
    way = trades.load(order.trade).way
    begun = [way.index(state) for state in waits if state in way]
    return order.state in way and bool(begun) and way.index(order.state) >= min(begun)


def _waits(trade: str) -> frozenset[str]:
    """The states in which a driver waits at the customer's place: from there on it can be said that nobody came."""
    found = trades.load(trade)
    return frozenset(
        state for state, after in found.states.items() if found.no_show is not None and found.no_show in after
    )
