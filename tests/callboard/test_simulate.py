"""Recorded calls go through the real path without a PBX, twice with the same outcome."""

from __future__ import annotations

from pathlib import Path

import pytest

from callboard.simulate import newest_calls, play
from desk.work import Desk
from tests.site import Site

RECORDED = Path(__file__).parent.parent / "samples" / "ami"


@pytest.mark.parametrize(
    ("scene", "disposition"), [("answered", "answered"), ("abandoned", "abandoned"), ("withheld", None)]
)
async def test_a_recorded_call_becomes_one_row_that_ends_as_the_call_did(
    desk: Desk, site: Site, scene: str, disposition: str | None
) -> None:
    await play((RECORDED / f"{scene}.bin").read_bytes(), desk, desk.bus, speed=0)
    (call,) = await newest_calls(desk, site.office_id, 10)
    assert call.state == "ended"
    if disposition is not None:
        assert call.disposition == disposition
    if scene == "withheld":
        assert (call.number, call.presentation) == (None, "withheld")


async def test_the_same_recording_again_makes_no_second_call(desk: Desk, site: Site) -> None:
    recording = (RECORDED / "answered.bin").read_bytes()
    first = await play(recording, desk, desk.bus, speed=0)
    again = await play(recording, desk, desk.bus, speed=0)
    assert first
    assert {type(event).__name__ for event in again} <= {"CallSeen", "PhoneRang", "PhoneAnswered", "CallGone"}
    assert len(await newest_calls(desk, site.office_id, 10)) == 1
