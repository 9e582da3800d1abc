"""What grows with the number of customers, of calls and of browsers, and what does not; and where a call's time goes.

Look-up: the customer by number with his whole card. Pop: from a call's being told (as the AMI listener tells it) to the text of
`call.arrived`, its row committed; no socket and no PBX, so that the database's part is seen alone. SQLite as in production
(WAL, every commit on the disk); PostgreSQL with fsync and synchronous_commit on, over a unix socket.
"""

from __future__ import annotations

import asyncio
import cProfile
import gc
import os
import random
import secrets
import time
from collections.abc import Sequence
from pathlib import Path

from ami.framing import Splitter
from ami.message import Message
from ami.roster import Roster
from ami.settings import Settings as AmiSettings
from ami.translate import translate
from benchmarks import chain
from benchmarks.ami_stream import calls
from benchmarks.databases import FILLED, database, folder_of
from benchmarks.filling import fill, number_of
from benchmarks.machine import described
from benchmarks.processes import memory_bytes
from benchmarks.profile import shares
from benchmarks.report import Report, options, percentile, progress
from benchmarks.running import site_with
from benchmarks.watching import Watcher
from desk.keeping import store
from desk.work import utc_now

WARM = 20
WITHOUT_WORDS = 10_000_000
"""From so many customers on, the words of the search are left out: nothing here reads them, and they are most of the filling."""


def _figures(waits: Sequence[float]) -> tuple[str, ...]:
    return tuple(f"{percentile(waits, share):.2f}" for share in (0.5, 0.99))


async def filled(kind: str, url: str, customers: int, kept: Path | None) -> None:
    """See to it that the database has so many customers, in tables of today's schema."""
    if kept is not None and (kept / FILLED).exists():
        await store.prepare(url)
        return
    await chain.prepare(url)
    begun = time.monotonic()
    await asyncio.to_thread(fill, url, customers, words=customers < WITHOUT_WORDS)
    progress(f"{kind}: {customers:,} customers in {time.monotonic() - begun:.0f} s")
    if kept is not None:
        (kept / FILLED).touch()


def read_once(kept: Path) -> None:
    """Have the files in memory, as where a desk has been at work: else the first look at each page waits for the disk."""
    for file in kept.rglob("*"):
        if file.is_file():
            with file.open("rb", buffering=0) as source:
                while source.read(2**22):
                    pass


async def at_size(kind: str, url: str, customers: int, repeats: int) -> tuple[str, ...]:
    """One row: look-up and pop with so many customers."""
    chance = random.Random()
    drawn = [number_of(chance.randint(1, customers)) for _ in range(repeats + WARM)]
    async with chain.running(url) as running:
        looked = [await running.look_up(number) for number in drawn][WARM:]
        popped = []
        for number in drawn:
            popped.append(await running.pop(number, f"growth-{secrets.token_hex(8)}"))
            await running.settled(0)
    return (kind, f"{customers:,}", *_figures(looked), *_figures(popped[WARM:]))


async def one_call(url: str, count: int) -> tuple[float, int, list[tuple[str, float]]]:
    """CPU ms of a whole recorded call through the chain, texts pushed for it, and the shares by package."""
    streams = [b"".join(events) for events in calls(2 * count + WARM)]
    async with chain.running(url) as running:
        for stream in streams[:WARM]:
            running.hear(stream)
        await running.settled()
        texts, before = running.screen.texts, time.process_time()
        for stream in streams[WARM : WARM + count]:
            running.hear(stream)
        await running.settled(0)
        used = 1000 * (time.process_time() - before) / count
        texts = round((running.screen.texts - texts) / count)
        profile = cProfile.Profile()
        profile.enable()
        for stream in streams[WARM + count :]:
            running.hear(stream)
        await running.settled(0)
        profile.disable()
    return used, texts, shares(profile)


def held_call_bytes(count: int) -> float:
    """Bytes that the AMI side keeps for each call that is up, with all the channels of its ringing phones."""
    begun = [events[: len(events) // 2] for events in calls(count)]
    roster = Roster(AmiSettings(channel_limit=10 * count + 10))
    gc.collect()
    before = memory_bytes(os.getpid())
    for events in begun:
        for raw in Splitter().feed(b"".join(events)):
            message = Message(raw)
            translate(message.text("Event") or "", message, roster, utc_now())
    gc.collect()
    assert len(roster.callers) == count
    return (memory_bytes(os.getpid()) - before) / count


async def browser_bytes(count: int) -> float:
    """Bytes of callboard's own process for each console that listens."""
    async with site_with(100, "--asterisk", "none", watched=False) as site:
        pid, url, token = site.core_pid(), f"{site.base}/live", site.logins["api_token"]
        first = await Watcher.started("live", url, token, 10)
        await asyncio.sleep(2)
        before = memory_bytes(pid)
        more = await Watcher.started("live", url, token, count)
        await asyncio.sleep(2)
        grown = memory_bytes(pid) - before
        for watcher in (first, more):
            await watcher.noted()
    return grown / count


async def fill_only(sizes: Sequence[int], kinds: Sequence[str], kept: Path) -> None:
    """Make the databases, to be measured at a quieter time."""
    for kind in kinds:
        for customers in sizes:
            folder = folder_of(kept, "growth", kind, customers)
            with database(kind, folder) as url:
                await filled(kind, url, customers, folder)


async def measure(
    sizes: Sequence[int], kinds: Sequence[str], repeats: int, browsers: int, kept: Path | None = None
) -> Report:
    """Everything."""
    report = Report("growth", described())
    rows = []
    for kind in kinds:
        for customers in sizes:
            folder = folder_of(kept, "growth", kind, customers)
            with database(kind, folder) as url:
                await filled(kind, url, customers, folder)
                if folder is not None:
                    await asyncio.to_thread(read_once, folder)
                rows.append(await at_size(kind, url, customers, repeats))
    report.table(("database", "customers", "look-up ms: p50", "p99", "pop ms: p50", "p99"), rows)
    if max(sizes) >= WITHOUT_WORDS:
        report.line("Ten million were filled in without the words of the search, which neither of the two reads.")
    with database("SQLite") as url:
        await chain.prepare(url)
        await asyncio.to_thread(fill, url, min(sizes))
        used, texts, parts = await one_call(url, repeats)
    report.line(
        f"A recorded call (86 AMI events, {texts} texts pushed) costs {used:.1f} ms of processor time from the AMI bytes to the "
        "texts, on SQLite. Of that, as cProfile sees the main thread: "
        + ", ".join(f"{name} {share:.0%}" for name, share in parts if share >= 0.01)
        + "."
    )
    line = f"A call that is up takes {held_call_bytes(20 * repeats) / 1024:.1f} KiB on the AMI side"
    if browsers:
        line += f"; a console that listens takes {await browser_bytes(browsers) / 1024:.0f} KiB of callboard's process"
    report.line(f"{line}.")
    return report


def main() -> None:
    """Measure and report."""
    parser = options("growth", __doc__, rounds=1)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--ten-million", action="store_true", help="10,000,000 customers as well: 15 GB, many minutes")
    parser.add_argument("--repeats", type=int, default=200, help="look-ups, pops and calls at each size (%(default)s)")
    parser.add_argument("--browsers", type=int, default=200, help="sockets opened to weigh one (%(default)s)")
    parser.add_argument("--kept", type=Path, help="a folder in which the filled databases stay, and are found again")
    parser.add_argument("--fill-only", action="store_true", help="only make the databases, in --kept")
    chosen = parser.parse_args()
    sizes = [*chosen.sizes, *([10_000_000] if chosen.ten_million else [])]
    kinds = ("SQLite", "PostgreSQL")
    if chosen.kept is not None:
        chosen.kept.mkdir(parents=True, exist_ok=True)
    if chosen.fill_only:
        if chosen.kept is None:
            parser.error("--fill-only needs --kept: where shall they stay?")
        asyncio.run(fill_only(sizes, kinds, chosen.kept))
        return
    many = (sizes, kinds, chosen.repeats, chosen.browsers, chosen.kept)
    report = asyncio.run(measure(*(([100], kinds, 5, 0) if chosen.small else many)))
    report.finish(chosen.write)


if __name__ == "__main__":
    main()
