"""By what rule waiting for the customer of an order is counted, and how that is said in a text.

The rule is that of the tariff by which the order was priced: what held when its trip was to begin.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import trades
from desk.order import money
from desk.rules.tariff import WaitingRule
from locales.catalog import Catalog
from models import Order, TariffTable

_Versions = Mapping[int, Sequence[tuple[datetime, Sequence[dict[str, Any]]]]]
"""By office: since when a price by distance holds, and its one line; that which holds last is last."""


async def of_order(session: AsyncSession, order: Order) -> WaitingRule | None:
    """The rule of one order; null where its tariff says nothing of waiting."""
    return (await of_orders(session, [order])).get(order.id)


async def of_orders(session: AsyncSession, some: Iterable[Order]) -> dict[int, WaitingRule]:
    """The rule of each order whose tariff counts waiting. One query, however many there are."""
    orders = list(some)
    versions = await _versions(session, {order.office_id for order in orders})
    return {order.id: rule for order in orders if (rule := _rule(order, versions)) is not None}


def words(rule: WaitingRule | None, currency: str, language: str) -> str:
    """How waiting is counted, as it goes with a fare in writing; nothing where it is not."""
    if rule is None:
        return ""
    step = money.display(rule.step, currency, language)
    return Catalog.load(language).text("sms.fare.waiting", free=rule.free_min, minutes=rule.step_min, step=step)


def _rule(order: Order, versions: _Versions) -> WaitingRule | None:
    tariff = trades.load(order.trade).tariffs.get(order.currency)
    if tariff is None:
        return None
    at = order.wanted_at or order.taken_at
    held = [content for since, content in versions.get(order.office_id, ()) if since <= at]
    own = held[-1] if held else ()
    return (replace(tariff, **own[0]) if own else tariff).waiting


async def _versions(session: AsyncSession, office_ids: Collection[int]) -> _Versions:
    query = select(TariffTable.office_id, TariffTable.holds_from, TariffTable.content).where(
        TariffTable.office_id.in_(office_ids), TariffTable.kind == "distance", TariffTable.holds_from.is_not(None)
    )
    found: dict[int, list[tuple[datetime, Sequence[dict[str, Any]]]]] = {}
    for office_id, holds_from, content in await session.execute(query.order_by(TariffTable.holds_from, TariffTable.id)):
        found.setdefault(office_id, []).append((holds_from, content or ()))
    return found
