"""An order saved, with 50 operators at once and 10,000 drivers on duty; SQLite and PostgreSQL, the socket not counted.

Each operator saves an order for a customer whom the desk knows, thinks for up to four seconds, and saves the next: about 25 a
second in all, one at a time or several at the same moment, as it comes. Saved is what the panel saves: the order, its step, fare
and places, and the promise, which is learned from 10,000 finished orders. The floor is one row put in and committed by the same
engine, beside the same operators.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import insert, select, text

from benchmarks.databases import database
from benchmarks.dispatch import fill_drivers, somewhere
from benchmarks.machine import described
from benchmarks.report import Report, options, percentile, progress, times
from callboard.loop_watch import let_threads_take_turns, spare_what_is_loaded
from desk.bus import Bus
from desk.keeping import store
from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from desk.work import Desk, Work, open_engine
from models import Customer, CustomerPhone, Operator, Order, OrderStep, Promise
from tests.site import Site, make_site

EVERY_S = (10.0, 2.0)
"""Seconds from an operator's order to his next one, the mean: busy, and as fast as nobody types."""
FLOOR_EVERY_S, WARM_S = 0.2, 3.0


@dataclass
class Waits:
    """Milliseconds, of those that began after the warm-up."""

    floor: list[float] = field(default_factory=list)
    saved: list[float] = field(default_factory=list)


async def _fill(desk: Desk, site: Site, people: int, history: int) -> tuple[list[int], int]:
    """Operators and finished orders; the operators, and an order that the floor adds to."""
    now, chance = datetime.now(UTC), random.Random(history)

    async def rows(work: Work, table: Any, made: list[dict[str, Any]]) -> list[int]:
        await work.session.execute(insert(table.__table__), made)
        newest = await work.session.scalars(select(table.id).order_by(table.id.desc()).limit(len(made)))
        return sorted(newest)

    async with desk.work() as work:
        names = [f"상담원{n}" for n in range(people)]
        staff = [
            {"office_id": site.office_id, "login": name, "name": name, "role": "operator", "locale": "ko"}
            for name in names
        ]
        operators = await rows(work, Operator, staff)
        customers = await rows(
            work,
            Customer,
            [{"office_id": site.office_id, "name": f"손님{n}", "created_at": now} for n in range(history)],
        )
        await rows(
            work, CustomerPhone,
            [{"office_id": site.office_id, "customer_id": each, "number": _number(n)} for n, each in enumerate(customers)],
        )  # fmt: skip
        past = [now - timedelta(minutes=n) for n in range(history)]
        done = await rows(
            work, Order,
            [{"office_id": site.office_id, "customer_id": customers[n], "trade": "proxy", "state": "completed",
              "origin_text": "강남역", "origin_source": "operator", "currency": "KRW", "taken_at": at, "closed_at": at,
              "details": {}} for n, at in enumerate(past)],
        )  # fmt: skip
        await rows(
            work, Promise,
            [{"order_id": order, "office_id": site.office_id, "made_at": at, "hour": at.hour, "drivers_free": 6_000,
              "promised_at": at, "basis": "hour", "samples": 50, "median_s": 600, "spread_s": 300, "error_s": 60, "state": "kept",
              "actual_s": chance.randint(200, 1200)} for order, at in zip(done, past, strict=True)],
        )  # fmt: skip
        await work.session.execute(text("analyze"))
    return operators, done[0]


def _number(n: int) -> str:
    return f"+8210{30_000_000 + n}"


async def _timed(desk: Desk, act: Callable[[Work], Awaitable[Any]], into: list[float], counted: bool) -> None:
    begun = time.perf_counter()
    await desk.do(act)
    if counted:
        into.append(1000 * (time.perf_counter() - begun))


async def _shift(desk: Desk, operator_id: int, customers: int, seconds: float, every: float, waits: Waits) -> None:
    """One operator, for so long."""
    chance, begun = random.Random(operator_id), time.monotonic()
    await asyncio.sleep(chance.uniform(0, 2 * every))
    while (at := time.monotonic() - begun) < WARM_S + seconds:
        form = TakeOrder(
            PlaceText("강남역 10번", *somewhere(chance)), PlaceText("판교역", *somewhere(chance)),
            number=_number(chance.randrange(customers)),
        )  # fmt: skip
        await _timed(desk, partial(orders.take, operator_id=operator_id, form=form), waits.saved, at > WARM_S)
        await asyncio.sleep(chance.uniform(0, 2 * every))


async def _floor(desk: Desk, order_id: int, seconds: float, waits: Waits) -> None:
    async def one_row(work: Work) -> None:
        step = {"order_id": order_id, "at": work.now, "before": "taken", "after": "taken"}
        await work.session.execute(insert(OrderStep), [step])

    begun = time.monotonic()
    while (at := time.monotonic() - begun) < WARM_S + seconds:
        await _timed(desk, one_row, waits.floor, at > WARM_S)
        await asyncio.sleep(FLOOR_EVERY_S)


async def on(kind: str, url: str, people: int, drivers: int, seconds: float) -> list[tuple[str, ...]]:
    """The floor and the orders, at each pace."""
    await store.prepare(url)
    desk, history, found = Desk(open_engine(url), Bus()), drivers, []
    try:
        site = await make_site(desk, drivers=1)
        await fill_drivers(desk, site, drivers)
        operators, order_id = await _fill(desk, site, people, history)
        let_threads_take_turns()
        spare_what_is_loaded()
        for every in EVERY_S if seconds > WARM_S else EVERY_S[-1:]:
            progress(f"{kind}: {people} operators for {seconds:.0f} s")
            waits = Waits()
            async with asyncio.TaskGroup() as all_:
                all_.create_task(_floor(desk, order_id, seconds, waits))
                for operator_id in operators:
                    all_.create_task(_shift(desk, operator_id, history, seconds, every, waits))
            pace = f"each operator every {every:.0f} s"
            found.append(_row(f"{kind}: floor, one row meanwhile", waits.floor, waits.floor, seconds))
            found.append(_row(f"{kind}: an order, {pace}", waits.saved, waits.floor, seconds))
    finally:
        await desk.engine.dispose()
    return found


def _row(what: str, waits: Sequence[float], floor: Sequence[float], seconds: float) -> tuple[str, ...]:
    figures = (f"{percentile(waits, share):.1f}" for share in (0.5, 0.99, 1))
    return (what, f"{len(waits) / seconds:.1f}", *figures, times(statistics.median(waits) / statistics.median(floor)))


async def measure(kinds: Sequence[str], people: int, drivers: int, seconds: float) -> Report:
    """Everything."""
    report = Report("save", described())
    rows: list[tuple[str, ...]] = []
    for kind in kinds:
        with database(kind) as url:
            rows += await on(kind, url, people, drivers, seconds)
    report.line(f"{people} operators, {drivers:,} drivers on duty, {seconds:.0f} s.")
    report.table(("saved", "a second", "ms: p50", "p99", "max", "p50 to the floor"), rows)
    return report


def main() -> None:
    """Measure and report."""
    parser = options("save", __doc__, rounds=1)
    parser.add_argument("--kinds", nargs="+", default=["SQLite", "PostgreSQL"], choices=["SQLite", "PostgreSQL"])
    parser.add_argument("--operators", type=int, default=50, help="who save at once (%(default)s)")
    parser.add_argument("--seconds", type=float, default=60, help="how long on each database (%(default)s)")
    chosen = parser.parse_args()
    people, drivers, seconds = (5, 100, 3.0) if chosen.small else (chosen.operators, 10_000, chosen.seconds)
    asyncio.run(measure(chosen.kinds, people, drivers, seconds)).finish(chosen.write)


if __name__ == "__main__":
    main()
