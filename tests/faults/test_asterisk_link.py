"""Rows A1-A3, A7, A8: whatever becomes of the link to Asterisk's manager, every call is one right row and nobody guesses."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.ami.wire import Wire
from tests.faults.conftest import FULL, Figure
from tests.faults.history import History
from tests.faults.link_site import (
    CallsIn,
    Count,
    ami_part,
    asterisk_pid,
    calm,
    linked_site,
    p99,
    seconds_until,
    secret,
    storm,
)
from tests.faults.listeners import Listener
from tests.faults.proxy import Proxy
from tests.faults.whole_site import figures
from tests.faults.witnesses import cdr_of, read_cdr, read_witnesses
from tests.path.running import RunningSite
from tests.path.test_always_through import console

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

Link = tuple[RunningSite, Proxy]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def link() -> AsyncIterator[Link]:
    """One whole site for all rows here, and the wire to its Asterisk."""
    async with linked_site() as running:
        yield running


async def test_a_link_that_is_cut_in_mid_event_costs_no_call(
    link: Link, history: History, chance: random.Random, count: Count, figure: Figure
) -> None:
    """A1. Seen failing without callboard/witness.py (calls within a cut are missing, or "lost").

    The byte at which it is cut is drawn; each byte of one event is in test_ami_bytes.py.
    """
    site, wire = link
    callers = CallsIn(site, history)
    resyncs = (await figures(site))["ami_resyncs_total"]
    placed = callers.dial(count(20, 200), rate=5, hold_ms=1500)
    back: list[float] = []
    while placed.process.poll() is None:
        with history.doing("wire", "cut"):
            wire.cut_after(chance.randint(1, 6000), "down")
            connections = wire.connections
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(wire.connected(connections + 1), chance.uniform(0.5, 4))
            if wire.connections > connections:
                back.append(await seconds_until(site, ok=True))
    await callers.over()
    took = await callers.whole()
    figure(
        "A1",
        f"connected again after a cut, slowest of {len(wire.back_after)}",
        max(wire.back_after, default=0.0),
        "s",
        promise=3,
    )
    figure("A1", f"resync after a reconnect, slowest of {len(back)}", max(back, default=0.0), "s", promise=5)
    figure("A1", "every call complete after the last cut", took, "s", promise=60)
    assert (await figures(site))["ami_resyncs_total"] > resyncs


async def test_a_link_that_is_half_open_is_found_out_and_taken_up_again(
    link: Link, history: History, count: Count, figure: Figure
) -> None:
    """A2. Seen failing without the dead-peer watch (`Link.ping` of ami/link.py): the link is told as up for ever."""
    site, wire = link
    callers = CallsIn(site, history)
    found, back = [], []
    for turn in range(count(1, 10)):
        callers.dial(3, hold_ms=1000)
        frozen = _frozen_wire(wire) if turn % 2 == 0 else _frozen_asterisk(site)
        async with frozen:
            found.append(await seconds_until(site, ok=False))
            assert "Asterisk does not answer" in (await ami_part(site))["reason"]
        back.append(await seconds_until(site, ok=True))
        await callers.over()
    took = await callers.whole()
    figure("A2", f"lost link found out, p99 of {len(found)}", p99(found), "s", promise=15)
    figure("A2", f"link up again after the release, slowest of {len(back)}", max(back), "s", promise=8)
    figure("A2", "every call complete after the last release", took, "s", promise=60)


@asynccontextmanager
async def _frozen_wire(wire: Proxy) -> AsyncIterator[None]:
    wire.freeze()
    try:
        yield
    finally:
        wire.thaw()


@asynccontextmanager
async def _frozen_asterisk(site: RunningSite) -> AsyncIterator[None]:
    pid = asterisk_pid(site)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def _configured(site: RunningSite, pattern: str, instead: str) -> None:
    file = site.state / "asterisk" / "etc" / "manager.conf"
    text, changed = re.subn(pattern, instead, file.read_text(), count=1)
    assert changed == 1
    file.write_text(text)
    await console(site, "manager reload")


@asynccontextmanager
async def _wrong_secret(link: Link) -> AsyncIterator[str]:
    await _configured(link[0], r"(\[callboard-reader\]\nsecret = )\S+", r"\1" + WRONG)
    yield "Authentication failed"


@asynccontextmanager
async def _other_address(link: Link) -> AsyncIterator[str]:
    await _configured(link[0], r"(\[callboard-reader\][^\[]*permit = )127.0.0.1", r"\g<1>192.0.2.1")
    yield "Authentication failed"


@asynccontextmanager
async def _in_use(link: Link) -> AsyncIterator[str]:
    site, wire = link
    # In the user's own section: that of [general] is what users begin with, and a reload makes no user begin anew.
    await _configured(site, r"(\[callboard-reader\]\n)", r"\1allowmultiplelogin = no\n")
    try:
        # Whoever is quicker has the log-in: ours is refused at the door until the other one is in.
        wire.refuses = True
        wire.cut()
        while "callboard-reade" in await console(site, "manager show connected"):
            await asyncio.sleep(0.05)
        thief = await Wire.open(wire.to_port, "callboard-reader", secret(site, "ami_reader"))
        wire.refuses = False
        try:
            yield "Login Already In Use"
        finally:
            await thief.close()
    finally:
        wire.refuses = False
        await _configured(site, "\nallowmultiplelogin = no\n", "\nallowmultiplelogin = yes\n")


@asynccontextmanager
async def _too_many(link: Link) -> AsyncIterator[str]:
    await _configured(link[0], "authlimit = 50", "authlimit = 1")
    silent = asyncio.create_task(_says_nothing(link[1].to_port))
    try:
        yield "cut"
    finally:
        silent.cancel()
        await asyncio.wait({silent})


async def _says_nothing(port: int) -> None:
    while True:  # Asterisk shows it the door after `authtimeout`
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            while await reader.read(100):
                pass
        finally:
            writer.close()


WRONG = "w" * 40
REFUSALS = (_wrong_secret, _other_address, _in_use, _too_many)


@pytest.mark.parametrize("refusal", REFUSALS if FULL else REFUSALS[:1])
async def test_a_refused_log_in_is_told_in_words_tried_seldom_and_keeps_no_caller_out(
    link: Link, history: History, count: Count, figure: Figure, refusal: Callable[[Link], Any]
) -> None:
    """A3. Seen failing without the longer pause after a refusal (`retry_secret_s` of ami/link.py): three knocks in 3 s."""
    site, wire = link
    callers = CallsIn(site, history)
    manager = site.state / "asterisk" / "etc" / "manager.conf"
    before = manager.read_text()
    try:
        async with refusal(link) as words:
            wire.cut()
            tries, begun = wire.connections, time.monotonic()
            told = await seconds_until(site, ok=False)
            placed = callers.dial(count(4, 20), rate=5, hold_ms=count(1000, 25_000))
            with history.doing("callers", "call", numbers=callers.numbers):
                assert await placed.finished(120) == 0, "a caller did not get through"
            assert words in (await ami_part(site))["reason"]
            tries, seconds = wire.connections - tries, time.monotonic() - begun
    finally:
        manager.write_text(before)
        await console(site, "manager reload")
    figure("A3", f"{refusal.__name__[1:]}: told", told, "s", promise=5)
    figure("A3", f"{refusal.__name__[1:]}: connections of both links in {seconds:.0f} s", tries, "")
    if words != "cut":
        assert tries <= 2 + seconds / 10, "the reader knocks too often"
    await seconds_until(site, ok=True)
    await callers.whole()
    said = site.said + "".join(file.read_text() for file in (site.state / "log").iterdir())
    assert secret(site, "ami_reader") not in said


async def test_a_frozen_callboard_comes_back_to_every_call(
    link: Link, history: History, count: Count, figure: Figure
) -> None:
    """A7. Seen failing without callboard/witness.py (calls of the freeze have the times of its end), and with a storm so thin
    that Asterisk never has to wait for us.

    Two hundred long events a second fill a wire with little room; then Asterisk waits for its `writetimeout`, and cuts.
    """
    site, wire = link
    pid = site.core_pid()
    callers = CallsIn(site, history)
    grown, took = [], []
    freezes = count(1, 10)
    await storm(site, wire, burst=10, pad=4000)
    try:
        for _ in range(freezes):
            wire.narrow(8 * 1024)
            before, earlier, connections = rss_mb(pid), await figures(site), wire.connections
            with history.doing("callboard", "freeze"):
                os.kill(pid, signal.SIGSTOP)
                try:
                    callers.dial(3, hold_ms=1500)
                    await _cut_by_asterisk(site)
                    await asyncio.sleep(count(1, 20))
                finally:
                    os.kill(pid, signal.SIGCONT)
            await asyncio.wait_for(wire.connected(connections + 1), 60)
            await seconds_until(site, ok=True)
            await callers.over()
            took.append(await callers.whole())
            grown.append(rss_mb(pid) - before)
            now = await figures(site)
            assert now["ami_resyncs_total"] > earlier["ami_resyncs_total"]
            assert now["ami_reconnects_total"] > earlier["ami_reconnects_total"]
    finally:
        await calm(site)
    assert site.core_pid() == pid, "it was started anew"
    figure("A7", f"every call complete after the thaw, slowest of {len(took)}", max(took), "s", promise=60)
    figure("A7", f"memory grown by a freeze, most of {len(grown)}", max(grown), "MB", promise=20)


async def _cut_by_asterisk(site: RunningSite) -> None:
    """Wait until Asterisk has shown our reader the door, by its own list of who is connected."""
    async with asyncio.timeout(90):
        while "callboard-reade" in await console(site, "manager show connected"):
            await asyncio.sleep(0.5)


def rss_mb(pid: int) -> float:
    """Resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def test_a_storm_of_events_delays_no_call_and_loses_none(
    link: Link, history: History, count: Count, figure: Figure
) -> None:
    """A8. Seen failing with events read that nobody asked for (`_OURS` of ami/listener.py left out): calls do not pop in time.

    What is dropped when there is no room is in tests/ami/test_real_asterisk.py (in = out + dropped) and, by kind, in
    test_backlog.py beside it.
    """
    site, wire = link
    callers = CallsIn(site, history)
    seconds, rate = count(5, 60), count(3, 20)
    before = await figures(site)
    assert site._session is not None
    token = {"Authorization": f"Bearer {site.logins['api_token']}"}
    earlier = await read_witnesses(f"sqlite+aiosqlite:///{site.state}/callboard.db")
    before_it = {row["linkedid"] for row in earlier.calls}
    pops = Listener(site._session, site.base, token).start()
    await storm(site, wire, burst=55, channels=2)
    try:
        begun = time.monotonic()
        callers.dial(seconds * rate, rate=rate, hold_ms=500, patient=True)
        await callers.over()
        lasted = time.monotonic() - begun
    finally:
        await calm(site)
    await callers.whole()
    await pops.stop()
    after = await figures(site)
    grown = {name: after[f"{name}_total"] - before[f"{name}_total"] for name in COUNTED}
    began: dict[str, float] = {}
    for leg in read_cdr(cdr_of(site.state)):
        began[leg["linkedid"]] = min(float(leg["start"]), began.get(leg["linkedid"], float("inf")))
    popped = {said["linkedid"]: at for at, said in pops.heard if said["type"] == "call.arrived"}
    waits = [at - began[linkedid] for linkedid, at in popped.items()]
    left = await read_witnesses(f"sqlite+aiosqlite:///{site.state}/callboard.db")
    # Of whom Asterisk's account told first, the call was over before it could pop: nobody is rung up for it any more.
    unpopped = {row["linkedid"] for row in left.calls if row["number"]} - popped.keys()
    assert unpopped <= {row["linkedid"] for row in left.calls if row["recovered"]} | before_it
    figure("A8", "calls that were over before they popped", len(unpopped - before_it), "calls")
    assert grown["ami_events_ignored"] > 10 * seconds * rate, "there was no storm"
    assert grown["ami_events_dropped"] == grown["readings_lost"] == 0
    figure("A8", "events of no interest", grown["ami_events_ignored"] / lasted, "/s")
    figure("A8", f"INVITE to pop, p99 of {len(waits)}", p99(waits), "s", promise=1)


COUNTED = ("ami_events_ignored", "ami_events_dropped", "readings_lost")
