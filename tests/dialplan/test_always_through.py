"""Whatever becomes of the IVR, the caller gets to the operators, within 3 s of the last thing that he heard."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from callboard.pbx_engine import Engine
from tests.dialplan.ami_wire import Message, Wire, wire
from tests.pbx_fixture import RealAsterisk, real_asterisk, until

LIMIT_S = 3.0
IVR = Path(__file__).with_name("ivr.py")


@asynccontextmanager
async def ivr(asterisk: RealAsterisk, behaviour: str, prompt: str = "") -> AsyncIterator[asyncio.subprocess.Process]:
    server = await asyncio.create_subprocess_exec(
        sys.executable, str(IVR), str(asterisk.agi_port), behaviour, prompt, stdout=asyncio.subprocess.PIPE
    )
    try:
        await said(server, "ready")
        yield server
    finally:
        if server.returncode is None:
            server.kill()
        await server.wait()


async def said(server: asyncio.subprocess.Process, word: str) -> str:
    assert server.stdout is not None
    async with asyncio.timeout(20):
        while not (line := (await server.stdout.readline()).decode()).startswith(word):
            assert line, f"the server ended before it said {word}"
        return line


def seconds(earlier: Message, later: Message) -> float:
    """By Asterisk's own clock."""
    return float(later["Timestamp"]) - float(earlier["Timestamp"])


async def queued_after(reader: Wire) -> float:
    arrived = await reader.event("UserEvent", UserEvent="CallboardArrived")
    return seconds(arrived, await reader.event("QueueCallerJoin"))


async def test_a_caller_is_queued_when_nobody_listens_for_the_ivr(asterisk: RealAsterisk) -> None:
    """Seen failing with a Hangup at the dialplan's `missed`."""
    async with wire(asterisk, "reader") as reader:
        asterisk.sipp([("01055501234", "first caller")])
        assert await queued_after(reader) < LIMIT_S
    log = "".join(file.read_text(errors="replace") for file in asterisk.site.folders.log.glob("*.log"))
    assert f"agi://127.0.0.1:{asterisk.agi_port}/" in log, "Asterisk says that nobody listened"
    assert not [name for name, secret in asterisk.secrets.items() if secret in log]


@pytest.mark.parametrize("behaviour", ["closes", "silent", "garbage", "half", "unmarked", "serves"])
async def test_a_caller_is_queued_when_the_ivr(behaviour: str, asterisk: RealAsterisk) -> None:
    async with wire(asterisk, "reader") as reader, ivr(asterisk, behaviour) as server:
        asterisk.sipp([("01055501234", "first caller")])
        await said(server, "took")
        assert await queued_after(reader) < LIMIT_S


async def test_a_caller_is_queued_when_the_ivr_is_frozen(asterisk: RealAsterisk) -> None:
    """Seen failing without TIMEOUT(absolute) before AGI()."""
    async with wire(asterisk, "reader") as reader, ivr(asterisk, "serves") as server:
        server.send_signal(signal.SIGSTOP)
        asterisk.sipp([("01055501234", "first caller")])
        assert await queued_after(reader) < LIMIT_S


async def test_many_callers_are_queued_when_the_ivr_is_frozen_and_its_backlog_full(asterisk: RealAsterisk) -> None:
    async with wire(asterisk, "reader") as reader, ivr(asterisk, "serves") as server:
        server.send_signal(signal.SIGSTOP)
        callers = [(f"0105550{n:04}", f"caller {n}") for n in range(200)]
        asterisk.sipp(callers, rate=40, hold_ms=15000)
        await until(lambda: sum(m.get("Event") == "QueueCallerJoin" for m in reader.seen) == len(callers), 60)
        arrived = {m["Uniqueid"]: m for m in reader.seen if m.get("UserEvent") == "CallboardArrived"}
        queued = [m for m in reader.seen if m.get("Event") == "QueueCallerJoin"]
        assert max(seconds(arrived[m["Uniqueid"]], m) for m in queued) < LIMIT_S


@pytest.mark.parametrize("fault", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_caller_is_queued_after_the_prompt_in_which_the_ivr_was_lost(
    fault: signal.Signals, asterisk: RealAsterisk
) -> None:
    # vm-intro (5.6 s) outlives the fault; what the caller hears is not cut, and nothing silent follows.
    async with wire(asterisk, "reader") as reader, ivr(asterisk, "plays", "demo-thanks") as server:
        asterisk.sipp([("01055501234", "first caller")], hold_ms=20000)
        await said(server, "plays")
        server.send_signal(fault)
        assert await queued_after(reader) < 5 + LIMIT_S


async def test_a_caller_whose_ivr_says_nothing_more_is_queued_in_time(asterisk: RealAsterisk) -> None:
    async with wire(asterisk, "reader") as reader, ivr(asterisk, "plays", "beep") as server:
        asterisk.sipp([("01055501234", "first caller")], hold_ms=20000)
        await said(server, "played")
        assert await queued_after(reader) < 5 + LIMIT_S


ONESHOT = """#!{python}
import os, pathlib, sys, time
spool = pathlib.Path({spool!r})
lines = []
while (line := sys.stdin.readline().strip()):
    lines.append(line)
(spool / f"{{time.time_ns()}}.txt").write_text("\\n".join([*sys.argv[1:], *lines]))
if {hangs}:
    time.sleep(60)
"""


@pytest.mark.parametrize(
    ("behaviour", "reason"), [(None, "unreachable"), ("closes", "interrupted"), ("silent", "interrupted")]
)
@pytest.mark.parametrize("hangs", [False, True])
async def test_the_oneshot_script_sees_the_caller_and_costs_him_no_time(
    behaviour: str | None, reason: str, hangs: bool, pbx_engine, tmp_path: Path
) -> None:
    script = tmp_path / "oneshot"
    with real_asterisk(pbx_engine, oneshot=script) as asterisk:
        spool = asterisk.state / "spool"
        script.write_text(ONESHOT.format(python=sys.executable, spool=str(spool), hangs=hangs))
        script.chmod(0o755)
        async with wire(asterisk, "reader") as reader:
            if behaviour:
                async with ivr(asterisk, behaviour):
                    asterisk.sipp([("01055501234", "first caller")], hold_ms=6000)
                    assert await queued_after(reader) < LIMIT_S
            else:
                asterisk.sipp([("01055501234", "first caller")], hold_ms=6000)
                assert await queued_after(reader) < LIMIT_S
        told = [path.read_text() for path in spool.glob("*.txt")]
        assert len(told) == 1
        assert told[0].startswith(reason)
        assert "agi_callerid: 01055501234" in told[0]


async def test_the_time_of_the_conversation_does_not_end_the_waiting(asterisk: RealAsterisk) -> None:
    async with wire(asterisk, "reader") as reader, ivr(asterisk, "silent"):
        callers = asterisk.sipp([("01055501234", "first caller")], hold_ms=6000)
        await queued_after(reader)
        assert await callers.finished() == 0, "the caller was cut off"


async def test_a_caller_whose_phone_vanished_leaves_the_queue(pbx_engine: Engine) -> None:
    """Seen failing without `rtp_timeout`: operators' phones rang for somebody who was not there, until they gave up."""
    with real_asterisk(pbx_engine, no_voice_s=2) as asterisk:
        async with wire(asterisk, "reader") as reader:
            asterisk.sipp([("01055501234", "first caller")], hold_ms=600_000)
            joined = await reader.event("QueueCallerJoin")
            left = await reader.event("QueueCallerAbandon")
            assert left["Uniqueid"] == joined["Uniqueid"]
