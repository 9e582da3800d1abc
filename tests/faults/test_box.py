"""Rows S1-S5: a caller-ID box on a serial line that is pulled, that babbles, that is cut anywhere, and that is not alone."""

from __future__ import annotations

import asyncio
import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import serial

from callboard.readings import Readings
from callerid.boxes import korean_stx
from callerid.port import Port
from callerid.reading import Kind, Reading
from callerid.settings import Box
from desk.events import PartChanged
from desk.work import Desk
from tests.callerid.test_port import Cable, Heard
from tests.faults.checker import check
from tests.faults.conftest import Figure
from tests.faults.history import History
from tests.faults.whole_site import promises, strangers, whole_site
from tests.faults.witnesses import read_witnesses
from tests.path.running import RunningSite
from tests.site import make_site

Count = Callable[[int, int], int]
on_sqlite = pytest.mark.parametrize("engine_name", ["sqlite"])

DID = "15880001"
CHANNELS = "123456789abcdefghij"
HANDSET_BACK = "E"


def frame(channel: str, opcode: str, payload: str = "") -> bytes:
    """As the box pads it."""
    return f"\x02{channel}{opcode}{payload:<18}\x03".encode()


@dataclass
class Desktop:
    """A box at a desk with a database, and what was told on the bus."""

    cable: Cable
    heard: Heard
    readings: Readings
    desk: Desk

    def links(self) -> list[bool]:
        """Whether the box was there, each time that it was told."""
        return [
            one.ok for one in self.heard.of(PartChanged) if isinstance(one, PartChanged) and one.part == "box:front"
        ]

    async def rows(self) -> Counter[str]:
        """How many call rows each number has."""
        await self.readings.settled()
        left = await read_witnesses(str(self.desk.engine.url))
        return Counter(str(call["number"]) for call in left.calls)

    async def until_rows(self, wanted: Counter[str], limit_s: float = 30) -> None:
        """Wait until these rows are there (more than wanted is never right)."""
        async with asyncio.timeout(limit_s):
            while (found := await self.rows()) != wanted:
                assert found <= wanted, f"rows that nobody rang for: {found - wanted}"
                await asyncio.sleep(0.05)


@asynccontextmanager
async def at_a_desk(desk: Desk, folder: Path) -> AsyncIterator[Desktop]:
    """The real port, the real readings, a real database; no Asterisk."""
    await make_site(desk)
    cable, heard = Cable(folder / "cid0"), Heard(desk.bus)
    readings = Readings(desk, desk.bus, lambda: None, 8.0)
    box = Box(name="front", model="korean_stx", port=str(cable.link), lines=dict.fromkeys(CHANNELS, DID))
    tasks = [asyncio.create_task(readings.run()), asyncio.create_task(Port(box, 60, desk.bus).run())]
    try:
        yield Desktop(cable, heard, readings, desk)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        cable.pull()


def e164(number: str) -> str:
    """As a row has it."""
    return "+82" + number.removeprefix("0")


@on_sqlite
async def test_a_box_that_is_pulled_and_comes_back_under_any_name_is_lost_once_and_works_again(
    desk: Desk, tmp_path: Path, history: History, count: Count, figure: Figure, chance: random.Random
) -> None:
    """S1. Seen failing with the link told on each attempt, and with the first name of the device kept for ever."""
    wanted: Counter[str] = Counter()
    lost_after, back_after, names = [], [], set()
    async with at_a_desk(desk, tmp_path) as at:
        await at.heard.until(lambda: at.links() == [True])
        for turn, number in enumerate(strangers(count(3, 50))):
            names.add(os.readlink(at.cable.link))
            at.cable.send(frame("1", "I", number)[: chance.randrange(1, 21)])
            with history.doing("hand", "pull"):
                at.cable.pull()
                began = time.monotonic()
                await at.heard.until(lambda turn=turn: at.links()[2 * turn + 1 :] == [False])
                lost_after.append(time.monotonic() - began)
            occupied = os.openpty()  # takes the name that has become free: the device comes back under another one
            if turn % 10 == 0:  # several attempts fail, none of them is told, and they have become rare
                await asyncio.sleep(count(2, 6))
            with history.doing("hand", "plug"):
                at.cable.plug()
                began = time.monotonic()
                await at.heard.until(lambda turn=turn: at.links()[2 * turn + 2 :] == [True])
                back_after.append(time.monotonic() - began)
            for end in occupied:
                os.close(end)
            with history.doing(number, "call"):
                at.cable.send(frame("1", "I", number) + frame("1", HANDSET_BACK))
                wanted[e164(number)] += 1
                await at.until_rows(wanted)
        assert len(names) > 1, "it always came back under the same name"
        figure("S1", f"pulled -> told, slowest of {len(lost_after)}", max(lost_after), "s", promise=5.0)
        figure("S1", f"back -> read again, slowest of {len(back_after)}", max(back_after), "s", promise=5.0)
        assert check(history, await read_witnesses(str(desk.engine.url))) == []


GOOD = re.compile(rb"\x02([0-9A-Za-z])I([\x20-\x7e]{0,62})\x03")


def noise(chance: random.Random) -> bytes:
    """One block of what a line can carry that is no frame on purpose."""
    size = chance.choice([1, 7, 22, 60, 64, 65, 200])
    match chance.randrange(7):
        case 0:
            return chance.randbytes(size)
        case 1:
            return bytes([chance.choice([0x00, 0xFF, 0x55, 0x02, 0x03])]) * size
        case 2:  # another speed: the bits of a frame, moved
            bits = int.from_bytes(frame("1", "I", "01012345678"), "big") >> chance.randrange(1, 8)
            return bits.to_bytes(22, "big")
        case 3:  # a frame with a byte or two flipped
            body = bytearray(frame("1", "I", "01012345678"))
            for _ in range(chance.randrange(1, 3)):
                body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
            return bytes(body)
        case 4:  # longer than any frame
            return b"\x021I" + b"9" * size + b"\x03"
        case 5:
            return frame("1", "I", "01012345678")[: chance.randrange(21)]
        case _:
            return bytes(chance.choices(b"\x02\x0312IESKP0O \r\n", k=size))


def callers(readings: list[Reading]) -> list[Reading]:
    """Those that begin a call."""
    return [reading for reading in readings if reading.kind is Kind.CALLER]


def bodies(stream: bytes) -> Iterator[tuple[str, bytes]]:
    """The valid frames of a caller in a stream, found in another way than the decoder's."""
    for piece in stream.split(b"\x02")[1:]:
        if found := GOOD.match(b"\x02" + piece):
            yield found[1].decode(), found[2]


def test_of_a_hundred_thousand_blocks_of_noise_only_whole_frames_are_calls(
    history: History, count: Count, chance: random.Random
) -> None:
    """S2. Seen failing with the test of the frame's characters, and with `limit` in the framer, taken out."""
    decoder = korean_stx.decoder("cp949")
    stream = bytearray()
    found: list[Reading] = []
    blocks = count(5_000, 100_000)
    with history.doing("box", "babble", blocks=blocks) as operation:
        for number in range(blocks):
            block = noise(chance)
            if number % 50 == 0:
                block += frame("2", "I", f"010{number:08}")
            stream += block
            for start in range(0, len(block), 16):
                found += callers(decoder.feed(block[start : start + 16]))
        operation.ok(bytes=len(stream), calls=len(found))
    valid = list(bodies(bytes(stream)))
    assert [(reading.line, reading.raw[2:]) for reading in found] == valid
    told = [reading.number for reading in found]
    assert all(f"010{number:08}" in told[-len(told) :] for number in range(0, blocks, 50))


@on_sqlite
async def test_a_box_that_babbles_makes_no_rows_and_its_next_good_frame_is_read(
    desk: Desk, tmp_path: Path, history: History, count: Count, chance: random.Random
) -> None:
    """S2, through the wire. Seen failing with the test of the frame's characters taken out."""
    wanted: Counter[str] = Counter()
    async with at_a_desk(desk, tmp_path) as at:
        await at.heard.until(lambda: at.links() == [True])
        for number in strangers(count(3, 40)):
            garbage = b"".join(chance.choice([chance.randbytes(300), bytes(500), b"\xff" * 200]) for _ in range(10))
            garbage = re.sub(GOOD, b"", garbage) + b"\x021I\xb0\xa1\xb0\xa1\x03"
            with history.doing("box", "babble"):
                for start in range(0, len(garbage), 500):
                    at.cable.send(garbage[start : start + 500])
                    await at.heard.until(lambda: at.cable.unread() == 0)
            with history.doing(number, "call"):
                at.cable.send(frame("1", "I", number) + frame("1", HANDSET_BACK))
                wanted[e164(number)] += 1
                await at.until_rows(wanted)
        assert at.links() == [True], "noise is not a lost box"
        assert check(history, await read_witnesses(str(desk.engine.url))) == []


STREAM = (
    frame("1", "I", "01012345678")
    + frame("1", "S")
    + frame("2", "I", "P")
    + b"\x023I0312417755\x03"
    + frame("1", "E")
    + frame("2", "K")
    + frame("4", "I", "O")
    + frame("1", "I", "01012345678")
)


def test_a_stream_reads_alike_however_it_is_cut(history: History, count: Count, chance: random.Random) -> None:
    """S3. Seen failing with the frame's beginning forgotten at the end of each read."""
    whole = korean_stx.decoder("cp949").feed(STREAM)
    assert len(callers(whole)) == 5
    with history.doing("box", "cut in two"):
        for cut in range(len(STREAM) + 1):
            decoder = korean_stx.decoder("cp949")
            assert decoder.feed(STREAM[:cut]) + decoder.feed(STREAM[cut:]) == whole, cut
    with history.doing("box", "cut in many"):
        for _ in range(count(100, 1000)):
            cuts = sorted(chance.choices(range(len(STREAM)), k=chance.randrange(2, 40)))
            decoder, readings = korean_stx.decoder("cp949"), []
            for start, end in zip([0, *cuts], [*cuts, len(STREAM)], strict=True):
                readings += decoder.feed(STREAM[start:end])
            assert readings == whole, cuts


@on_sqlite
async def test_frames_that_come_in_halves_or_glued_are_one_row_each(
    desk: Desk, tmp_path: Path, history: History, count: Count, chance: random.Random
) -> None:
    """S3, through the wire. Seen failing with the decoder made anew for each read."""
    wanted: Counter[str] = Counter()
    async with at_a_desk(desk, tmp_path) as at:
        await at.heard.until(lambda: at.links() == [True])
        for _ in range(count(5, 60)):
            numbers = strangers(chance.randrange(1, 5))
            glued = b"".join(
                frame(channel, "I", number) + frame(channel, HANDSET_BACK)
                for channel, number in zip(CHANNELS, numbers, strict=False)
            )
            with history.doing("box", "glued and cut", numbers=numbers):
                while glued:
                    cut = chance.randrange(1, 60)
                    at.cable.send(glued[:cut])
                    glued = glued[cut:]
                    await at.heard.until(lambda: at.cable.unread() == 0)
            wanted.update(map(e164, numbers))
        await at.until_rows(wanted)
        assert check(history, await read_witnesses(str(desk.engine.url))) == []


THIEF = "import os, sys; os.setuid(65534); os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)"


@on_sqlite
async def test_two_programs_do_not_read_one_box(desk: Desk, tmp_path: Path, history: History, count: Count) -> None:
    """S4. Seen failing without `exclusive` (we came second and said nothing) and without TIOCEXCL (they came second)."""
    wanted: Counter[str] = Counter()
    async with at_a_desk(desk, tmp_path) as at:
        await at.heard.until(lambda: at.links() == [True])
        for number in strangers(count(2, 20)):
            with history.doing("another program", "open") as operation:
                device = os.path.realpath(at.cable.link)
                os.chmod(device, 0o666)
                thief = subprocess.run(
                    [sys.executable, "-c", THIEF, device], capture_output=True, text=True, check=False
                )
                operation.fail(thief.stderr.strip().rpartition("\n")[2])
            assert "Errno 16" in thief.stderr, "another program could open the port that we read"
            with pytest.raises(serial.SerialException, match="exclusively lock"):
                serial.Serial(device, exclusive=True)
            at.cable.send(frame("1", "I", number) + frame("1", HANDSET_BACK))
            wanted[e164(number)] += 1
            await at.until_rows(wanted)
        assert at.links() == [True]
        at.cable.pull()
        await at.heard.until(lambda: at.links() == [True, False])
        other = Cable(tmp_path / "held")
        with serial.Serial(str(other.link), exclusive=True), history.doing("another program", "hold"):
            other.link.replace(at.cable.link)
            await asyncio.sleep(1.5)  # several attempts
            assert at.links() == [True, False]
        await at.heard.until(lambda: at.links() == [True, False, True])
        other.pull()
        assert check(history, await read_witnesses(str(desk.engine.url))) == []


CONFIG = """
[[callerid.boxes]]
name = "front"
model = "korean_stx"
port = "{port}"
lines = {{ {lines} }}
"""


@pytest.mark.pbx
async def test_a_call_that_box_and_pbx_both_see_is_one_row_in_any_order(
    tmp_path: Path, history: History, count: Count, chance: random.Random
) -> None:
    """S5. Seen failing with the box's word on the handset left standing (told as answered, nobody had answered)."""
    cable = Cable(tmp_path / "cid0")
    lines = ", ".join(f'"{channel}" = "{DID}"' for channel in CHANNELS)
    async with whole_site(CONFIG.format(port=cable.link, lines=lines)) as site:
        numbers = strangers(count(8, 100))
        free: asyncio.Queue[str] = asyncio.Queue()
        for channel in CHANNELS:
            free.put_nowait(channel)
        await asyncio.gather(
            *(_seen_twice(site, cable, history, chance, free, number, turn) for turn, number in enumerate(numbers))
        )
        assert await promises(site, history, numbers) == []
        for number in numbers:
            rows = await site.calls(number)
            assert len(rows) == 1, f"{number}: {rows}"
            assert rows[0]["linkedid"], "the PBX's name for the call is missing"
            assert rows[0]["disposition"] == "abandoned", "nobody answered, whatever the box saw of the handset"
    cable.pull()


async def _seen_twice(
    site: RunningSite,
    cable: Cable,
    history: History,
    chance: random.Random,
    free: asyncio.Queue[str],
    number: str,
    turn: int,
) -> None:
    """A gateway lifts the handset of an analogue line and calls by SIP; the box on the same line sees ring, lift and end."""
    await asyncio.sleep(0.2 * turn)
    channel = await free.get()
    apart = chance.choice([0.0, 0.05, 0.5, 3.0])

    async def box() -> None:
        cable.send(frame(channel, "I", number))
        await asyncio.sleep(0.1)
        cable.send(frame(channel, "S"))

    async def sip() -> Any:
        placed = site.dial([(number, "x")], hold_ms=int(1000 * apart) + 1500)
        return await placed.finished()

    with history.doing(number, "call", turn=turn, apart=apart) as operation:
        first, second = (box(), sip()) if turn % 2 else (sip(), box())
        leading = asyncio.create_task(first)
        await asyncio.sleep(apart)
        results = [await second, await leading]
        operation.ok(results=results)
        assert 0 in results, "the call by SIP did not come about"
    cable.send(frame(channel, HANDSET_BACK))
    free.put_nowait(channel)
