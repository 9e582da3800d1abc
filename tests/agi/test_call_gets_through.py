"""Whatever happens to the AGI server, a caller reaches the operators' queue: on a real Asterisk, with a real SIP caller."""

from __future__ import annotations

import asyncio
import signal
import wave

import pytest

from tests.agi.house import House

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(180)]

CALLER = [("01012345678", "홍길동 <b>${SHELL(id)}")]
LONG = 90_000


async def test_a_caller_who_presses_one_is_a_choice_before_the_queue(house: House) -> None:
    async with house.server("강남역 10번 출구", "판교역") as server:
        house.asterisk.sipp(CALLER, dtmf="1", dtmf_after_ms=2000, hold_ms=LONG)
        choice = await server.choice()
        await house.until_queued()
    assert (choice["kind"], choice["place_id"], choice["text"]) == ("place", 1, "강남역 10번 출구")
    assert house.notes() == []


async def test_a_silent_caller_reaches_the_queue(house: House) -> None:
    async with house.server("강남역") as server:
        house.asterisk.sipp(CALLER, hold_ms=LONG)
        assert (await server.choice())["kind"] == "none"
        await house.until_queued()


async def test_a_caller_without_places_who_says_nothing_leaves_no_recording(house: House) -> None:
    async with house.server() as server:
        house.asterisk.sipp(CALLER, hold_ms=LONG)
        assert (await server.choice())["kind"] == "none"
        await house.until_queued()
    assert list((house.asterisk.state / "recordings").iterdir()) == []


async def test_what_a_caller_says_after_the_tone_is_recorded(house: House) -> None:
    words = house.sounds.find("ko", "say-place")
    assert words
    custom = house.asterisk.site.folders.custom / "extensions-custom.conf"
    custom.write_text("[speaker]\nexten => s,1,Wait(8)\n same => n,Playback(" + words.name + ")\n same => n,Wait(60)\n")
    house.asterisk.cli("dialplan reload")
    house.asterisk.cli("module load res_clioriginate.so")
    async with house.server() as server:
        house.asterisk.cli("channel originate Local/15880001@callboard-incoming/n extension s@speaker")
        choice = await server.choice()
        await house.until_queued()
    assert choice["kind"] == "recording"
    with wave.open(str(house.asterisk.state / "recordings" / choice["recording_path"])) as recording:
        assert recording.getframerate() == 8000
        assert recording.getnframes() > 8000
        assert max(recording.readframes(recording.getnframes())) > 0


async def test_with_no_server_the_caller_is_noted_with_his_key_and_reaches_the_queue(house: House) -> None:
    house.asterisk.sipp(CALLER, dtmf="1", dtmf_after_ms=300, hold_ms=LONG)
    await house.until_queued()
    (note,) = house.notes()
    assert note["number"] == "01012345678"
    assert note["name"].startswith("홍길동")
    assert note["line"] == "15880001"
    assert note["linkedid"].startswith("cb")
    assert note["presentation"] == "allowed"
    assert await house.noted_choice() == {"kind": "place", "rank": 1, "key": "1"}


async def test_with_no_server_a_silent_caller_reaches_the_queue(house: House) -> None:
    house.asterisk.sipp(CALLER, hold_ms=LONG)
    await house.until_queued()
    assert await house.noted_choice() == {"kind": "none", "rank": 1, "key": ""}
    assert len(house.notes()) == 1


async def test_a_frozen_server_loses_the_caller_to_the_queue(house: House) -> None:
    async with house.server("강남역") as server:
        server.hurt(signal.SIGSTOP)
        house.asterisk.sipp(CALLER, hold_ms=LONG)
        await house.until_queued()
    (note,) = house.notes()
    assert note["number"] == "01012345678"
    assert note["choice"] is None


async def test_a_server_killed_in_mid_prompt_loses_the_caller_to_the_queue(house: House) -> None:
    async with house.server("강남역") as server:
        house.asterisk.sipp(CALLER, hold_ms=LONG)
        await house.until_in_conversation()
        server.hurt(signal.SIGKILL)
        await house.until_queued()
    assert len(house.notes()) == 1


async def test_a_server_frozen_in_mid_prompt_loses_the_caller_to_the_queue(house: House) -> None:
    async with house.server("강남역") as server:
        house.asterisk.sipp(CALLER, hold_ms=LONG)
        await house.until_in_conversation()
        server.hurt(signal.SIGSTOP)
        await house.until_queued()
    assert len(house.notes()) == 1


async def test_a_server_that_closes_at_once_loses_the_caller_to_the_queue(house: House) -> None:
    async def close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    closing = await asyncio.start_server(close, "127.0.0.1", house.asterisk.agi_port)
    try:
        house.asterisk.sipp(CALLER, hold_ms=LONG)
        await house.until_queued()
    finally:
        closing.close()
    assert len(house.notes()) == 1


async def test_a_caller_reaches_the_queue_even_without_the_one_shot_script(house: House) -> None:
    house._script.unlink()
    house.asterisk.sipp(CALLER, hold_ms=LONG)
    await house.until_queued()
    assert house.notes() == []
