"""Who could drive an order, asked of the desk with many drivers on duty; SQLite and PostgreSQL, the socket not counted.

Drivers stand anywhere in a city of about 30 by 30 km, six of ten are free, and a tenth are about to be done; all have papers, a
third have hours and a third a grade. The customer of each order keeps away from a driver. PostgreSQL has counted its rows, as a
server does by itself a minute after many were written. The floor is the same engine and driver reading one driver by primary key.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from datetime import time as hour
from typing import Any, cast

from sqlalchemy import Table, func, insert, literal, select, text

from benchmarks.databases import database
from benchmarks.machine import described
from benchmarks.report import Report, options, percentile, progress, times
from desk.bus import Bus
from desk.dispatching import dispatch
from desk.keeping import store
from desk.work import Desk, open_engine
from models import Customer, Driver, DriverBlock, Order, Shift
from models.base import UtcDateTime
from tests.site import GANGNAM, Site, make_site

AT_A_TIME, WARM, LISTED, HALF = 5_000, 20, 30, 0.15


WRITING = timedelta(minutes=30)
"""A million rows take minutes to write; nobody's place is old when it is asked for."""


def somewhere(chance: random.Random) -> tuple[float, float]:
    """A point in the city."""
    return GANGNAM[0] + chance.uniform(-HALF, HALF), GANGNAM[1] + chance.uniform(-HALF, HALF)


def _driver(office_id: int, number: int, chance: random.Random, now: datetime) -> dict[str, Any]:
    (lat, lon), kind = somewhere(chance), chance.random()
    free, done = kind < 0.6, somewhere(chance) if kind > 0.9 else (None, None)
    hours, papers = chance.random() < 1 / 3, (now + timedelta(days=chance.randint(2, 900))).date()
    return {
        "office_id": office_id, "number": f"d{number}", "name": f"기사{number}", "phone": f"+8210{10_000_000 + number}",
        "state": "free" if free else "busy", "lat": lat, "lon": lon, "located_at": now + WRITING,
        "free_since": now - timedelta(seconds=chance.randint(0, 3600)) if free else None,
        "done_lat": done[0], "done_lon": done[1], "done_at": now + timedelta(minutes=5) if done[0] else None,
        "licence_until": papers, "insurance_until": papers, "grade": chance.choice(("A", "C", None, None, None, None)),
        "works_from": hour(0) if hours else None, "works_until": hour(23, 59) if hours else None,
    }  # fmt: skip


async def fill_drivers(desk: Desk, site: Site, drivers: int) -> None:
    """So many on duty."""
    chance, now, table = random.Random(drivers), datetime.now(UTC), cast(Table, Driver.__table__)
    for low in range(0, drivers, AT_A_TIME):
        rows = [_driver(site.office_id, number, chance, now) for number in range(low, min(drivers, low + AT_A_TIME))]
        async with desk.work() as work:  # none of them takes a statement's time limit
            before = await work.session.scalar(select(func.max(Driver.id)))
            await work.session.execute(insert(table), rows)
            on_duty = select(Driver.id, literal(now, UtcDateTime())).where(Driver.id > before)
            await work.session.execute(insert(Shift).from_select(["driver_id", "started_at"], on_duty))


async def fill_orders(desk: Desk, site: Site, orders: int) -> list[int]:
    """So many that wait for a driver, of one customer."""
    chance, now = random.Random(orders), datetime.now(UTC)
    async with desk.work() as work:
        customer = Customer(office_id=site.office_id, name="김철수", created_at=now)
        work.session.add(customer)
        await work.session.flush()
        apart = {"side": "customer", "reason": "말다툼", "made_at": now, "made_by": site.operator_id}
        work.session.add(DriverBlock(driver_id=site.drivers[0], customer_id=customer.id, **apart))
        pins = [somewhere(chance) for _ in range(orders)]
        made = [
            Order(office_id=site.office_id, customer_id=customer.id, trade="proxy", state="taken", origin_text=f"{n}번지",
                  origin_lat=lat, origin_lon=lon, origin_source="operator", currency="KRW", taken_at=now, details={})
            for n, (lat, lon) in enumerate(pins)
        ]  # fmt: skip
        work.session.add_all(made)
        await work.session.flush()
        await work.session.execute(text("analyze"))
        return [order.id for order in made]


async def at_size(kind: str, url: str, drivers: int, repeats: int) -> list[tuple[str, ...]]:
    """Two rows: the floor and the candidates."""
    await store.prepare(url)
    desk = Desk(open_engine(url), Bus())
    try:
        site = await make_site(desk, drivers=1)
        await fill_drivers(desk, site, drivers)
        orders = await fill_orders(desk, site, repeats + WARM)
        progress(f"{kind}: {drivers:,} drivers")
        floor: list[float] = []
        waits: list[float] = []
        for order_id in orders:
            begun = time.perf_counter()
            async with desk.look() as session:
                await session.get(Driver, site.drivers[0])
            floor.append(1000 * (time.perf_counter() - begun))
            begun = time.perf_counter()
            async with desk.look() as session:
                await dispatch.candidates(session, order_id, LISTED, datetime.now(UTC))
            waits.append(1000 * (time.perf_counter() - begun))
    finally:
        await desk.engine.dispose()
    name = f"{kind}, {drivers:,}"
    return [_row(f"{name}: floor", floor[WARM:], floor[WARM:]), _row(f"{name}: candidates", waits[WARM:], floor[WARM:])]


def _row(what: str, waits: Sequence[float], floor: Sequence[float]) -> tuple[str, ...]:
    figures = (f"{percentile(waits, share):.2f}" for share in (0.5, 0.99))
    return (what, *figures, times(statistics.median(waits) / statistics.median(floor)))


async def measure(sizes: Sequence[int], kinds: Sequence[str], repeats: int) -> Report:
    """Everything."""
    report = Report("dispatch", described())
    rows: list[tuple[str, ...]] = []
    for kind in kinds:
        for drivers in sizes:
            with database(kind) as url:
                rows += await at_size(kind, url, drivers, repeats)
    report.table(("drivers on duty", "ms: p50", "p99", "p50 to the floor"), rows)
    return report


def main() -> None:
    """Measure and report."""
    parser = options("dispatch", __doc__, rounds=1)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--kinds", nargs="+", default=["SQLite", "PostgreSQL"], choices=["SQLite", "PostgreSQL"])
    parser.add_argument("--repeats", type=int, default=300, help="orders that are asked for (%(default)s)")
    chosen = parser.parse_args()
    sizes, repeats = ([200], 10) if chosen.small else (chosen.sizes, chosen.repeats)
    asyncio.run(measure(sizes, chosen.kinds, repeats)).finish(chosen.write)


if __name__ == "__main__":
    main()
