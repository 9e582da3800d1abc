# ruff: noqa: F811 -- the fixtures of another module
"""F15 through a pseudo-terminal and pyserial: noise makes no number, and the next good frame is always read."""

from __future__ import annotations

import asyncio
import os
import re

from callerid.port import Port
from desk.events import CallSeen, PartChanged
from tests.callerid.test_port import Cable, Heard, bus, cable, heard, port  # noqa: F401 -- fixtures
from tests.faults.conftest import Figure
from tests.hostile.cases import CASES, SERIAL_NOISE, SERIAL_SPLITS
from tests.hostile.corpus.serial import HANG_UP, ring
from tests.hostile.ticks import ticking


async def send(cable: Cable, data: bytes) -> None:
    """All of it, as fast as the terminal's buffer takes it; never blocks the loop."""
    assert cable._ends is not None
    end = cable._ends[0]
    os.set_blocking(end, False)
    async with asyncio.timeout(20):
        while data:
            try:
                data = data[os.write(end, data[:1000]) :]
            except BlockingIOError:
                await asyncio.sleep(0.001)


def numbers(heard: Heard) -> list[str]:
    """The numbers of the calls told of so far. A ring whose number cannot be read is a call without one."""
    return [event.number for event in heard.of(CallSeen) if isinstance(event, CallSeen) and event.number]


async def test_noise_makes_no_number_and_hides_no_good_frame(
    port: Port, cable: Cable, heard: Heard, figure: Figure
) -> None:
    """Seen failing with a frame kept over a start byte: it swallows the good one."""
    wrong = []
    async with ticking() as ticks:
        for at, noise in enumerate(CASES["F15"][SERIAL_NOISE]):
            good = f"0106{at:07}"
            before = len(numbers(heard))
            await send(cable, noise + ring(good) + HANG_UP)
            await heard.until(lambda good=good: good in numbers(heard))
            if [number for number in numbers(heard)[before:] if number != good and not _in(noise, number)]:
                wrong.append((noise[:40], numbers(heard)[before:]))
    assert wrong == []
    assert len(heard.of(PartChanged)) == 1
    figure("F15", "event loop held up, serial noise", ticks.longest_s, "s", promise=0.1)


def _in(noise: bytes, number: str) -> bool:
    """Whether the case itself holds this as a whole frame's number."""
    return bool(re.search(rb"1I" + re.escape(number.encode()) + rb" *\x03", noise))


async def test_two_calls_cut_anywhere_are_two_calls(port: Port, cable: Cable, heard: Heard) -> None:
    """Seen failing with a decoder that begins anew at each read."""
    right = []
    for at, cut in enumerate(CASES["F15"][SERIAL_SPLITS]):
        pair = (f"0107{at:07}", f"0108{at:07}")
        right += pair
        data = ring(pair[0]) + HANG_UP + ring(pair[1]) + HANG_UP
        await send(cable, data[:cut])
        await asyncio.sleep(0.002)
        await send(cable, data[cut:])
        await heard.until(lambda pair=pair: pair[1] in numbers(heard))
    assert numbers(heard) == right
    assert os.path.lexists(cable.link)
