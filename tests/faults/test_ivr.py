"""Rows B1-B6: whatever becomes of the voice menu's server, callers reach the operators and their rows are right."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

import pytest
import pytest_asyncio

from tests.agi.peer import header_block
from tests.faults import intruders
from tests.faults.conftest import Figure
from tests.faults.ear import ear
from tests.faults.history import History
from tests.faults.keypad import KeyPad
from tests.faults.whole_site import (
    at_rest,
    customers,
    descriptors,
    figures,
    hang_all_up,
    promises,
    strangers,
    whole_site,
)
from tests.path.running import RunningSite, until
from tests.path.test_always_through import console
from tests.sipp_fixture import Callers

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

Count = Callable[[int, int], int]

RECORD_S = 3
CONFIG = f"""
[agi]
allow = ["127.0.0.1/32"]
record_seconds = {RECORD_S}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_site() -> AsyncIterator[RunningSite]:
    """One whole site for all rows here."""
    async with whole_site(CONFIG) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def site(one_site: RunningSite) -> RunningSite:
    """It, recovered from the row before, also where that one broke off in the middle."""
    await until(one_site.healthy, 120, "callboard's return")
    await hang_all_up(one_site)

    async def empty() -> bool:
        return "PJSIP/" not in await console(one_site, "core show channels concise")

    await until(empty, 60, "the end of every call of the row before")
    return one_site


@contextlib.asynccontextmanager
async def kept_down(site: RunningSite) -> AsyncIterator[None]:
    """callboard's own process is killed, and killed again as soon as it is started again."""

    async def kill() -> None:
        while True:
            with contextlib.suppress(AssertionError, ProcessLookupError):
                os.kill(site.core_pid(), signal.SIGKILL)
            await asyncio.sleep(0.2)

    os.kill(site.core_pid(), signal.SIGKILL)
    killing = asyncio.create_task(kill())
    try:
        yield
    finally:
        killing.cancel()
        await asyncio.wait([killing])


async def over(placed: Sequence[Callers]) -> None:
    """Wait for the end of these calls, however they ended."""
    for callers in placed:
        await callers.finished(240)


def tell(figure: Figure, row: str, name: str, seconds: Sequence[float], promise: float) -> None:
    """The middle one and the slowest."""
    figure(row, f"{name}, median of {len(seconds)}", median(seconds), "s")
    figure(row, f"{name}, slowest of {len(seconds)}", max(seconds), "s", promise=promise)


async def test_a_caller_who_comes_while_the_server_is_down_stands_in_the_queue(
    site: RunningSite, history: History, count: Count, figure: Figure
) -> None:
    """B1. Half of them are gone again before the server is back. Seen failing with the dialplan's way from AGI() to the
    queue taken out (a Hangup at `missed`).
    """
    patient, hasty = strangers(count(2, 25)), strangers(count(2, 25))
    numbers = patient + hasty
    async with ear(site) as hears:
        async with kept_down(site):
            with history.doing("callers", "call", numbers=numbers):
                placed = [
                    site.dial([(number, "x") for number in patient], hold_ms=30_000, rate=50),
                    site.dial([(number, "x") for number in hasty], hold_ms=300, rate=50),
                ]
                await hears.until(
                    lambda: len(hears.arrived().keys() & set(numbers)) == len(numbers), what="every arrival"
                )
            await hears.until(lambda: len(hears.queued(patient)) == len(patient), what="every caller in the queue")
        queued, arrived = hears.queued(numbers), hears.arrived()
        waits = [queued[number] - float(arrived[number]["Timestamp"]) for number in queued]
        tell(figure, "B1", "arrival -> queue, server down", waits, 3.0)
        await until(site.healthy, 60, "callboard's return")
        await hang_all_up(site)
        await over(placed)
    assert await promises(site, history, numbers) == []


@dataclass(frozen=True)
class Planned:
    """A caller who is to be in a certain step `before` seconds after his call began, when the server is killed."""

    known: bool
    before: float
    keys: str = ""


# Where the callers are so long after their INVITE (the answer takes 0.65 s, the greeting 1.05 s).
WELCOME, SAY_PLACE, TONE, SPEAKING, RECORDED = 1.15, 4.2, 7.0, 8.5, 11.2
SOON = [
    Planned(False, WELCOME),
    Planned(False, SAY_PLACE),
    Planned(False, SPEAKING),
    Planned(False, 2.2, "0"),
    Planned(True, 3.0),
    Planned(True, 2.6, "1"),
]
LATE = [
    Planned(False, TONE),
    Planned(False, RECORDED),
    Planned(True, WELCOME),
    Planned(True, 6.3),
    Planned(True, 8.8),
    Planned(True, 11.0),
]


async def test_a_caller_whose_server_is_killed_in_any_prompt_stands_in_the_queue(
    site: RunningSite, history: History, count: Count, figure: Figure
) -> None:
    """B2. What a caller was told is noted is found again. Seen failing as B1, with a Hangup at the dialplan's `missed`."""
    waits: list[float] = []
    steps: set[str] = set()
    kept = 0
    for _ in range(count(1, 5)):
        plan = SOON if count(0, 1) == 0 else SOON + LATE
        killed = await _kill_once(site, history, plan)
        waits += killed.waits
        steps |= killed.steps
        kept += killed.kept
    tell(figure, "B2", "end of the prompt -> queue, server killed", waits, 2.0)
    figure("B2", "different steps in which the server was killed", len(steps), "steps")
    assert len(steps) >= count(4, 8), f"it was killed in {steps} only"
    assert kept, "nobody had chosen when it was killed"


@dataclass
class Killed:
    """What one kill showed: seconds from the end of the step to the queue, the steps, choices found again."""

    waits: list[float]
    steps: set[str]
    kept: int


async def _kill_once(site: RunningSite, history: History, plan: Sequence[Planned]) -> Killed:
    known = await customers(site, len(plan))
    new = strangers(len(plan))
    numbers = [known[index] if one.known else new[index] for index, one in enumerate(plan)]
    async with ear(site) as hears:
        longest = max(one.before for one in plan)
        placed: list[Callers] = []

        async def caller(number: str, one: Planned) -> None:
            await asyncio.sleep(longest - one.before)
            placed.append(site.dial([(number, "x")], hold_ms=60_000, dtmf=one.keys, dtmf_after_ms=900))

        await asyncio.gather(
            *(caller(number, one) for number, one in zip(numbers, plan, strict=True)), asyncio.sleep(longest)
        )
        with history.doing("bench", "kill", numbers=numbers) as operation:
            at_kill = {number: hears.step_now(number) for number in numbers}
            os.kill(site.core_pid(), signal.SIGKILL)
            operation.ok(steps=at_kill)
        await hears.until(lambda: len(hears.queued(numbers)) == len(numbers), what="every caller in the queue")
        queued = hears.queued(numbers)
        waits = []
        for number in numbers:
            begun = [step for step in hears.steps(number) if step.began <= operation.start]
            last_heard = max(operation.start, (begun[-1].ended or 0.0) if begun else 0.0)
            waits.append(max(0.0, queued[number] - last_heard))
        await until(site.healthy, 90, "callboard's return")
        chosen = [number for number, step in at_kill.items() if step == "confirmed"]
        for number in chosen:
            row = (await site.calls(number))[0]
            assert row["choice"]["kind"] == "place", f"{number} was told that it is noted: {row}"
        await hang_all_up(site)
        await over(placed)
    assert await promises(site, history, numbers) == []
    return Killed(waits, {step for step in at_kill.values() if step}, len(chosen))


async def test_a_caller_whose_server_is_frozen_stands_in_the_queue(
    site: RunningSite, history: History, count: Count, figure: Figure
) -> None:
    """B3. Seen failing with `TIMEOUT(absolute)` before AGI() and SET AUTOHANGUP before each verb taken out."""
    early, late = strangers(count(2, 10)), strangers(count(2, 10))
    async with ear(site) as hears:
        placed = [site.dial([(number, "x") for number in early], hold_ms=60_000, rate=20)]
        await hears.until(
            lambda: all(hears.step_now(number) == "welcome" for number in early[-1:]), what="the greeting"
        )
        core = site.core_pid()
        with history.doing("bench", "freeze", early=early, late=late) as operation:
            os.kill(core, signal.SIGSTOP)
            try:
                placed.append(site.dial([(number, "x") for number in late], hold_ms=60_000, rate=20))
                everybody = early + late
                await hears.until(
                    lambda: len(hears.queued(everybody)) == len(everybody), what="every caller in the queue"
                )
            finally:
                os.kill(core, signal.SIGCONT)
        queued, arrived = hears.queued(everybody), hears.arrived()
        new = [queued[number] - float(arrived[number]["Timestamp"]) for number in late]
        tell(figure, "B3", "arrival -> queue, server frozen", new, 15.0)
        tell(
            figure, "B3", "freeze -> queue, in mid-prompt", [queued[number] - operation.start for number in early], 15.0
        )
        await until(site.healthy, 60, "callboard's return")
        await hang_all_up(site)
        await over(placed)
    assert await promises(site, history, everybody) == []


POLL = """
import sys, threading, time, urllib.request
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
slowest = count = 0
while not stop.wait(0.02):
    began = time.monotonic()
    urllib.request.urlopen(sys.argv[1] + "/healthz", timeout=30).read()
    slowest, count = max(slowest, time.monotonic() - began), count + 1
print(slowest, count)
"""


@contextlib.asynccontextmanager
async def watched(site: RunningSite, told: dict[str, float]) -> AsyncIterator[None]:
    """Asks for /healthz all the time, from a process of its own; the slowest answer is `told["healthz"]`."""
    poll = await asyncio.create_subprocess_exec(
        sys.executable, "-c", POLL, site.base, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield
    finally:
        said, _ = await poll.communicate(b"")
    told["healthz"] = float(said.split()[0])


async def test_strangers_at_the_port_harm_no_conversation(
    site: RunningSite, history: History, count: Count, figure: Figure, chance: random.Random
) -> None:
    """B4. Seen failing with `header_seconds` taken out: who says half of his header is never sent away."""
    first, second = strangers(count(5, 20)), strangers(count(2, 10))
    everybody = first + second
    before = await at_rest(site)
    told: dict[str, float] = {}
    async with ear(site) as hears:

        def whole(number: str) -> bool:
            steps = hears.steps(number)
            return bool(steps) and steps[-1].name == "SET VARIABLE"

        placed = [
            site.dial([(number, "x")], hold_ms=90_000, dtmf="0", dtmf_after_ms=chance.randrange(1500, 5000))
            for number in first
        ]
        await hears.until(lambda: len(hears.arrived().keys() & set(first)) == len(first), what="every arrival")
        async with watched(site, told):
            with history.doing("strangers", "intrude"):
                ends = await asyncio.gather(
                    intruders.come_and_go(site.agi, count(100, 2000)),
                    intruders.half_a_header(site.agi),
                    intruders.byte_by_byte(site.agi),
                    intruders.endless_header(site.agi),
                    intruders.idle(site.agi, count(20, 200)),
                )
            placed.append(site.dial([(number, "x") for number in second], hold_ms=90_000, dtmf="0", rate=20))
            with history.doing("strangers", "crowd"):
                crowded = await intruders.idle(site.agi, count(300, 1000))
            await hears.until(lambda: all(map(whole, everybody)), what="the end of every conversation")
        await hang_all_up(site)
        await over(placed)
    for name, seconds in zip(("", "half a header", "a byte at a time", "endless header", "idle"), ends, strict=True):
        if name:
            figure("B4", f"{name}, in a crowd: closed after", seconds, "s", promise=5.0)
    figure("B4", "slowest answer of /healthz meanwhile", told["healthz"], "s", promise=0.1)
    figure("B4", f"{count(300, 1000)} idle sockets at once: the last closed after", crowded, "s", promise=5.0)
    assert await promises(site, history, everybody) == []
    await _back_to(site, before)


SILENT, ENDLESS = "the header block did not come in time", "the header block is too long"
HEADER_BYTES, ONE_READ = 64 * 1024, 256 * 1024


async def test_each_kind_of_stranger_is_sent_away_by_the_limit_made_for_him(
    site: RunningSite, history: History, count: Count, figure: Figure
) -> None:
    """B4, one kind at a time: in a crowd the oldest gives way to the newest, and meets no limit of his own.

    Seen failing with `header_seconds` taken out, and with `header_bytes`: the log does not say why somebody was sent away.
    """
    before = await at_rest(site)
    log, idle = site.state / "log" / "callboard.log", count(20, 200)
    for who, intruder, many, reason in (
        ("half a header", intruders.half_a_header, 1, SILENT),
        ("a byte at a time", intruders.byte_by_byte, 1, SILENT),
        ("endless header", intruders.endless_header, 1, ENDLESS),
        ("idle", partial(intruders.idle, count=idle), idle, SILENT),
    ):
        told = len(log.read_text())
        with history.doing(who, "intrude"):
            seconds = await intruder(site.agi)

        async def said(told: int = told, many: int = many, reason: str = reason) -> bool:
            return log.read_text()[told:].count(reason) >= many

        await until(said, 30, f"{who}: {reason}, {many} times")
        why = log.read_text()[told:]
        assert [why.count(each) for each in (SILENT, ENDLESS)] == [
            many * (each == reason) for each in (SILENT, ENDLESS)
        ]
        sizes = [int(size) for size in re.findall(rf"{ENDLESS}: (\d+) bytes", why)]
        assert all(HEADER_BYTES < size <= HEADER_BYTES + ONE_READ for size in sizes)
        figure("B4", f"{who}, alone: closed after", seconds, "s", promise=5.0)
    await _back_to(site, before)


async def _back_to(site: RunningSite, before: tuple[int, int]) -> None:
    """Wait until callboard has no more tasks and descriptors than before."""

    async def back() -> bool:
        now = int((await figures(site))["loop_tasks"]), descriptors(site.core_pid())
        return now[0] <= before[0] and now[1] <= before[1]

    await until(back, 60, f"the return to {before} tasks and descriptors")


async def test_a_caller_may_hang_up_at_any_step_and_leaves_nothing_behind(
    site: RunningSite, history: History, count: Count, figure: Figure, chance: random.Random
) -> None:
    """B5. Seen failing with `writer.close()` taken out of the connection's end: descriptors stay."""
    before = await at_rest(site)
    many = count(20, 200)
    known = await customers(site, many // 4)
    new = strangers(many - len(known))
    numbers = known + new
    chance.shuffle(numbers)
    async with ear(site) as hears:
        placed = []
        runs = count(5, 20)
        for run in range(runs):  # from at once to after the last prompt
            hold_ms = int((run + chance.random()) / runs * count(6000, 14_000))
            some = [(number, "x") for number in numbers[run::runs]]
            keys = ("", "1", "", "0", "7")[run % 5]
            placed.append(site.dial(some, hold_ms=hold_ms, dtmf=keys, rate=5, patient=True))
            await hears.until(
                lambda some=some: {number for number, _ in some} <= hears.arrived().keys(),  # type: ignore[misc]
                what="every arrival of this run",
            )
        with history.doing("callers", "hang up", numbers=numbers) as operation:
            await over(placed)
            await hears.until(lambda: hears.gone(numbers) == set(numbers), what="every hang-up")
            last = [steps[-1].name for number in numbers if (steps := hears.steps(number))]
            operation.ok(last=last)
    figure("B5", "different steps at which callers hung up", len(set(last)), "steps")
    assert len(set(last)) >= count(3, 8)
    assert await promises(site, history, numbers) == []
    await _back_to(site, before)


async def test_who_is_not_our_asterisk_is_refused(site: RunningSite, history: History) -> None:
    """B6. Seen failing with the check of the peer, of the token, and of Asterisk's channels taken out, each."""
    token = json.loads((site.state / "secrets.json").read_text())["agi_token"]
    forged = {"agi_arg_1": token, "agi_uniqueid": "cb00000000-1795313179.7", "agi_callerid": "01055519999"}
    cases: list[tuple[str, str, dict[str, str]]] = [
        ("a foreign address", "127.0.0.2", forged),
        ("no token", "127.0.0.1", {**forged, "agi_arg_1": ""}),
        ("a wrong token", "127.0.0.1", {**forged, "agi_arg_1": token[:-1] + "_"}),
        ("a channel that Asterisk does not have", "127.0.0.1", forged),
    ]
    for who, address, headers in cases:
        with history.doing(who, "converse") as operation:
            heard = await intruders.converse(site.agi, address, header_block("welcome?line=15880001", **headers))
            operation.fail("refused", heard=[line.decode() for line in heard])
        verbs = {line.partition(b'"')[0].strip() for line in heard} - {b"FAILURE"}
        # Only who may come in is asked which call he is.
        assert verbs <= ({b"GET VARIABLE"} if headers == forged and address == "127.0.0.1" else set()), who
    assert await site.calls("01055519999") == [], "a call that never was has a row"
    number = strangers(1)[0]
    assert await site.dial([(number, "x")], hold_ms=2000, dtmf="0").finished() == 0
    assert await promises(site, history, [number]) == []


async def test_a_key_pressed_as_rtp_reaches_the_conversation(site: RunningSite, history: History) -> None:
    """B. The known caller's 1 comes as RFC 4733 events, as most trunks send keys. Seen failing with another payload type."""
    (number,) = await customers(site, 1)
    async with ear(site) as hears, KeyPad() as keys:
        with history.doing(number, "press", key="1") as operation:
            placed = site.dial([(number, "x")], hold_ms=3500, voice_port=keys.port)
            await asyncio.wait_for(keys.hears_voice(), 20)
            await hears.until(lambda: len(hears.steps(number)) > 5, what="the menu")
            await keys.press("1")

            async def chosen() -> Any:
                return (await site.calls(number))[0]["choice"]

            choice = await until(chosen, what="the choice")
            operation.ok(choice=choice)
        assert choice["kind"] == "place"
        assert await placed.finished() == 0
    assert await promises(site, history, [number]) == []
