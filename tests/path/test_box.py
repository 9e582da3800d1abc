"""A caller-ID box on a real serial line (a pseudo-terminal): the same pop without any PBX, and one call where both see it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.callerid.test_port import Cable
from tests.path.conftest import Start
from tests.path.running import until

CONFIG = """
[[callerid.boxes]]
name = "front"
model = "korean_stx"
port = "{port}"
lines = {{ "1" = "15880001" }}
"""


def frame(opcode: str, payload: str = "") -> bytes:
    """A frame of channel 1."""
    return f"\x021{opcode}{payload:<18}\x03".encode()


async def test_a_ring_at_the_box_is_a_call_without_any_asterisk(start_site: Start, tmp_path: Path) -> None:
    cable = Cable(tmp_path / "cid0")
    site = await start_site("--asterisk", "none", config=CONFIG.format(port=cable.link))
    assert not any("asterisk" in words and "ld-linux" in words for words in site.processes())
    cable.send(frame("I", "01055504001"))

    async def seen() -> bool:
        return bool(await site.calls("01055504001"))

    await until(seen, what="the call")
    (call,) = await site.calls("010-5550-4001")
    assert (call["source"], call["line"], call["state"]) == ("box", "15880001", "arrived")
    cable.send(frame("S"))
    cable.send(frame("E"))

    async def ended() -> bool:
        (now,) = await site.calls("01055504001")
        return (now["state"], now["disposition"]) == ("ended", "answered")

    await until(ended, what="the end of the call")

    cable.pull()

    async def told_lost() -> bool:
        _, health = await site.call("GET", "/healthz")
        return health["status"] == "degraded" and not health["parts"]["box:front"]["ok"]

    await until(told_lost, what="the alarm")
    cable.plug()
    await until(site.healthy, what="the box's return")
    cable.send(frame("I", "P"))

    async def withheld() -> bool:
        _, calls = await site.call("GET", "/api/v1/calls?state=arrived")
        return any(row["number"] is None and row["presentation"] == "withheld" for row in calls["items"])

    await until(withheld, what="the withheld call")
    cable.pull()


@pytest.mark.pbx
async def test_a_call_that_box_and_pbx_both_see_is_one_call(start_site: Start, tmp_path: Path) -> None:
    cable = Cable(tmp_path / "cid0")
    site = await start_site("--no-calls", config=CONFIG.format(port=cable.link))
    cable.send(frame("I", "01055504002"))
    callers = site.dial([("01055504002", "x")], hold_ms=2500)
    assert await callers.finished() == 0

    async def ended() -> bool:
        calls = await site.calls("01055504002")
        return bool(calls) and all(call["state"] == "ended" for call in calls)

    await until(ended, what="the end of the call")
    assert len(await site.calls("01055504002")) == 1
    cable.pull()
