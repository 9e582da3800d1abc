"""A real serial port (a pseudo-terminal) through pyserial: bytes become calls, a pulled plug is told once and heals."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import struct
import subprocess
import sys
import termios
import time
import tty
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from callerid.port import Port
from callerid.settings import Box
from desk.bus import Bus
from desk.events import BoxCallGone, CallSeen, Event, PartChanged

RING = b"\x021I01012345678       \x03"
HANG_UP = b"\x021E" + b" " * 18 + b"\x03"


class Cable:
    """A pseudo-terminal behind a name that stays, as /dev/serial/by-id does; `pull` and `plug` are what hands do."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self._ends: tuple[int, int] | None = None
        self.plug()

    def plug(self) -> None:
        box, computer = os.openpty()
        tty.setraw(box)
        tty.setraw(computer)
        self._ends = (box, computer)
        beside = self.link.with_suffix(".new")
        beside.symlink_to(os.ttyname(computer))
        beside.replace(self.link)

    def pull(self) -> None:
        if self._ends is not None:
            for end in self._ends:
                os.close(end)
            self._ends = None
        self.link.unlink(missing_ok=True)

    def send(self, data: bytes) -> None:
        assert self._ends is not None
        os.write(self._ends[0], data)

    def send_what_fits(self, data: bytes) -> int:
        """How many bytes the line takes right now."""
        assert self._ends is not None
        os.set_blocking(self._ends[0], False)
        with contextlib.suppress(BlockingIOError):
            return os.write(self._ends[0], data)
        return 0

    def unread(self) -> int:
        """How many bytes the computer's side has not read yet (tty_ioctl(4), FIONREAD)."""
        assert self._ends is not None
        return int(struct.unpack("i", fcntl.ioctl(self._ends[1], termios.FIONREAD, b"\0" * 4))[0])


class Heard:
    """Everything told on the bus, and a way to wait for it."""

    def __init__(self, bus: Bus) -> None:
        self.events: list[Event] = []
        bus.on(Event, self.events.append)

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, true: Callable[[], bool], limit_s: float = 20) -> None:
        async with asyncio.timeout(limit_s):
            while not true():
                await asyncio.sleep(0.01)


@pytest.fixture
def cable(tmp_path: Path) -> Cable:
    return Cable(tmp_path / "cid0")


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
def heard(bus: Bus) -> Heard:
    return Heard(bus)


@pytest.fixture
async def port(cable: Cable, bus: Bus, heard: Heard) -> AsyncIterator[Port]:
    box = Box(name="front", model="korean_stx", port=str(cable.link), lines={"1": "15880001"})
    port = Port(box, quiet_s=60, bus=bus)
    task = asyncio.create_task(port.run())
    await heard.until(lambda: bool(heard.of(PartChanged)))
    yield port
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    cable.pull()


async def test_bytes_on_the_wire_become_one_call_and_its_end(port: Port, cable: Cable, heard: Heard) -> None:
    for byte in RING:
        cable.send(bytes([byte]))
    await heard.until(lambda: bool(heard.of(CallSeen)))
    cable.send(HANG_UP)
    await heard.until(lambda: bool(heard.of(BoxCallGone)))
    (seen,) = heard.of(CallSeen)
    assert isinstance(seen, CallSeen)
    assert (seen.line, seen.number, seen.source) == ("15880001", "01012345678", "box")


async def test_a_pulled_plug_is_told_once_and_the_port_works_again_after_replugging(
    port: Port, cable: Cable, heard: Heard
) -> None:
    cable.send(RING[:9])
    await heard.until(lambda: cable.unread() == 0)
    cable.pull()
    await heard.until(lambda: [p.ok for p in heard.of(PartChanged)] == [True, False])  # type: ignore[attr-defined]
    lost = heard.of(PartChanged)[-1]
    assert isinstance(lost, PartChanged)
    assert lost.part == "box:front"
    assert "front" in lost.reason
    await asyncio.sleep(1.2)  # several attempts to open it fail meanwhile; none of them is told again
    assert len(heard.of(PartChanged)) == 2
    cable.plug()
    await heard.until(lambda: len(heard.of(PartChanged)) == 3)
    cable.send(RING[9:] + RING.replace(b"5678", b"9999"))
    await heard.until(lambda: bool(heard.of(CallSeen)))
    numbers = [seen.number for seen in heard.of(CallSeen)]  # type: ignore[attr-defined]
    assert numbers == ["01012349999"], "half a frame from before the unplug was glued to what came after it"


async def test_a_port_that_another_program_holds_is_said_in_words(cable: Cable, bus: Bus, heard: Heard) -> None:
    import serial

    with serial.Serial(str(cable.link), exclusive=True):
        box = Box(name="front", model="korean_stx", port=str(cable.link), lines={"1": "15880001"})
        task = asyncio.create_task(Port(box, quiet_s=60, bus=bus).run())
        await heard.until(lambda: bool(heard.of(PartChanged)))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    (told,) = heard.of(PartChanged)
    assert isinstance(told, PartChanged)
    assert not told.ok
    assert "Another program uses" in told.reason
    cable.pull()


async def test_bytes_that_come_faster_than_they_are_read_stay_with_the_sender(port: Port, cable: Cable) -> None:
    # The loop does nothing else in the meantime, as when it is held up: only what lies in the port's own buffers may pile up.
    taken = 0
    for _ in range(200):
        taken += cable.send_what_fits(bytes(4096))
        time.sleep(0.002)
    assert taken < 100 * 1024


async def test_nobody_else_opens_a_port_that_is_read(port: Port, cable: Cable) -> None:
    device = os.path.realpath(cable.link)
    os.chmod(device, 0o666)
    opening = "import os, sys; os.getuid() or os.setuid(65534); os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)"
    words = [sys.executable, "-c", opening, device]
    other = await asyncio.to_thread(subprocess.run, words, capture_output=True, text=True, check=False)
    assert "Errno 16" in other.stderr  # EBUSY


async def test_nineteen_lines_that_ring_at_once_are_all_told(cable: Cable, bus: Bus, heard: Heard) -> None:
    channels = "123456789abcdefghij"
    box = Box(
        name="front", model="korean_stx", port=str(cable.link), lines={c: f"1588{i:04}" for i, c in enumerate(channels)}
    )
    task = asyncio.create_task(Port(box, quiet_s=60, bus=bus).run())
    await heard.until(lambda: bool(heard.of(PartChanged)))
    for channel in channels:
        cable.send(f"\x02{channel}I0101234{ord(channel):04}       \x03".encode())
    await heard.until(lambda: len(heard.of(CallSeen)) == len(channels))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    cable.pull()
