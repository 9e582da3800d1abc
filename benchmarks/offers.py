"""The desk's loop with a thousand open orders that look for a driver: how late each offer ends; SQLite and PostgreSQL.

The orders lie in a city of about 30 by 30 km with 10,000 drivers on duty, and begin to look over half a minute. Each asks one
driver for 15 s, the next one for 15 s, then three for 20 s, and so on (the rings of proxy driving). One driver in ten says no at
some moment, nobody says yes: the orders stay open and the offers run out. An offer's lateness is the moment at which its end is
committed and told, less the moment at which it was over. The floor is how late a sleeping task of the same process is woken.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Sequence
from datetime import datetime

from benchmarks.databases import database
from benchmarks.dispatch import fill_drivers, fill_orders
from benchmarks.machine import described
from benchmarks.report import Report, options, percentile, progress, times
from callboard.loop_watch import let_threads_take_turns, spare_what_is_loaded
from callboard.searches import Searches
from desk.bus import Bus
from desk.dispatching import searching
from desk.errors import DeskError
from desk.events import OfferEnded, OfferMade
from desk.keeping import store
from desk.order import order_steps
from desk.work import Desk, open_engine, utc_now
from models import Offer
from tests.site import make_site

BEGINS_OVER_S, REFUSED_SHARE, REFUSED_WITHIN_S, BEAT_S = 30.0, 0.1, 12.0, 0.02


class Watch:
    """Milliseconds by which offers ended late, and by which the loop woke a sleeper late."""

    def __init__(self, desk: Desk) -> None:
        self.ends: dict[int, datetime] = {}
        self.late: list[float] = []
        self.floor: list[float] = []
        self.made: list[tuple[int, int]] = []
        desk.bus.on(OfferMade, self._made)
        desk.bus.on(OfferEnded, self._ended)

    def _made(self, event: OfferMade) -> None:
        self.made.append((event.driver_id, event.offer_id))

    def _ended(self, event: OfferEnded) -> None:
        if event.state == "expired":
            self.ends[event.offer_id] = utc_now()

    async def beat(self) -> None:
        """Until cancelled."""
        while True:
            due = time.perf_counter() + BEAT_S
            await asyncio.sleep(BEAT_S)
            self.floor.append(1000 * (time.perf_counter() - due))

    async def judge(self, desk: Desk) -> None:
        """How late those that ended were."""
        async with desk.look() as session:
            for offer_id, at in self.ends.items():
                offer = await session.get_one(Offer, offer_id)
                self.late.append(1000 * (at - offer.expires_at).total_seconds())


async def _begin(desk: Desk, orders: Sequence[int]) -> None:
    """All of them, over half a minute."""
    for order_id in orders:
        begun = time.monotonic()
        async with desk.work() as work:
            order = await order_steps.hold(work, None, order_id)
            if not await searching.begin_by_itself(work, order, proposes=False):
                raise SystemExit("an order looks for no driver: nothing would be measured")
        await asyncio.sleep(max(0.0, BEGINS_OVER_S / len(orders) - (time.monotonic() - begun)))


async def _refuse(desk: Desk, watch: Watch) -> None:
    """Some drivers say no, each at a moment of his own; until cancelled."""
    chance, looked = random.Random(7), 0
    async with asyncio.TaskGroup() as thinking:
        while True:
            for driver_id, offer_id in watch.made[looked:]:
                if chance.random() < REFUSED_SHARE:
                    thinking.create_task(_say_no(desk, driver_id, offer_id, chance.uniform(0, REFUSED_WITHIN_S)))
            looked = len(watch.made)
            await asyncio.sleep(0.2)


async def _say_no(desk: Desk, driver_id: int, offer_id: int, after_s: float) -> None:
    await asyncio.sleep(after_s)
    try:
        await desk.do(lambda work: searching.decline(work, driver_id, offer_id, "too_far"))
    except DeskError:
        return  # too late, as it happens


async def on(kind: str, url: str, orders: int, drivers: int, seconds: float) -> list[tuple[str, ...]]:
    """Two rows: the floor and the offers."""
    await store.prepare(url)
    desk = Desk(open_engine(url), Bus())
    try:
        site = await make_site(desk, drivers=1)
        await fill_drivers(desk, site, drivers)
        wanted = await fill_orders(desk, site, orders)
        let_threads_take_turns()
        spare_what_is_loaded()
        watch = Watch(desk)
        progress(f"{kind}: {orders:,} orders look for a driver for {seconds:.0f} s")
        parts = [
            asyncio.create_task(part) for part in (Searches(desk, desk.bus).run(), watch.beat(), _refuse(desk, watch))
        ]
        begun = time.monotonic()
        await _begin(desk, wanted)
        await asyncio.sleep(max(0.0, seconds - (time.monotonic() - begun)))
        for part in parts:
            part.cancel()
        for ended in await asyncio.gather(*parts, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended
        await watch.judge(desk)
    finally:
        await desk.engine.dispose()
    return [
        _row(f"{kind}: floor, a sleeper", watch.floor, watch.floor),
        _row(f"{kind}: an offer's end", watch.late, watch.floor),
    ]


def _row(what: str, late: Sequence[float], floor: Sequence[float]) -> tuple[str, ...]:
    if not late:
        return (what, "0", "–", "–", "–", "–")
    figures = (f"{percentile(late, share):.1f}" for share in (0.5, 0.99, 1))
    return (what, f"{len(late):,}", *figures, times(statistics.median(late) / statistics.median(floor)))


async def measure(kinds: Sequence[str], orders: int, drivers: int, seconds: float) -> Report:
    """Everything."""
    report = Report("offers", described())
    rows: list[tuple[str, ...]] = []
    for kind in kinds:
        with database(kind) as url:
            rows += await on(kind, url, orders, drivers, seconds)
    report.line(f"{orders:,} open orders, {drivers:,} drivers on duty, {seconds:.0f} s.")
    report.table(("late", "ends", "ms: p50", "p99", "max", "p50 to the floor"), rows)
    return report


def main() -> None:
    """Measure and report."""
    parser = options("offers", __doc__, rounds=1)
    parser.add_argument("--kinds", nargs="+", default=["SQLite", "PostgreSQL"], choices=["SQLite", "PostgreSQL"])
    parser.add_argument("--orders", type=int, default=1_000, help="that look for a driver (%(default)s)")
    parser.add_argument("--seconds", type=float, default=120, help="how long on each database (%(default)s)")
    chosen = parser.parse_args()
    orders, drivers, seconds = (8, 100, 50.0) if chosen.small else (chosen.orders, 10_000, chosen.seconds)
    asyncio.run(measure(chosen.kinds, orders, drivers, seconds)).finish(chosen.write)


if __name__ == "__main__":
    main()
