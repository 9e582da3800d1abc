"""A Friday night on the real system, many times as fast: 2,000 calls, 300 drivers on the move, and the books afterwards.

    python -m benchmarks.friday [--write]                       8 hours at 20 times: 24 minutes and what is before and after
    python -m benchmarks.friday --speed 10 [--write]            the same at 10 times, to look at the memory
    python -m benchmarks.friday --small                         whether it runs: 40 calls

SIPp calls a real Asterisk; one operator works at the console in a real browser by its keys alone, the others by the API as
their programs would; every driver has a session of his own, moves, is offered orders, answers or does not, and drives. Callers
hang up, call again, cancel, book for later or do not come out. What is twenty times as fast is what people do; callboard's own
clocks run as always. Then the owner closes the month at the money pages, by keyboard, and every total is held against the sum of
its rows. It ends with an error when one is not, or when anything that was acknowledged is gone.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from playwright.async_api import Browser, async_playwright

from benchmarks import friday_callers, friday_lost, friday_report, friday_script, friday_site
from benchmarks.friday_books import Books, close_and_check
from benchmarks.friday_drivers import DriverAtWork
from benchmarks.friday_keys import KeyOperator, console
from benchmarks.friday_people import ApiOperator, Night
from benchmarks.friday_site import House, Watch
from benchmarks.report import progress
from desk.bus import Bus
from desk.clock import days
from desk.figures import response_times
from desk.figures.response_times import Times
from desk.work import Desk, open_engine
from models import Office
from tests.path.running import RunningSite

FRIDAY = 20_261_127
STEP_S = 300.0
"""One step of a trip, in the night's own time."""
CLOSING = "영업 종료"


@dataclass(frozen=True, slots=True)
class Size:
    """How big a night. `seconds` of the clock, `pace` seconds for each step of a trip."""

    calls: int
    drivers: int
    operators: int
    seconds: float
    pace: float
    seed: int


def main() -> int:
    """Run it; the exit code says whether everything adds up and nothing is lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=2_000)
    parser.add_argument("--drivers", type=int, default=300)
    parser.add_argument(
        "--operators", type=int, default=12, help="the first of them works at the console (%(default)s)"
    )
    parser.add_argument("--hours", type=float, default=8.0, help="of the night's own time (%(default)s)")
    parser.add_argument("--speed", type=float, default=20.0, help="how many times as fast (%(default)s)")
    parser.add_argument("--seed", type=int, default=FRIDAY)
    parser.add_argument("--small", action="store_true", help="40 calls, 30 drivers: whether it runs, not how well")
    parser.add_argument("--keep", action="store_true", help="leave the state folder behind, and say where it is")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/benchmarks.md")
    given = parser.parse_args()
    size = Size(
        given.calls, given.drivers, given.operators, given.hours * 3600 / given.speed, STEP_S / given.speed, given.seed
    )
    if given.small:
        size = Size(40, 30, 3, 80.0, 2.0, given.seed)
    return asyncio.run(friday(size, keep=given.keep, write=given.write))


async def friday(size: Size, *, keep: bool, write: bool) -> int:
    """One night, from an empty folder to closed books."""
    machine = friday_report.machine()
    progress(f"friday: {size}")
    house = await friday_site.build(size.operators, size.drivers)
    script = friday_script.write(size.calls, size.seconds, house.known, size.seed)
    site = RunningSite("--no-calls", "--config", str(house.state / "friday.toml"), state=house.state)
    night, watch = Night(site.base, script, size.seed, size.pace), Watch(site)
    try:
        await site.start(limit_s=300)
        begun = datetime.now(UTC)
        async with _browser() as browser:
            await _live_through(site, night, watch, house, size, browser)
            await site.stop()
            books = await _books(house, browser, begun)
        times = await _times(house, begun)
        lost = friday_lost.check(house.file, night, begun)
        outcome = friday_report.Outcome(night, watch, books, lost, friday_site.complaints(house.state), times)
        friday_report.tell(outcome, size.seconds, machine, write=write)
        return 1 if books.wrong or lost.lines or watch.started_anew else 0
    finally:
        with contextlib.suppress(Exception):
            await site.stop()
        if keep:
            progress(f"everything is in {house.state}")
        else:
            shutil.rmtree(house.state, ignore_errors=True)


@asynccontextmanager
async def _browser() -> AsyncIterator[Browser]:
    program = os.environ.get("CALLBOARD_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            await browser.close()


async def _live_through(
    site: RunningSite, night: Night, watch: Watch, house: House, size: Size, browser: Browser
) -> None:
    """Everybody comes, the telephones ring, and everybody goes home. Raises what one of them met."""
    at_work: list[asyncio.Task[None]] = []
    on_the_road: list[asyncio.Task[None]] = []

    def begin(life: Coroutine[Any, Any, None], group: list[asyncio.Task[None]]) -> None:
        group.append(asyncio.create_task(life))

    async with console(browser, site.base, house.operators[0]) as page:
        begin(watch.run(), at_work)
        for phone in house.phones:
            begin(DriverAtWork(night, *phone).work(min(30.0, size.seconds / 8)), on_the_road)
        begin(KeyOperator(night, page).work(), at_work)
        for login in house.operators[1:]:
            begin(ApiOperator(night, login).work(), at_work)
        begin(_say_how_it_goes(night, watch), at_work)
        started = time.monotonic()
        try:
            night.done["SIPp's runs that saw a call end otherwise"] = await friday_callers.dial(
                site, night.script, size.seconds
            )
            night.done["seconds of calls"] = round(time.monotonic() - started)
            await _close_shop(night, house, size.pace)
            night.going_home.set()
            _, late = await asyncio.wait(on_the_road, timeout=friday_lost.HOME_S + 8 * size.pace)
            night.done["drivers who did not come home"] = len(late)
        finally:
            failed = [each.exception() for each in (*at_work, *on_the_road) if each.done() and not each.cancelled()]
            for each in (*at_work, *on_the_road):
                each.cancel()
            await asyncio.gather(*at_work, *on_the_road, return_exceptions=True)
    for error in filter(None, failed):
        raise error


async def _close_shop(night: Night, house: House, pace: float) -> None:
    """What is being searched for or driven comes to its end; for what nobody drives, an operator tells the customer so."""
    limit = time.monotonic() + friday_lost.SETTLE_S + 8 * pace
    while friday_lost.open_orders(house.file) and time.monotonic() < limit:
        await asyncio.sleep(1)
    async with night.signed_in(house.operators[-1]) as http:
        for order_id, state in friday_lost.open_orders(house.file):
            if state in ("taken", "reserved"):
                night.done["orders that nobody drove, cancelled at closing time"] += 1
                if await night.ask(http, "POST", f"/orders/{order_id}/cancel", {"reason": CLOSING}):
                    night.kept["cancelled"].add(order_id)


async def _say_how_it_goes(night: Night, watch: Watch) -> None:
    while True:
        await asyncio.sleep(60)
        used = ", ".join(f"{name} {100 * share:.0f}%" for name, share in watch.cpu.items())
        done = ("calls answered at the console", "calls answered by programs", "trips completed", "moves of drivers")
        progress(f"{datetime.now(UTC):%H:%M:%S}  {used}; " + ", ".join(f"{night.done[each]} {each}" for each in done)
                 + f"; refused {sum(night.refused.values())}")  # fmt: skip


async def _books(house: House, browser: Browser, begun: datetime) -> Books:
    engine = open_engine(house.url)
    try:
        return await close_and_check(Desk(engine, Bus()), house.file, house.office_id, browser, house.owner, begun)
    finally:
        await engine.dispose()


async def _times(house: House, begun: datetime) -> Times:
    """How long handling took, as the analysis has it: from the ring, by hour and by operator, of what was closed since."""
    engine = open_engine(house.url)
    try:
        async with Desk(engine, Bus()).look() as session:
            office = await session.get_one(Office, house.office_id)
            first, last = (days.today(office.timezone, at) for at in (begun, datetime.now(UTC)))
            return await response_times.look(session, office, days.span(office.timezone, first, last))
    finally:
        await engine.dispose()


if __name__ == "__main__":
    sys.exit(main())
