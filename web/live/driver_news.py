"""Which drivers have something new to see, so that a phone may ask once and be answered when there is: no page asks in vain.

Only a hint, and never the truth: it lives in this process. Whoever waits is answered after a while in any case, from the rows.
"""

from __future__ import annotations

import asyncio
import secrets

from desk.bus import Bus
from desk.events import DutyChanged, OfferEnded, OfferMade, OrderAssigned, OrderChanged

REMEMBERED = 10_000
"""Orders whose drivers are remembered; the oldest are forgotten first."""


class DriverNews:
    """A number for each driver, which changes when something of his does. A number of another process is always old."""

    def __init__(self, bus: Bus) -> None:
        self._process = secrets.token_hex(4)
        self._numbers: dict[int, int] = {}
        self._waiting: dict[int, asyncio.Event] = {}
        self._drivers_of: dict[int, set[int]] = {}
        self._stopped = False
        self._quit = [
            bus.on(OfferMade, lambda event: self._concerns(event.order_id, event.driver_id)),
            bus.on(OrderAssigned, lambda event: self._concerns(event.order_id, event.driver_id)),
            bus.on(OfferEnded, lambda event: self._changed(event.driver_id)),
            bus.on(DutyChanged, lambda event: self._changed(event.driver_id)),
            bus.on(OrderChanged, self._order_changed),
        ]

    def version(self, driver_id: int) -> str:
        """As it is now. Read it before the rows: what changes in between is then new."""
        return f"{self._process}.{self._numbers.get(driver_id, 0)}"

    def has_order(self, driver_id: int, order_id: int) -> None:
        """What happens to this order concerns this driver, also where it was assigned before this process began."""
        self._drivers_of.setdefault(order_id, set()).add(driver_id)
        while len(self._drivers_of) > REMEMBERED:
            del self._drivers_of[next(iter(self._drivers_of))]

    async def wait(self, driver_id: int, seen: str, seconds: float) -> None:
        """Until the driver's number is another than `seen`, or it has been long enough."""
        try:
            async with asyncio.timeout(seconds):
                while self.version(driver_id) == seen and not self._stopped:
                    await self._waiting.setdefault(driver_id, asyncio.Event()).wait()
        except TimeoutError:
            return

    def stop(self) -> None:
        """Nobody waits any more."""
        self._stopped = True
        for quit_listening in self._quit:
            quit_listening()
        for driver_id in tuple(self._waiting):
            self._wake(driver_id)

    def _concerns(self, order_id: int, driver_id: int) -> None:
        self.has_order(driver_id, order_id)
        self._changed(driver_id)

    def _order_changed(self, event: OrderChanged) -> None:
        for driver_id in self._drivers_of.get(event.order_id, ()):
            self._changed(driver_id)

    def _changed(self, driver_id: int) -> None:
        self._numbers[driver_id] = self._numbers.get(driver_id, 0) + 1
        self._wake(driver_id)

    def _wake(self, driver_id: int) -> None:
        if (waiting := self._waiting.pop(driver_id, None)) is not None:
            waiting.set()
