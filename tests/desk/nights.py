"""Nights at random, worked through the real use cases: orders, trips, payments, penalties, what was undone, months closed."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from desk.books import cashier, dead_runs, ledger, settlement
from desk.dispatching import dispatch
from desk.driver import shifts
from desk.driver_page import driver_trips
from desk.errors import Conflict
from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from desk.work import Desk
from tests.desk.conftest import Clock
from tests.site import GANGNAM, Site

FIRST = datetime(2026, 10, 30, 9, 0, tzinfo=UTC)
"""The evening of the 30th in Seoul: the nights that follow go over the end of a month."""


class Nights:
    """What happens is drawn from a seed; the same seed, the same nights. With `dead_run` some customers do not come out."""

    def __init__(self, desk: Desk, site: Site, clock: Clock, seed: int, dead_run: int = 0) -> None:
        self.desk, self.site, self.clock = desk, site, clock
        self.dead_run = dead_run
        self.chance = random.Random(seed)
        self.entries: list[int] = []
        self.turn = 0

    async def pass_by(self, acts: int, first: datetime = FIRST) -> None:
        """So many things happen, some minutes to some hours apart; now and then on the very stroke of midnight."""
        self.clock.now = max(self.clock.now, first)
        if self.dead_run:
            async with self.desk.work() as work:
                await dead_runs.put(work, self.site.operator_id, self.dead_run)
        for _ in range(acts):
            self.turn += 1
            self._forward()
            act = self.chance.choice((self.trip, self.trip, self.lost, self.pay, self.pay, self.penalty, self.undo))
            await act()

    async def trip(self) -> None:
        """An order that is driven; sometimes nobody fixed its fare."""
        fare = self.chance.choice((None, 0, 49, 20_000, 23_450, self.chance.randrange(100_000)))
        async with self.desk.work() as work:
            order = await orders.take(work, self.site.operator_id, TakeOrder(PlaceText("시청역"), fare=fare))
            await dispatch.assign(work, self.site.operator_id, order.id, self._driver())
            if self.chance.random() < 0.2:
                await dispatch.release(work, self.site.operator_id, order.id, "기사 사정")
                await dispatch.assign(work, self.site.operator_id, order.id, self._driver())
            await orders.complete(work, self.site.operator_id, order.id)

    async def lost(self) -> None:
        """An order that is cancelled, with a driver or before there was one, or to which nobody came."""
        async with self.desk.work() as work:
            order = await orders.take(work, self.site.operator_id, TakeOrder(PlaceText("강남역"), fare=30_000))
            if assigned := self.chance.random() < 0.5:
                driver = self._driver()
                await dispatch.assign(work, self.site.operator_id, order.id, driver)
        if assigned and self.dead_run:
            await self._waited(order.id, driver)
            return
        async with self.desk.work() as work:
            await orders.cancel(work, self.site.operator_id, order.id, "손님 취소")

    async def _waited(self, order_id: int, driver: int) -> None:
        async with self.desk.work() as work:
            await driver_trips.step(work, driver, order_id, "arrived")
            await shifts.locate(work, driver, *GANGNAM)
        self.clock.forward(minutes=15)
        async with self.desk.work() as work:
            await driver_trips.step(work, driver, order_id, "no_show", called=2)
        async with self.desk.look() as session:
            entry = await ledger.by_key(session, self.site.office_id, f"dead_run:{order_id}")
            assert entry is not None
            self.entries.append(entry.id)

    async def pay(self) -> None:
        """A driver pays in, or is paid out what a colleague asked for."""
        driver, amount = self._driver(), self.chance.randrange(1, 9_000)
        async with self.desk.work() as work:
            if self.chance.random() < 0.6:
                entry = await cashier.take_in(work, self.site.operator_id, driver, 10 * amount, f"영수증 {self.turn}")
                self.entries.append(entry.id)
                return
        try:
            async with self.desk.work() as work:
                asked = await cashier.ask(work, self.site.operator_id, driver, amount)
                self.entries.append((await cashier.approve(work, self.site.colleague_id, asked.id)).id)
        except settlement.NotEnough:
            return

    async def penalty(self) -> None:
        """A penalty with its evidence."""
        async with self.desk.work() as work:
            entry = await cashier.penalise(
                work, self.site.operator_id, self._driver(), 5_000, "40분 늦음", f"민원 {self.turn}"
            )  # fmt: skip
            self.entries.append(entry.id)

    async def undo(self) -> None:
        """One of the payments or penalties so far is undone."""
        if not self.entries:
            return
        try:
            async with self.desk.work() as work:
                await cashier.undo(work, self.site.colleague_id, self.chance.choice(self.entries), "잘못 적음")
        except Conflict:
            return

    def _driver(self) -> int:
        return self.chance.choice(self.site.drivers)

    def _forward(self) -> None:
        self.clock.now += timedelta(
            minutes=self.chance.randrange(1, 500), microseconds=self.chance.randrange(1_000_000)
        )
        if self.chance.random() < 0.2:
            midnight = self.clock.now.replace(hour=15, minute=0, second=0, microsecond=0) + timedelta(days=1)
            self.clock.now = midnight + self.chance.choice((timedelta(0), timedelta(microseconds=-1)))
