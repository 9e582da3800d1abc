"""Calls into the rendered dialplan on a real Asterisk."""

from __future__ import annotations

from tests.pbx_fixture import RealAsterisk, until


async def test_a_caller_waits_in_the_queue_when_nobody_serves_the_ivr(asterisk: RealAsterisk) -> None:
    callers = asterisk.sipp([("01055501234", "first caller")], hold_ms=3000)
    await until(
        lambda: (
            "01055501234" in asterisk.cli("core show channels verbose")
            and "Queue" in asterisk.cli("core show channels concise")
        )
    )
    print(asterisk.cli("core show channels concise"))
    assert await callers.finished() == 0
    await until(lambda: not asterisk.channels())
    print(open(asterisk.site.folders.log / "messages.log").read())
    print(open(asterisk.site.folders.log / "cdr-custom/Master.csv").read())
