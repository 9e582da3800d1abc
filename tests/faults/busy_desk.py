"""Operators at work on a real desk: orders are taken with a key until they are acknowledged, given to drivers and released.

Each thing that an operator does stands in the history, with what he was told.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from desk.database_errors import is_away
from desk.dispatching import dispatch
from desk.errors import DeskError
from desk.keeping import idempotency
from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from desk.work import Desk, Work
from tests.faults.history import History
from tests.site import Site

PAUSE_S = 0.05


class BusyDesk:
    """`taken` counts acknowledged orders. `run(stop)` works until `stop()` says so, in the middle of nothing."""

    def __init__(self, desk: Desk, site: Site, history: History, chance: random.Random) -> None:
        self._desk = desk
        self._site = site
        self._history = history
        self._chance = chance
        self.taken = 0

    async def run(self, stop: Callable[[], bool], operators: int = 4) -> None:
        """That many operators at once."""
        await asyncio.gather(*(self._operator(n, stop) for n in range(operators)))

    async def _operator(self, n: int, stop: Callable[[], bool]) -> None:
        who, count = f"operator {n}", 0
        while not stop():
            count += 1
            order_id = await self._take(who, f"{n}-{count}")
            driver_id = self._chance.choice(self._site.drivers)
            if await self._assign(who, order_id, driver_id) and self._chance.random() < 0.8:
                await self._release(who, order_id)

    async def _take(self, who: str, key: str) -> int:
        """As the console does it: the same key again and again until there is an answer."""
        form = TakeOrder(PlaceText("강남역"), number=f"010{self._chance.randrange(10**8):08}", note=f"once:{key}")

        async def act(work: Work) -> idempotency.Answer:
            async def take() -> tuple[int, dict[str, int]]:
                return 200, {"id": (await orders.take(work, self._site.operator_id, form)).id}

            return await idempotency.once(work, self._site.operator_id, key, key, take)

        while True:
            with self._history.doing(who, "order", key=key) as operation:
                try:
                    order_id = int((await self._desk.do(act)).body["id"])
                except Exception as error:
                    if not is_away(error):
                        raise
                    operation.unknown(type(error).__name__)
                else:
                    operation.ok(order_id=order_id)
                    self.taken += 1
                    return order_id
            await asyncio.sleep(PAUSE_S)

    async def _assign(self, who: str, order_id: int, driver_id: int) -> bool:
        with self._history.doing(who, "assign", order_id=order_id, driver_id=driver_id) as operation:
            try:
                await self._desk.do(lambda work: dispatch.assign(work, self._site.operator_id, order_id, driver_id))
            except DeskError as error:
                operation.fail(error.code)
            except Exception as error:
                if not is_away(error):
                    raise
                operation.unknown(type(error).__name__)
            return operation.outcome != "fail"

    async def _release(self, who: str, order_id: int) -> None:
        with self._history.doing(who, "release", order_id=order_id) as operation:
            try:
                await self._desk.do(
                    lambda work: dispatch.release(work, self._site.operator_id, order_id, "fault bench")
                )
            except DeskError as error:
                operation.fail(error.code)
            except Exception as error:
                if not is_away(error):
                    raise
                operation.unknown(type(error).__name__)
