"""How long faults are felt: what is promised in seconds, measured on a whole site with the real Asterisk, SIGSTOP and SIGKILL.

Nothing of it is asserted here. A caller's waiting is taken between Asterisk's first event of his call and his place in the
queue; what consoles are told, from the fault to the message on /live; the banner, from the fault to the page that shows it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
from playwright.async_api import Page, async_playwright

from benchmarks.filling import dialled
from benchmarks.machine import described
from benchmarks.pop import signed_in
from benchmarks.report import Report, options, progress, spread
from benchmarks.running import Site, site_with
from benchmarks.watching import Watcher
from tests.browser.conftest import chromium_path
from tests.path.running import until

CALLERS = 5
HOLD_MS = 9000
PROMISES = {
    "no IVR": ("caller to the queue, callboard's process killed", "3"),
    "frozen IVR": ("caller to the queue, callboard's process frozen", "3"),
    "told": ("Asterisk killed: consoles are told", "–"),
    "back": ("Asterisk killed: started again, logged in, state read anew", "–"),
    "silent": ("Asterisk frozen: consoles are told", "10 (and a ping)"),
    "thawed": ("Asterisk thawed: link up, state read anew", "–"),
    "restarted": ("callboard's process killed: healthy again", "–"),
    "kept": ("callboard's process killed: a call that is up stands on the board again", "–"),
    "banner": ("callboard's process frozen: the page says that the link is lost", "10"),
}


class Ear:
    """One console's socket: the moments at which a part was told of."""

    def __init__(self) -> None:
        self.parts: list[tuple[float, str, bool]] = []
        self.hears = asyncio.Event()

    async def listen(self, site: Site) -> None:
        """Until cancelled; comes back when the socket is lost."""
        headers = {"Authorization": f"Bearer {site.logins['api_token']}"}
        async with aiohttp.ClientSession() as session:
            while True:
                with contextlib.suppress(aiohttp.ClientError, ConnectionError):
                    async with session.ws_connect(f"{site.base}/live", headers=headers) as socket:
                        async for message in socket:
                            self.hears.set()
                            told = message.json()
                            if told["type"] == "part.changed":
                                self.parts.append((time.monotonic(), told["part"], told["ok"]))
                await asyncio.sleep(0.02)

    async def told(self, part: str, ok: bool, since: float, limit_s: float = 90) -> float:
        """Seconds from `since` to the first word that this part works, or does not."""

        async def found() -> float | None:
            return next(
                (at - since for at, name, well in self.parts if (name, well) == (part, ok) and at > since), None
            )

        return float(await until(found, limit_s, f"the word on {part}"))


@asynccontextmanager
async def ear(site: Site) -> AsyncIterator[Ear]:
    """A console that listens."""
    hearing = Ear()
    task = asyncio.create_task(hearing.listen(site))
    try:
        async with asyncio.timeout(30):
            await hearing.hears.wait()
        yield hearing
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def queued(site: Site, first: int, fault: Callable[[], Awaitable[None]]) -> list[float]:
    """Seconds that callers waited for their place in the queue."""
    watchers = [await Watcher.started(kind, str(site.ami), site.watch_secret) for kind in ("ami", "queue")]
    try:
        await fault()
        numbers = [dialled(first + number) for number in range(CALLERS)]
        placed = site.dial([(number, "") for number in numbers], rate=10, hold_ms=HOLD_MS)
        await asyncio.sleep(6)
        arrived, joined = [await watcher.noted() for watcher in watchers]
        placed.stop()
    finally:
        for watcher in watchers:
            watcher.stop()
    lost = [number for number in numbers if number not in joined]
    if lost:
        progress(f"{len(lost)} callers did not get to the queue within 6 s")
    return [joined[number][0] - arrived[number][0] for number in numbers if number in joined]


async def killed(site: Site) -> list[float]:
    """Callers who come when nobody listens: the process has just been killed and is being started."""

    async def fault() -> None:
        os.kill(site.core_pid(), signal.SIGKILL)

    found = await queued(site, 1, fault)
    await until(site.healthy, 90, "callboard's return")
    return found


async def frozen(site: Site) -> list[float]:
    """Callers who come when the process is there and says nothing."""
    core = site.core_pid()

    async def fault() -> None:
        os.kill(core, signal.SIGSTOP)

    try:
        return await queued(site, 20, fault)
    finally:
        os.kill(core, signal.SIGCONT)
        await until(site.healthy, 90, "callboard's return")


async def asterisk_killed(site: Site) -> dict[str, float]:
    """SIGKILL to Asterisk itself."""
    async with ear(site) as hearing:
        since = time.monotonic()
        os.kill(site.asterisk_pid(), signal.SIGKILL)
        found = {"told": await hearing.told("ami", False, since), "back": await hearing.told("ami", True, since)}
    await until(site.healthy, 90, "Asterisk's return")
    site.admit_watcher()
    return found


async def asterisk_frozen(site: Site) -> dict[str, float]:
    """SIGSTOP to Asterisk, until it has been noticed."""
    pid = site.asterisk_pid()
    async with ear(site) as hearing:
        since = time.monotonic()
        os.kill(pid, signal.SIGSTOP)
        try:
            told = await hearing.told("ami", False, since)
        finally:
            os.kill(pid, signal.SIGCONT)
        thawed = await hearing.told("ami", True, since + told)
    await until(site.healthy, 90, "Asterisk's return")
    return {"silent": told, "thawed": thawed}


async def core_killed(site: Site) -> dict[str, float]:
    """SIGKILL to callboard's own process while a call is up."""
    number = dialled(40)
    placed = site.dial([(number, "")], hold_ms=40_000)
    await until(lambda: site.calls(number), 30, "the call")
    since = time.monotonic()
    os.kill(site.core_pid(), signal.SIGKILL)
    await asyncio.sleep(0.3)

    async def on_the_board() -> bool:
        with contextlib.suppress(aiohttp.ClientError, TimeoutError, AssertionError):
            return any(call["state"] != "ended" for call in await site.calls(number))
        return False

    await until(on_the_board, 90, "the call's return")
    kept = time.monotonic() - since
    await until(site.healthy, 90, "callboard's return")
    placed.stop()
    return {"restarted": time.monotonic() - since, "kept": kept}


async def banner(site: Site, page: Page) -> float:
    """Seconds until the page says that the link is lost."""
    core = site.core_pid()
    since = time.monotonic()
    os.kill(core, signal.SIGSTOP)
    try:
        await page.wait_for_selector("bottom-line .link.down", timeout=60_000)
        return time.monotonic() - since
    finally:
        os.kill(core, signal.SIGCONT)
        await page.wait_for_selector("bottom-line .link.up", timeout=60_000)
        await until(site.healthy, 90, "callboard's return")


async def measure(rounds: int, browser: bool) -> Report:
    """Every fault, some rounds of them, one after the other on one site."""
    report = Report("clocks", described(asterisk=True))
    found: dict[str, list[float]] = {name: [] for name in PROMISES}
    async with site_with(100) as site, async_playwright() as playwright:
        for number in range(rounds):
            progress(f"round {number + 1}/{rounds}")
            found["no IVR"] += await killed(site)
            found["frozen IVR"] += await frozen(site)
            for fault in (asterisk_killed, asterisk_frozen, core_killed):
                for name, seconds in (await fault(site)).items():
                    found[name].append(seconds)
            if browser:
                chromium = await playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
                page = await chromium.new_page(locale="ko-KR")
                await signed_in(page, site)
                found["banner"].append(await banner(site, page))
                await chromium.close()
    report.line(f"Seconds, median (min..max) of {rounds} rounds, {CALLERS} callers in each.")
    rows = [(what, promised, spread(found[name], ".2f")) for name, (what, promised) in PROMISES.items() if found[name]]
    report.table(("", "promised, s", "seen, s"), rows)
    return report


def main() -> None:
    """Measure and report."""
    chosen = options("clocks", __doc__, rounds=3).parse_args()
    report = asyncio.run(measure(1 if chosen.small else chosen.rounds, not chosen.small))
    report.finish(chosen.write)


if __name__ == "__main__":
    main()
