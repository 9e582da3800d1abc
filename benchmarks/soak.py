"""A long night on the real system: does it stay as small, as fast and as right as it was in its first minutes?

    python -m benchmarks.soak --hours 2 --rate 1

The whole site runs (Asterisk, IVR, panel, SMPP), SIPp calls, four operators answer, take, give, complete and cancel, five
screens come and go, every text gets its receipt. Each ten seconds the processes are measured; at the end rows, CDR and the
SMSC's log are held against the promises. It ends with an error when a promise is broken, when a process had to be started anew,
when most of the callers who wanted an order did not get one with a driver, or when what a process holds grows.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import random
import secrets
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import friday_site
from benchmarks.running import asterisk_pid
from benchmarks.soak_night import LEAVERS, TALKERS, Night
from benchmarks.soak_samples import Held, Trend, held_by, percentile, trend
from tests.faults.checker import check
from tests.faults.history import History
from tests.faults.witnesses import Witnesses, cdr_of, read_witnesses
from tests.path.running import RunningSite
from tests.sms.smsc import Smsc

SAMPLE_S = 10.0
WARM_UP = 0.1
SETTLE_S = 90.0
OPERATORS, DRIVERS = 4, 300
SERVED = 0.6
"""At least this part of the callers who want an order gets one that a driver has; the others found all operators busy."""
GROWS = {"resident MiB": 6.0, "descriptors": 3.0, "tasks": 3.0}
"""Percent an hour after the warm-up; more is a leak. Rows come by the thousand, and what keeps them in memory has its size."""


@dataclass
class Log:
    """What was measured. `samples` are (seconds since the start, callboard's process, Asterisk, tasks, held up in s)."""

    samples: list[tuple[float, Held, Held, float, float]] = field(default_factory=list)
    cores: set[int] = field(default_factory=set)
    engines: set[int] = field(default_factory=set)


def main() -> int:
    """Run it; the exit code says whether every promise held."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--rate", type=int, default=1, help="calls a second")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    given = parser.parse_args()
    return asyncio.run(soak(int(given.hours * 3600), given.rate, given.seed))


async def soak(seconds: int, rate: int, seed: int) -> int:
    """One night of so many seconds."""
    print(
        f"soak: {seconds} s at {rate} calls/s, seed {seed}, {platform.platform()}, {os.cpu_count()} cores", flush=True
    )
    folder = Path(tempfile.mkdtemp(prefix="cb-soak-"))
    smsc, history, log = Smsc(), History(folder / "history.jsonl"), Log()
    await smsc.start()
    house = await friday_site.build(OPERATORS, DRIVERS)
    site = RunningSite("--no-calls", config=friday_site.CONFIG + _config(smsc.port), state=house.state)
    try:
        await site.start()
        before = len((await _left(site, smsc)).orders)
        night = Night(site, smsc, history, random.Random(seed), house.operators)
        started = time.monotonic()
        async with night.goes_on():
            callers = night.dial(seconds, rate)
            while time.monotonic() - started < seconds:
                await asyncio.sleep(SAMPLE_S)
                await _sample(site, log, time.monotonic() - started)
                if night.failures:
                    raise night.failures[0]
            ends = [await caller.finished(120) for caller in callers]
            night.close()
            await asyncio.sleep(SETTLE_S)
        left = await _left(site, smsc)
        broken = check(history, left, texts_are_final=True)
        broken += _too_little(night, len(left.calls)) + _too_much(_trends(log, seconds))
        print(_report(log, night, seconds, len(left.calls), len(left.orders) - before, len(left.messages), ends))
        for line in broken[:20]:
            print("BROKEN", line)
        restarted = len(log.cores) + len(log.engines) - 2
        print(f"promises broken: {len(broken)}; processes started anew: {restarted}; history: {folder}")
        return 1 if broken or restarted else 0
    finally:
        await site.stop()
        await smsc.stop()
        shutil.rmtree(site.state, ignore_errors=True)


async def _left(site: RunningSite, smsc: Smsc) -> Witnesses:
    return await read_witnesses(f"sqlite+aiosqlite:///{site.state / 'callboard.db'}", cdr_of(site.state), smsc.submits)


def _too_little(night: Night, calls: int) -> list[str]:
    wanted = calls * TALKERS // (TALKERS + LEAVERS)
    if night.given >= wanted * SERVED:
        return []
    return [f"only {night.given} of {wanted} callers who wanted a driver were given one: the run shows little"]


def _too_much(trends: dict[str, Trend]) -> list[str]:
    return [
        f"{name} grows by {line.percent_per_h:.1f} % an hour"
        for name, line in trends.items()
        for what, most in GROWS.items()
        if name.endswith(what) and line.percent_per_h > most
    ]


def _config(port: int) -> str:
    return (
        f'[sms]\nprovider = "smpp"\n[sms.providers.smpp]\nhost = "127.0.0.1"\nport = {port}\n'
        'system_id = "callbrd"\npassword = "secret"\n'
    )


async def _sample(site: RunningSite, log: Log, at: float) -> None:
    core, engine = site.core_pid(), asterisk_pid(site.state)
    log.cores.add(core)
    log.engines.add(engine)
    _, metrics = await site.call("GET", "/metrics")
    figures = dict(line.rsplit(" ", 1) for line in metrics.splitlines() if not line.startswith("#"))
    tasks, held_up = float(figures["callboard_loop_tasks"]), float(figures["callboard_loop_held_up_seconds"])
    log.samples.append((at, held_by(core), held_by(engine), tasks, held_up))
    if len(log.samples) % 30 == 0:
        now = log.samples[-1]
        print(f"{at:7.0f} s  callboard {now[1].rss_mib:.1f} MiB  asterisk {now[2].rss_mib:.1f} MiB  tasks {tasks:.0f}",
              flush=True)  # fmt: skip


def _trends(log: Log, seconds: int) -> dict[str, Trend]:
    warm = [sample for sample in log.samples if sample[0] >= seconds * WARM_UP]
    rows: dict[str, list[tuple[float, float]]] = {
        "callboard, resident MiB": [(at, core.rss_mib) for at, core, _, _, _ in warm],
        "callboard, descriptors": [(at, core.descriptors) for at, core, _, _, _ in warm],
        "callboard, threads": [(at, core.threads) for at, core, _, _, _ in warm],
        "callboard, tasks": [(at, tasks) for at, _, _, tasks, _ in warm],
        "Asterisk, resident MiB": [(at, engine.rss_mib) for at, _, engine, _, _ in warm],
        "Asterisk, descriptors": [(at, engine.descriptors) for at, _, engine, _, _ in warm],
    }
    return {name: trend(points) for name, points in rows.items()}


def _report(log: Log, night: Night, seconds: int, calls: int, orders: int, texts: int, ends: list[int]) -> str:
    lines = [
        f"{calls:,} calls, {orders:,} orders, {night.given:,} of them given to a driver, {night.done:,} driven to their end, "
        f"{texts:,} texts; SIPp's exit codes {ends}; refusals {night.refusals or 'none'}; "
        f"operators' sockets closed {night.reconnects} times",
        "",
        "| | after the warm-up | at the end | slope an hour |",
        "| --- | --- | --- | --- |",
    ]
    for name, line in _trends(log, seconds).items():
        lines.append(f"| {name} | {line.first:.1f} | {line.last:.1f} | {line.percent_per_h:+.2f} % |")
    warm = [sample for sample in log.samples if sample[0] >= seconds * WARM_UP]
    return "\n".join([*lines, "", *_latencies(night, warm)])


def _latencies(night: Night, warm: list[tuple[float, Held, Held, float, float]]) -> list[str]:
    quarter = max(1, len(night.pops) // 4)
    parts = {"first quarter": night.pops[:quarter], "last quarter": night.pops[-quarter:]}
    told = [
        f"arrival to screen, {name}: p50 {1000 * percentile([p for _, p in pops], 50):.1f} ms, "
        f"p99 {1000 * percentile([p for _, p in pops], 99):.1f} ms ({len(pops)} pops)"
        for name, pops in parts.items()
    ]
    longest = [held_up for _, _, _, _, held_up in warm]
    return [*told, f"event loop's longest hold-up a minute: p50 {1000 * percentile(longest, 50):.0f} ms, "
            f"max {1000 * max(longest, default=0.0):.0f} ms"]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
