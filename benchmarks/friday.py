"""A Friday night on the real system, twenty times as fast: 2,000 calls, 300 drivers on the move, and the books afterwards.

    python -m benchmarks.friday [--calls 2000] [--minutes 21] [--small]

SIPp calls a real Asterisk; one operator works at the console in a real browser with its keys alone, another on the JSON API;
every driver has a session of his own, moves, is offered orders, accepts or declines and drives. Twenty times as fast means that
a night of seven hours is 21 minutes; the clocks run as always. Then the site is stopped and the owner closes the month, and
every total is held against the sum of its rows. It ends with an error when one is not, or when a call has left no row.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import secrets
import shutil
import sys
import time
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any

from playwright.async_api import async_playwright
from sqlalchemy import func, select

from benchmarks.friday_books import Books, close_and_check
from benchmarks.friday_people import Night, drive, operate, operate_by_keys
from desk import driver_access, shifts
from desk.bus import Bus
from desk.work import Desk, open_engine
from models import Call, CustomerPhone, Driver, Operator, Order
from tests.path.running import RunningSite

SETTLE_S = 30.0
"""After the last call, for trips to end; eight steps where those take longer."""
PACE_S = 15.0
"""One step of a trip at twenty times: five minutes."""


def main() -> int:
    """Run it; the exit code says whether everything adds up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=2_000)
    parser.add_argument("--minutes", type=float, default=21.0)
    parser.add_argument("--drivers", type=int, default=300)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--small", action="store_true", help="40 calls in a minute, 30 drivers")
    given = parser.parse_args()
    if given.small:
        given.calls, given.minutes, given.drivers = 40, 1, 30
    return asyncio.run(
        friday(given.calls, given.minutes * 60, given.drivers, given.seed, PACE_S if not given.small else 1.0)
    )


async def friday(calls: int, seconds: float, drivers: int, seed: int, pace: float) -> int:
    """One night."""
    print(f"friday: {calls} calls in {seconds:.0f} s, {drivers} drivers, seed {seed}", flush=True)
    chance = random.Random(seed)
    site = RunningSite("--no-calls")
    begun = datetime.now(UTC)
    try:
        await site.start(limit_s=300)
        night = Night(site.base, chance, pace)
        url = f"sqlite+aiosqlite:///{site.state / 'callboard.db'}"
        phones = await _links(url, drivers)
        numbers = await _callers(url, calls, chance)
        await _live_through(site, night, phones, numbers, seconds)
        await site.stop()
        books = await _books(url, begun)
        print(_report(night, books, calls))
        return 1 if books.wrong else 0
    finally:
        with contextlib.suppress(Exception):
            await site.stop()
        shutil.rmtree(site.state, ignore_errors=True)


async def _links(url: str, count: int) -> list[tuple[str, tuple[float, float]]]:
    """A link to his page for each driver, and where he begins; nobody else is on duty."""
    engine = open_engine(url)
    try:
        async with Desk(engine, Bus()).work() as work:
            everybody = list(await work.session.scalars(select(Driver).order_by(Driver.id)))
            found = everybody[:count]
            for driver in everybody[count:]:
                await shifts.end(work, driver.id)
            return [
                (await driver_access.new_link(work, driver, None), (driver.lat or 37.5, driver.lon or 127.0))
                for driver in found
            ]
    finally:
        await engine.dispose()


async def _callers(url: str, count: int, chance: random.Random) -> list[tuple[str, str]]:
    """Seven of ten are known here."""
    engine = open_engine(url)
    try:
        async with Desk(engine, Bus()).look() as session:
            known = [
                number.replace("+82", "0") for number in await session.scalars(select(CustomerPhone.number).limit(4000))
            ]
    finally:
        await engine.dispose()
    numbers = (
        chance.choice(known) if chance.random() < 0.7 else f"010{chance.randrange(10**8):08}" for _ in range(count)
    )
    return [(number, f"손님 {number[-4:]}") for number in numbers]


async def _live_through(
    site: RunningSite,
    night: Night,
    phones: list[tuple[str, tuple[float, float]]],
    callers: list[tuple[str, str]],
    seconds: float,
) -> None:
    tasks: list[asyncio.Task[None]] = []

    def begin(life: Coroutine[Any, Any, None]) -> None:
        tasks.append(asyncio.create_task(life))

    first, second = site.logins["operators"][:2]
    async with async_playwright() as playwright:
        program = os.environ.get("CALLBOARD_CHROMIUM") or shutil.which("chromium")
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = await browser.new_page()
        await page.goto(site.base + "/login")
        await page.fill("[name=user]", first["user"])
        await page.fill("[name=password]", first["password"])
        await page.keyboard.press("Enter")
        await page.wait_for_selector("bottom-line .link.up")
        for token, where in phones:
            begin(drive(night, token, where))
        begin(operate(night, second["user"], second["password"]))
        begin(operate_by_keys(night, page))
        rate = max(1, round(len(callers) / seconds * 20))
        started = time.monotonic()
        dialled = site.dial(callers, rate=rate, rate_period_s=20, dtmf="0", dtmf_after_ms=700, hold_ms=15000)
        night.done["SIPp ended with"] = await dialled.finished(seconds * 3 + 120)
        await asyncio.sleep(max(SETTLE_S, 8 * night.pace))
        night.done["seconds"] = round(time.monotonic() - started)
        failed = [task.exception() for task in tasks if task.done() and not task.cancelled()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await browser.close()
    if failed:
        raise failed[0] or AssertionError("somebody went home early")


async def _books(url: str, night: datetime) -> Books:
    engine = open_engine(url)
    try:
        desk = Desk(engine, Bus())
        async with desk.look() as session:
            owner = (
                await session.scalars(select(Operator).where(Operator.role == "admin").order_by(Operator.id))
            ).first()
            assert owner is not None
            calls = await session.scalar(select(func.count()).select_from(Call).where(Call.arrived_at >= night))
            taken = await session.scalar(select(func.count()).select_from(Order).where(Order.taken_at >= night))
            states = await session.execute(
                select(Order.state, func.count()).where(Order.taken_at >= night).group_by(Order.state)
            )
            ends = {f"orders {state}": count for state, count in states.all()}
        books = await close_and_check(desk, owner.office_id, owner.id, night)
        books.counts = {"calls": calls or 0, "orders": taken or 0, **ends, **books.counts}
        return books
    finally:
        await engine.dispose()


def _report(night: Night, books: Books, calls: int) -> str:
    books.same("calls placed, and rows of calls", calls, books.counts["calls"])
    rows = {**night.done, **books.counts}
    lines = ["| | |", "| --- | --- |", *(f"| {what} | {count} |" for what, count in rows.items())]
    lines.append(f"| refused | {dict(night.refused) or 'nothing'} |")
    lines += [f"WRONG {one}" for one in books.wrong]
    return "\n".join([*lines, f"totals that are not the sum of their rows: {len(books.wrong)}"])


if __name__ == "__main__":
    sys.exit(main())
