"""Rows A4-A6: Asterisk restarts, dies, or comes back with a clock set back: no ghost call, nothing guessed, nothing merged."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from callboard.pbx_engine import Engine, PbxError
from desk.work import Desk
from tests.desk.conftest import site as site
from tests.faults.conftest import Figure
from tests.faults.history import History
from tests.faults.link_desk import call_rows, linked_desk
from tests.faults.link_site import CallsIn, Count, asterisk_pid, linked_site, seconds_until
from tests.faults.proxy import Proxy
from tests.faults.witnesses import cdr_of, read_cdr
from tests.path.running import RunningSite, until
from tests.path.test_always_through import console
from tests.pbx_fixture import RealAsterisk, real_asterisk
from tests.site import Site

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

Link = tuple[RunningSite, Proxy]
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def link() -> AsyncIterator[Link]:
    """One whole site for both rows, and the wire to its Asterisk."""
    async with linked_site() as running:
        yield running


async def restart_now(running: RunningSite) -> None:
    """As an administrator does it: Asterisk hangs everything up itself."""
    await console(running, "core restart now")


async def kill(running: RunningSite) -> None:
    """As the kernel does it."""
    os.kill(asterisk_pid(running), signal.SIGKILL)


@pytest.mark.parametrize(("row", "end", "accounted"), [("A4", restart_now, True), ("A5", kill, False)])
async def test_calls_that_a_restart_ended_are_over_and_told_as_asterisk_tells_them_or_as_nothing_else(
    link: Link,
    history: History,
    count: Count,
    figure: Figure,
    row: str,
    end: Callable[[RunningSite], Awaitable[None]],
    accounted: bool,
) -> None:
    """A4, A5. Seen failing without `_why_gone` of desk/call/call_life.py (the killed one's calls are told as "lost").

    An Asterisk that is told to restart hangs up and accounts for every call itself, and the rows end as it says. After kill
    -9 there is no account: the rows say "pbx_restart", and not that anybody was answered or gave up.
    """
    running, _ = link
    callers = CallsIn(running, history)
    calls = count(8, 20)
    callers.dial(calls, hold_ms=120_000)

    async def all_wait() -> bool:
        rows = [await running.calls(number) for number in callers.numbers]
        return all(len(found) == 1 and found[0]["state"] != "ended" for found in rows)

    await until(all_wait, 60, "all calls")
    accounts = len(read_cdr(cdr_of(running.state)))
    with history.doing("asterisk", "restart"):
        await end(running)
        await seconds_until(running, ok=False)
    await seconds_until(running, ok=True)
    up = time.monotonic()

    async def all_over() -> bool:
        rows = [await running.calls(number) for number in callers.numbers]
        return all(found["state"] == "ended" for (found,) in rows)

    await until(all_over, 60, "the end of all rows")
    figure(row, f"{calls} rows closed after the link is up", time.monotonic() - up, "s", promise=10)
    callers.stop()
    await callers.whole()
    for number in callers.numbers:
        (found,) = await running.calls(number)
        assert accounted or (found["disposition"], found["recovered"]) == ("pbx_restart", True)
    assert (len(read_cdr(cdr_of(running.state))) > accounts) is accounted
    assert "0 active channels" in await console(running, "core show channels count")
    assert "1001@callboard-operator" in await console(running, "queue show callboard-15880001")
    await one_more_call(running, history)


async def one_more_call(running: RunningSite, history: History) -> None:
    """The queue is there again: it rings, and is over as any other."""
    callers = CallsIn(running, history)
    placed = callers.dial(1, hold_ms=2500)

    async def rings() -> bool:
        return any(call["ringing_at"] for call in await running.calls(callers.numbers[0]))

    await until(rings, 30, "the ring of a new call")
    assert await placed.finished() == 0
    await callers.over()
    await callers.whole()


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_ids_that_come_twice_because_the_clock_was_set_back_are_two_calls(
    desk: Desk, site: Site, pbx_engine: Engine, count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A6. Seen failing with one `system_name` for every start (callboard/pbx.py): calls of the second join those of the first.

    Asterisk's clock stands nearly still and begins anew at each start, so that epoch and counter of its ids come twice.
    """
    calls = count(10, 50)
    for name, value in {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME": "@2026-11-22 03:00:00 x0.001",
        "DONT_FAKE_MONOTONIC": "1",
    }.items():
        monkeypatch.setenv(name, value)
    with real_asterisk(pbx_engine) as asterisk:
        for start in range(2):
            async with linked_desk(desk, asterisk.ami_port, asterisk.secrets["ami_reader"]) as (listener, readings):
                await until_true(lambda: listener.connected)
                placed = asterisk.sipp([(f"0105552{start}{n:03}", "x") for n in range(calls)], hold_ms=1000, rate=20)
                assert await placed.finished() == 0
                await until_true(lambda: not listener.roster.callers)
                await readings.settled()
            if start == 0:
                await asyncio.to_thread(asterisk.stop)
                await started(asterisk)
    rows = await call_rows(desk)
    assert len({row.number for row in rows}) == len(rows) == 2 * calls
    assert {row.state for row in rows} == {"ended"}
    ids = [(row.linkedid or "").rpartition("-")[2] for row in rows]
    assert len(set(ids)) < len(ids), "no id came twice: nothing was tried"


async def started(asterisk: RealAsterisk) -> None:
    """Started as soon as the ports of the last one are free."""

    async def starts() -> bool:
        with contextlib.suppress(PbxError):
            await asyncio.to_thread(asterisk.start)
            return True
        return False

    await until(starts, 60)


async def until_true(condition: Callable[[], bool]) -> None:
    """Wait for it."""

    async def holds() -> bool:
        return condition()

    await until(holds, 60)
