"""What a segment decides at a real Asterisk: who is greeted differently, and who comes to an operator sooner."""

from __future__ import annotations

import asyncio
import struct
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import select, text

from agi.server import Server
from agi.sounds import Sounds
from callboard.voice_desk import VoiceDesk
from desk.bus import Bus
from desk.call import calls
from desk.customer import segments
from desk.customer.segments import SegmentForm
from desk.work import Desk
from models import Call
from tests.agi.noted_desk import QUICK
from tests.desk.conftest import AddCustomer
from tests.pbx_fixture import RealAsterisk
from tests.site import Site

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(180)]

ANYBODY, GOOD, BEST = "01055500001", "01055500002", "01055500003"
LONG = 60_000
PROMPTS = ("welcome", "say-place", "tone", "operator", "vip-hello")


def short_sounds(folder: Path) -> Sounds:
    """A moment of quiet for each prompt."""
    (folder / "ko" / "callboard").mkdir(parents=True)
    for name in PROMPTS:
        with wave.open(str(folder / "ko" / "callboard" / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(struct.pack("<800h", *([0] * 800)))
    return Sounds(folder)


@asynccontextmanager
async def serving(desk: Desk, asterisk: RealAsterisk, sounds: Sounds) -> AsyncIterator[None]:
    """Our conversations, on the desk's own rows."""
    settings = QUICK.model_copy(update={"port": asterisk.agi_port})
    voice = VoiceDesk(desk, calls.SAME_CALL_WINDOW_S)
    recordings = asterisk.state / "recordings"
    server = Server(settings, asterisk.secrets["agi_token"], voice, Bus(), sounds, recordings)
    running = asyncio.create_task(server.run())
    await server.listening.wait()
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def waiting(asterisk: RealAsterisk, count: int) -> list[str]:
    """The priorities of those who wait in the operators' queue, who comes next first; once they are `count`."""
    async with asyncio.timeout(30):
        while True:
            told = await asyncio.to_thread(asterisk.cli, "queue show callboard-15880001")
            found = [line.rpartition("prio: ")[2].rstrip(") ") for line in told.splitlines() if "prio: " in line]
            if len(found) == count:
                return found
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_segments_decide_who_comes_sooner_and_how_he_is_greeted(
    desk: Desk, site: Site, add_customer: AddCustomer, asterisk: RealAsterisk, tmp_path: Path
) -> None:
    """And where they cannot be asked everybody comes through as anybody. Seen failing without `come_sooner`, and with a
    failure of the question that ends the conversation."""
    good, best = await add_customer("+821055500002", "단골"), await add_customer("+821055500003", "귀빈")
    async with desk.work() as work:
        for form, members in (
            (SegmentForm("단골", {}, "list", priority=3), [good, best]),
            (SegmentForm("귀빈", {}, "list", priority=7, sound="vip-hello"), [best]),
        ):
            made = await segments.make(work, site.operator_id, form)
            await segments.add_members(work, site.operator_id, made.id, members)
    async with serving(desk, asterisk, short_sounds(tmp_path / "sounds")):
        for at, caller in enumerate((ANYBODY, GOOD, BEST), 1):
            asterisk.sipp([(caller, "x")], dtmf="0", dtmf_after_ms=500, hold_ms=LONG)
            order = await waiting(asterisk, at)
        assert order == ["7", "3", "0"]
        async with desk.work() as work:
            await work.session.execute(text("alter table segment_member rename to gone"))
        asterisk.sipp([(BEST, "x")], dtmf="0", dtmf_after_ms=500, hold_ms=LONG)
        assert await waiting(asterisk, 4) == ["7", "3", "0", "0"]
    async with desk.look() as session:
        rows = (await session.execute(select(Call.priority, Call.heard, Call.choice_kind).order_by(Call.id))).all()
    assert [tuple(row) for row in rows] == [
        (0, None, "operator"), (3, None, "operator"), (7, "vip-hello", "operator"), (0, None, "operator")
    ]  # fmt: skip
