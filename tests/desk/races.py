"""Many races on SQLite and on PostgreSQL: `python -m tests.desk.races --count 20000 --seed 1`. Exit code 1 where one is wrong."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from desk.bus import Bus
from desk.work import Desk, open_engine
from models import migrations
from tests.desk.racing import KINDS, Track, doubles
from tests.memory import in_memory
from tests.postgres import Cluster
from tests.site import make_site

SAY_EVERY = 1_000


@contextmanager
def database(kind: str) -> Iterator[str]:
    """A fresh one, migrated; its url."""
    if kind == "postgresql":
        with Cluster.started() as cluster:
            cluster.create("races")
            migrations.upgrade(cluster.url("races"))
            yield cluster.url("races")
        return
    with tempfile.TemporaryDirectory(prefix="cb-races-", dir=in_memory()) as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'races.db'}"
        migrations.upgrade(url)
        yield url


async def race(kind: str, url: str, count: int, seed: int, minutes: float) -> bool:
    """Whether all of them went right; what came of them is printed."""
    engine = open_engine(url)
    desk = Desk(engine, Bus())
    begun = time.monotonic()
    try:
        track = Track(desk, await make_site(desk), seed)
        for number in range(count):
            if time.monotonic() - begun > 60 * minutes:
                break
            await track.run(KINDS[number % len(KINDS)])
            if (number + 1) % SAY_EVERY == 0:
                print(f"{kind}: {number + 1:,} races in {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
        found = await doubles(desk)
    finally:
        await engine.dispose()
    tally = track.tally
    print(f"\n{kind}: {tally.races:,} races, seed {seed}, {time.monotonic() - begun:.0f} s")
    for what, times in sorted(tally.won.items()):
        print(f"  won   {what}: {times:,}")
    for what, times in sorted(tally.lost.items()):
        print(f"  lost  {what}: {times:,}")
    for what, times in found.items():
        print(f"  rows  {what}: {times}")
    print(
        f"  losers who were told nobody's name: {len(tally.unnamed)}; ends that should not be: {len(tally.odd)}",
        flush=True,
    )
    for each in (tally.unnamed + tally.odd)[:10]:
        print(f"    {each}", flush=True)
    return not (tally.unnamed or tally.odd or any(found.values()))


def main() -> None:
    """Race, and say how it ended."""
    parser = argparse.ArgumentParser(prog="python -m tests.desk.races", description=__doc__)
    parser.add_argument("--count", type=int, default=20_000, help="races on each database (%(default)s)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31), help="of who is how late (printed)")
    parser.add_argument("--minutes", type=float, default=240, help="on each database at most (%(default)s)")
    parser.add_argument("--only", choices=["sqlite", "postgresql"], help="one of the two databases")
    chosen = parser.parse_args()
    right = True
    for kind in [chosen.only] if chosen.only else ["sqlite", "postgresql"]:
        with database(kind) as url:
            right = asyncio.run(race(kind, url, chosen.count, chosen.seed, chosen.minutes)) and right
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
