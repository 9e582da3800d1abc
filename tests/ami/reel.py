"""How a scene is recorded: what the reader hears with its times, and between the steps the real picture of what is up."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from callboard.tape_format import Entry, Header, entry_line, header_line
from tests.ami.wire import Wire


@dataclass
class Reel:
    """A recording that is being made."""

    started: float = field(default_factory=time.time)
    lines: list[bytes] = field(default_factory=list)
    _rest: bytes = b""

    def note(self, what: str, data: bytes = b"") -> None:
        """One entry, now."""
        self.lines.append(entry_line(Entry(time.time() - self.started, "ami", what, data)))

    def hear(self, data: bytes) -> None:
        """Whole messages, as the product writes them."""
        whole, end, self._rest = (self._rest + data).rpartition(b"\r\n\r\n")
        if whole:
            self.note("heard", whole + end)

    def save(self, file: Path) -> None:
        """Write it."""
        header = Header(datetime.fromtimestamp(self.started, UTC), lines=("15880001",))
        file.write_bytes(header_line(header) + b"".join(self.lines))


@dataclass
class Witness:
    """Somebody who hears what Asterisk tells, asks what is up (CoreShowChannels, as a resync would), and can act."""

    reel: Reel
    reader: Wire
    actor: Wire
    pictures: int = 0

    @classmethod
    async def joined(cls, reel: Reel, port: int, reader: str, actor: str) -> Self:
        """Log in twice with these secrets, the reader first asking what is up, as the listener does."""
        reel.note("opened")
        heard = await Wire.open(port, "callboard-reader", reader, reel.hear)
        await heard.until(rb"Event: FullyBooted\r\n")
        stage = cls(reel, heard, await Wire.open(port, "callboard-actor", actor))
        await stage.picture()
        return stage

    async def picture(self) -> None:
        """What is up now."""
        self.pictures += 1
        await self.reader.act(Action="CoreShowChannels", ActionID=f"picture-{self.pictures}")
        await self.reader.until(rb"Event: CoreShowChannelsComplete\r\nActionID: picture-%d\r\n" % self.pictures)

    async def bridged(self, count: int) -> None:
        """Wait for that many entries into bridges."""
        await self.reader.until(rb"Event: BridgeEnter\r\n", count)

    async def hang_up(self, channel: str) -> None:
        """End a channel, and wait for it."""
        await self.actor.act(Action="Hangup", Channel=channel, Cause=16)
        await self.reader.until(rb"Event: Hangup\r\n(?:[^\r]+\r\n)*Channel: %s\r\n" % channel.encode())

    async def quiet(self) -> None:
        """Wait until nothing is up any more, and have that in the recording."""
        for _ in range(200):
            await self.picture()
            if nothing_up(self.reader.heard, self.pictures):
                return
            await asyncio.sleep(0.1)
        raise AssertionError("channels stay up")


def nothing_up(heard: bytearray, picture: int) -> bool:
    """Whether that picture showed nothing."""
    tail = bytes(heard).partition(b"Complete\r\nActionID: picture-%d\r\n" % picture)[2]
    return b"ListItems: 0\r\n" in tail[:200]
