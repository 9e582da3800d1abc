"""Callers get through when callboard is dead or frozen, and what they told meanwhile comes home once."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess

import pytest

from callboard.pbx_root import choose
from tests.path.running import CHECKOUT, RunningSite, until

pytestmark = pytest.mark.pbx


async def console(site: RunningSite, command: str) -> str:
    """What the console of the site's Asterisk answers."""
    engine = choose("auto", CHECKOUT / ".cache", print)
    assert engine is not None
    words = [*engine.program, "-C", str(site.state / "asterisk" / "etc" / "asterisk.conf"), "-rx", command]
    return (
        await asyncio.to_thread(subprocess.run, words, capture_output=True, text=True, timeout=120, check=False)
    ).stdout


async def waiting(site: RunningSite) -> bool:
    """Whether a caller is in the operators' queue."""
    told = await console(site, "queue show callboard-15880001")
    return "Callers:" in told


async def test_a_call_reaches_the_queue_while_callboard_is_dead_and_its_note_is_merged_once(site: RunningSite) -> None:
    asterisk = [words for words in site.processes() if "asterisk" in words]
    os.kill(site.core_pid(), signal.SIGKILL)
    site.dial([("01055503001", "늦은 손님")], hold_ms=20_000)
    assert await until(lambda: waiting(site), what="the caller in the queue")
    assert [words for words in site.processes() if "asterisk" in words] == asterisk, "Asterisk was restarted as well"
    await until(site.healthy, what="callboard's return")

    async def one_row() -> bool:
        return len(await site.calls("01055503001")) == 1

    await until(one_row, what="the call's row")

    async def spool_is_empty() -> bool:
        return not list((site.state / "spool").glob("*.json"))

    await until(spool_is_empty, what="the merge of the note")
    assert len(await site.calls("01055503001")) == 1


async def test_a_call_reaches_the_queue_while_callboard_is_frozen(site: RunningSite) -> None:
    """Seen failing with a Hangup at the dialplan's `T`."""
    core = site.core_pid()
    os.kill(core, signal.SIGSTOP)
    try:
        site.dial([("01055503002", "x")], hold_ms=20_000)
        assert await until(lambda: waiting(site), what="the caller in the queue")
    finally:
        os.kill(core, signal.SIGCONT)
    await until(site.healthy, what="callboard's return")

    async def one_row() -> bool:
        return len(await site.calls("01055503002")) == 1

    await until(one_row, what="the call's row")


async def test_calls_that_ended_while_callboard_was_away_are_not_left_open(site: RunningSite) -> None:
    callers = site.dial([("01055503003", "x")], hold_ms=3000)

    async def arrived() -> bool:
        return bool(await site.calls("01055503003"))

    await until(arrived, what="the call's row")
    os.kill(site.core_pid(), signal.SIGKILL)
    assert await callers.finished() == 0
    await until(site.healthy, what="callboard's return")

    async def ended() -> bool:
        (call,) = await site.calls("01055503003")
        return call["state"] == "ended"

    await until(ended, what="the end of the row")


async def test_an_asterisk_that_dies_in_mid_call_is_started_again_and_the_call_is_closed(site: RunningSite) -> None:
    site.dial([("01055503004", "x")], hold_ms=30_000)

    async def arrived() -> bool:
        return bool(await site.calls("01055503004"))

    await until(arrived, what="the call's row")
    inner = await asyncio.to_thread(
        subprocess.run, ["pkill", "-KILL", "-f", f"asterisk -C {site.state}/asterisk/etc/asterisk.conf -f"], check=False
    )
    assert inner.returncode == 0

    async def ended() -> bool:
        (call,) = await site.calls("01055503004")
        return call["state"] == "ended" and call["disposition"] == "pbx_restart"

    await until(ended, what="the end of the row")
    await until(site.healthy, what="Asterisk's return")
    site.dial([("01055503005", "x")], hold_ms=3000)

    async def next_call() -> bool:
        return bool(await site.calls("01055503005"))

    await until(next_call, what="the next call")
