"""One running site for all rows of a file, and the end of every row: all calls over, and the promises held against them."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from tests.faults.checker import check
from tests.faults.history import History
from tests.faults.small_site import fill_small
from tests.faults.witnesses import cdr_of, read_witnesses
from tests.path.running import RunningSite, until
from tests.path.test_always_through import console

SETTLED_WITHIN_S = 75.0
START_LIMIT_S = 240.0

_unknown = itertools.count(1)


@asynccontextmanager
async def whole_site(config: str) -> AsyncIterator[RunningSite]:
    """The demo site without demo callers, stopped and removed afterwards."""
    site = RunningSite("--no-calls", config=config)
    try:
        await fill_small(site, f"sqlite+aiosqlite:///{site.state}/callboard.db")
        await site.start(START_LIMIT_S)
        yield site
    finally:
        await site.stop()
        shutil.rmtree(site.state, ignore_errors=True)


def strangers(count: int) -> list[str]:
    """Numbers that nobody has called from yet and that no customer has."""
    return [f"0105551{next(_unknown):04}" for _ in range(count)]


async def customers(site: RunningSite, count: int) -> list[str]:
    """Numbers of customers who are offered places, as they are dialled."""
    found: list[str] = []
    for name in "김이박최정":
        _, page = await site.call("GET", f"/api/v1/customers?q={name}")
        found += [one["numbers"][0].replace("+82", "0") for one in page["items"] if one["places"] and one["numbers"]]
    assert len(found) >= count
    return found[:count]


async def hang_all_up(site: RunningSite) -> None:
    """As if the trunk went away: every caller is sent home."""
    await console(site, "channel request hangup all")


async def promises(site: RunningSite, history: History, numbers: Iterable[str]) -> list[str]:
    """Wait until callboard works and every one of these callers has an ended row; then what is broken for good.

    What callboard did not see itself it has from Asterisk's account, within the minute that N1 allows.
    """
    await until(site.healthy, 120, "callboard's return")

    async def all_over() -> bool:
        rows = [await site.calls(number) for number in set(numbers)]
        return all(row and all(call["state"] == "ended" for call in row) for row in rows)

    await until(all_over, 90, "the end of every row")
    end = asyncio.get_running_loop().time() + SETTLED_WITHIN_S
    while True:
        left = await read_witnesses(f"sqlite+aiosqlite:///{site.state}/callboard.db", cdr_of(site.state))
        broken = check(history, left)
        if not broken or asyncio.get_running_loop().time() > end:
            return broken
        await asyncio.sleep(1)


async def figures(site: RunningSite) -> dict[str, float]:
    """/metrics, those without labels, without our prefix."""
    _, text = await site.call("GET", "/metrics")
    lines = [line.split() for line in text.splitlines() if line.startswith("callboard_") and "{" not in line]
    return {name.removeprefix("callboard_"): float(value) for name, value in lines}


def descriptors(pid: int) -> int:
    """How many files and sockets a process has open, but for the database's: its pool keeps up to fifteen connections."""
    count = 0
    for one in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            count += "callboard.db" not in os.readlink(one)
    return count


async def at_rest(site: RunningSite) -> tuple[int, int]:
    """(tasks, descriptors) of callboard's own process once they have not changed for a second."""
    pid = site.core_pid()
    before = None
    while before != (now := (int((await figures(site))["loop_tasks"]), descriptors(pid))):
        before = now
        await asyncio.sleep(1)
    return now
