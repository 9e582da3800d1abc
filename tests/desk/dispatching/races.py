"""Many races on SQLite and on PostgreSQL: `scripts/races --count 20000 --seed 1`. Exit code 1 where one is wrong.

One process a processor, each with a database of its own and a seed of its own (the seed, the next one, ...).
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from desk.bus import Bus
from desk.work import Desk, open_engine
from models import migrations
from tests.desk.dispatching.racing import KINDS, Tally, Track, doubles
from tests.memory import in_memory
from tests.postgres import Cluster

AT_A_TIME = 100
"""So many races are written down together."""


@contextmanager
def databases(kind: str, count: int) -> Iterator[list[str]]:
    """Fresh ones, migrated; their urls."""
    if kind == "postgresql":
        with Cluster.started() as cluster:
            for n in range(count):
                cluster.create(f"races{n}")
                migrations.upgrade(cluster.url(f"races{n}"))
            yield [cluster.url(f"races{n}") for n in range(count)]
        return
    with tempfile.TemporaryDirectory(prefix="cb-races-", dir=in_memory()) as folder:
        urls = [f"sqlite+aiosqlite:///{Path(folder) / f'races{n}.db'}" for n in range(count)]
        for url in urls:
            migrations.upgrade(url)
        yield urls


async def race(url: str, count: int, seed: int, minutes: float) -> tuple[Tally, dict[str, int]]:
    """What came of them, and what is in the rows that must not be."""
    engine = open_engine(url)
    desk, begun = Desk(engine, Bus()), time.monotonic()
    try:
        track = Track(desk, seed)
        for low in range(0, count, AT_A_TIME):
            if time.monotonic() - begun > 60 * minutes:
                break
            await track.run([KINDS[n % len(KINDS)] for n in range(low, min(count, low + AT_A_TIME))])
            print(
                f"seed {seed}: {track.tally.races:,} races, {time.monotonic() - begun:.0f} s",
                file=sys.stderr,
                flush=True,
            )
        return track.tally, await doubles(desk)
    finally:
        await engine.dispose()


def _race(url: str, count: int, seed: int, minutes: float) -> tuple[Tally, dict[str, int]]:
    return asyncio.run(race(url, count, seed, minutes))


def on(kind: str, count: int, seed: int, minutes: float, processes: int) -> bool:
    """Whether all of them went right; what came of them is printed."""
    begun, each = time.monotonic(), -(-count // processes)
    # Not forked: the server's starter thread must stay where it is.
    starting = multiprocessing.get_context("spawn")
    with databases(kind, processes) as urls, ProcessPoolExecutor(processes, mp_context=starting) as pool:
        running = [pool.submit(_race, url, each, seed + n, minutes) for n, url in enumerate(urls)]
        ended = [one.result() for one in running]
    tally, found = Tally(), Counter[str]()
    for one, rows in ended:
        tally.add(one)
        found.update(rows)
    print(f"\n{kind}: {tally.races:,} races, seeds from {seed} on, {time.monotonic() - begun:.0f} s")
    for what, times in sorted(tally.won.items()):
        print(f"  won   {what}: {times:,}")
    for what, times in sorted(tally.lost.items()):
        print(f"  lost  {what}: {times:,}")
    for what, times in found.items():
        print(f"  rows  {what}: {times}")
    print(f"  the database was too slow for {tally.unanswered}, who were told so")
    print(
        f"  losers who were told nobody's name: {len(tally.unnamed)}; ends that should not be: {len(tally.odd)}",
        flush=True,
    )
    for wrong in (tally.unnamed + tally.odd)[:10]:
        print(f"    {wrong}", flush=True)
    return not (tally.unnamed or tally.odd or any(found.values()))


def main() -> None:
    """Race, and say how it ended."""
    parser = argparse.ArgumentParser(prog="python -m tests.desk.dispatching.races", description=__doc__)
    parser.add_argument("--count", type=int, default=20_000, help="races on each database (%(default)s)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31), help="of who is how late (printed)")
    parser.add_argument("--minutes", type=float, default=60, help="on each database at most (%(default)s)")
    parser.add_argument("--only", choices=["sqlite", "postgresql"], help="one of the two databases")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="side by side (%(default)s)")
    chosen = parser.parse_args()
    right = True
    for kind in [chosen.only] if chosen.only else ["sqlite", "postgresql"]:
        right = on(kind, chosen.count, chosen.seed, chosen.minutes, chosen.processes) and right
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
