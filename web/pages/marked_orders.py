"""One deed for many marked orders: done piece by piece, answered order by order."""

from __future__ import annotations

from typing import Any

from desk.ordering import bulk
from desk.work import Work
from web.api.ask import Ask, Json
from web.api.given import OrdersMarked, OrdersMarkedWhy


async def cancel(ask: Ask[OrdersMarkedWhy]) -> Json:
    """None of these trips will happen."""
    return await _each(ask, bulk.cancel(ask.given.reason))


async def release(ask: Ask[OrdersMarkedWhy]) -> Json:
    """None of these drivers can come: the orders wait for others."""
    return await _each(ask, bulk.release(ask.given.reason))


async def search(ask: Ask[OrdersMarked]) -> Json:
    """Look for a driver for each."""
    return await _each(ask, bulk.search)


async def stop_search(ask: Ask[OrdersMarked]) -> Json:
    """Look no further for any of them."""
    return await _each(ask, bulk.stop_search)


async def _each(ask: Ask[Any], deed: bulk.Deed) -> Json:
    """Piece by piece: between two, others write. Whoever asks again with the same key is told of each piece what he was told."""
    items: list[Json] = []
    meant = [bulk.Meant(order.id, order.version) for order in ask.given.orders]
    for number, piece in enumerate(bulk.pieces(meant)):

        async def do(work: Work, piece: tuple[bulk.Meant, ...] = piece) -> Json:
            return {"items": [one.as_json() for one in await bulk.do_each(work, ask.operator.id, deed, piece)]}

        items += (await ask.once(do, f"{number}/"))["items"]
    return {"items": items, "next": None}
