"""The highest rate of calls at which every one of them gets the voice menu, its customer, its pop and the queue.

Real SIP calls by known customers who press 1 in the greeting: the place is stored, the confirmation is heard, the operators'
phones ring, the caller hangs up. A call counts only if all of this stands in the database and Asterisk told of its place in the
queue. Beside it, as the floor: the same Asterisk, the same prompts and the same queue with a static dialplan and nobody else.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.filling import dialled, number_of
from benchmarks.machine import CHECKOUT, described
from benchmarks.processes import cpu_s
from benchmarks.report import Report, options, percentile, progress
from benchmarks.running import Site, admit, asterisk_pid, finished, kept_site, site_with
from benchmarks.watching import Watcher
from callboard.pbx_root import choose
from tests.path.running import DID
from tests.pbx_fixture import real_asterisk
from tests.sipp_fixture import Callers, start_callers

CONFIG = """
[agi]
calls_at_a_time = 3000
waiting_at_a_time = 3000
"""
WATCH_SECRET = "w" * 32
KEY_AFTER_MS = 500
HOLD_MS = 5500
SETTLE_S = 6.0
STATIC = """
[callboard-incoming]
exten => {did},1,Answer()
 same => n,Goto(bench-menu,s,1)

; A context of its own: beside the line's number, "1" would be taken for its first digit.
[bench-menu]
exten => s,1,Background({sounds}/welcome)
 same => n,WaitExten(4)
 same => n,Goto(callboard-queue,{did},1)
exten => 1,1,Playback({sounds}/confirmed)
 same => n,Goto(callboard-queue,{did},1)

"""


@dataclass(frozen=True, slots=True)
class Step:
    """One rate. `waits` are seconds from the first AMI event to the queue; CPU is milliseconds a call."""

    rate: int
    calls: int
    lost: int
    waits: tuple[float, ...]
    asterisk_ms: float
    callboard_ms: float
    busy: float

    def row(self, what: str) -> tuple[str, ...]:
        """As printed."""
        p50, p99 = (f"{percentile(self.waits or [0], share):.2f}" for share in (0.5, 0.99))
        cpu = (f"{self.asterisk_ms:.1f}", f"{self.callboard_ms:.1f}" if self.callboard_ms else "–", f"{self.busy:.0%}")
        return (what, str(self.rate), str(self.calls), str(self.lost), p50, p99, *cpu)


def place(sip_port: int, state: Path, callers: Sequence[int], rate: int) -> Callers:
    """Calls by these customers, who press 1."""
    people = [(dialled(customer), "") for customer in callers]
    return start_callers(
        sip_port, state, people, did=DID, rate=rate, dtmf="1", dtmf_after_ms=KEY_AFTER_MS, hold_ms=HOLD_MS
    )


async def ours(site: Site, callers: Sequence[int], rate: int, settle_s: float) -> Step:
    """One rate through the whole product."""
    watchers = [await Watcher.started(kind, str(site.ami), site.watch_secret) for kind in ("ami", "queue")]
    consoles = await Watcher.started("live", f"{site.base}/live", site.logins["api_token"], 1)
    try:
        pids = [site.asterisk_pid(), site.core_pid()]
        used, idle = [cpu_s(pid) for pid in pids], _idle()
        sipp = place(site.sip, site.state, callers, rate)
        code = await finished(sipp, len(callers) / rate + 60)
        busy = _busy(idle)
        await asyncio.sleep(settle_s)
        used = [1000 * (cpu_s(pid) - before) / len(callers) for pid, before in zip(pids, used, strict=True)]
        first, queued = [await watcher.noted() for watcher in watchers]
        popped = await consoles.noted()
    finally:
        for watcher in (*watchers, consoles):
            watcher.stop()
    stored = _stored(site.state / "callboard.db", callers)
    whole = [
        customer
        for customer in callers
        if number_of(customer) in stored and dialled(customer) in popped and dialled(customer) in queued
    ]
    if code:
        progress(f"SIPp ended with {code} at {rate} calls/s")
    waits = tuple(queued[dialled(one)][0] - first[dialled(one)][0] for one in whole if dialled(one) in first)
    return Step(rate, len(callers), len(callers) - len(whole), waits, used[0], used[1], busy)


def _stored(database: Path, callers: Sequence[int]) -> set[str]:
    """The numbers whose call was identified, chosen for, and has ended."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        rows = connection.execute(
            "select number from call where choice_kind = 'place' and customer_id is not null and state = 'ended' "
            "and linkedid not like 'past-%'"
        )
        return {row[0] for row in rows} & {number_of(customer) for customer in callers}


async def static(callers: Iterator[list[int]], rates: Sequence[int], sounds: Path) -> list[Step]:
    """The same rates through a static dialplan."""
    engine = choose("auto", CHECKOUT / ".cache", progress)
    assert engine is not None
    steps: list[Step] = []
    running = real_asterisk(engine)
    asterisk = await asyncio.to_thread(running.__enter__)
    try:
        heard = asterisk.state / "sounds" / "ko" / "callboard"
        shutil.copytree(sounds, heard, dirs_exist_ok=True)
        etc = asterisk.site.folders.etc
        rules = (etc / "extensions.conf").read_text(encoding="utf-8")
        general, _, rest = rules.partition("[callboard-incoming]")
        tail = rest[rest.index("[callboard-queue]") :]
        (etc / "extensions.conf").write_text(general + STATIC.format(did=DID, sounds=heard) + tail, encoding="utf-8")
        admit(etc, WATCH_SECRET)
        for command in ("manager reload", "dialplan reload"):
            await asyncio.to_thread(asterisk.cli, command)
        for rate in rates:
            steps.append(await _static_step(asterisk.ami_port, asterisk.sip_port, asterisk.state, next(callers), rate))
            if steps[-1].lost:
                break
    finally:
        await asyncio.to_thread(running.__exit__, None, None, None)
    return steps


async def _static_step(ami: int, sip: int, state: Path, callers: list[int], rate: int) -> Step:
    watchers = [await Watcher.started(kind, str(ami), WATCH_SECRET) for kind in ("ami", "queue")]
    try:
        pid = asterisk_pid(state)
        before, idle = cpu_s(pid), _idle()
        code = await finished(place(sip, state, callers, rate), len(callers) / rate + 60)
        busy = _busy(idle)
        used = 1000 * (cpu_s(pid) - before) / len(callers)
        await asyncio.sleep(1)
        first, queued = [await watcher.noted() for watcher in watchers]
    finally:
        for watcher in watchers:
            watcher.stop()
    if code:
        progress(f"SIPp ended with {code} at {rate} calls/s (static)")
    whole = [dialled(one) for one in callers if dialled(one) in queued]
    waits = tuple(queued[number][0] - first[number][0] for number in whole if number in first)
    return Step(rate, len(callers), len(callers) - len(whole), waits, used, 0.0, busy)


def _idle() -> tuple[int, int]:
    """Ticks that the machine was idle, and all ticks."""
    fields = [int(word) for word in Path("/proc/stat").read_text(encoding="utf-8").splitlines()[0].split()[1:9]]
    return fields[3] + fields[4], sum(fields)


def _busy(before: tuple[int, int]) -> float:
    idle, whole = _idle()
    return 1 - (idle - before[0]) / max(1, whole - before[1])


async def measure(customers: int, rates: Sequence[int], seconds: int, settle_s: float) -> Report:
    """Both, step by step, until calls are lost."""
    report = Report("path", described("sipp -v", asterisk=True))
    numbers = iter(range(1, customers + 1))

    def drawn() -> Iterator[list[int]]:
        for rate in rates:
            yield [next(numbers) for _ in range(rate * seconds)]

    steps: list[Step] = []
    async with site_with(customers, config=CONFIG) as site:
        if len(rates) > 1:
            await finished(place(site.sip, site.state, [next(numbers) for _ in range(5)], 5), 60)
        for callers in drawn():
            steps.append(await ours(site, callers, len(callers) // seconds, settle_s))
            progress(
                f"callboard, {steps[-1].rate}/s: {steps[-1].lost} of {steps[-1].calls} lost, busy {steps[-1].busy:.0%}"
            )
            if steps[-1].lost:
                break
    numbers = iter(range(1, customers + 1))
    floor = await static(drawn(), rates, await kept_site(customers) / "sounds" / "ko" / "callboard")
    best, best_static = (max((step.rate for step in some if not step.lost), default=0) for some in (steps, floor))
    report.line(
        f"**{best} calls a second with none lost**; a static dialplan on the same Asterisk: {best_static}"
        f"{'' if floor[-1].lost else ', the highest that was tried'}. {customers:,} customers on SQLite, {seconds} s a rate."
    )
    heads = (
        "",
        "calls/s",
        "calls",
        "lost",
        "s to the queue: p50",
        "p99",
        "CPU ms a call: Asterisk",
        "callboard",
        "machine busy",
    )
    report.table(heads, [*(step.row("callboard") for step in steps), *(step.row("static dialplan") for step in floor)])
    return report


def main() -> None:
    """Measure and report."""
    parser = options("path", __doc__, rounds=1)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--rates", type=int, nargs="+", default=[10, 20, 30, 40, 50, 60], help="calls a second, rising")
    parser.add_argument("--seconds", type=int, default=12, help="how long each rate is kept (%(default)s)")
    chosen = parser.parse_args()
    sizes = (chosen.customers, chosen.rates, chosen.seconds, SETTLE_S)
    report = asyncio.run(measure(*((100, [2], 1, 2.0) if chosen.small else sizes)))
    report.finish(chosen.write)


if __name__ == "__main__":
    main()
