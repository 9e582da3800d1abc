"""What callers and operators do at the real Asterisk, each scene once: played for recording and played live.

python -m tests.ami.scenes        writes tests/samples/ami/<scene>.bin anew
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from tests.ami.pbx import ACTOR_SECRET, READER_SECRET, Asterisk
from tests.ami.wire import Wire

LINE = "15880001"
CALLER = "01012345678"
CALLER_ID = f'"홍길동 O\'Brien" <{CALLER}>'
SAMPLES = Path(__file__).parents[1] / "samples" / "ami"


@dataclass
class Stage:
    """A reader who hears and an actor who acts."""

    reader: Wire
    actor: Wire

    async def call(self, channel_id: str, caller_id: str = CALLER_ID, context: str = "callboard-incoming") -> None:
        """A caller dials the line."""
        await self.actor.act(
            Action="Originate",
            Channel=f"Local/{LINE}@{context}/n",
            ChannelId=channel_id,
            CallerID=caller_id,
            Context="callboard-demo-caller",
            Exten="0",
            Priority=1,
            Async="true",
        )

    async def rings(self, count: int = 2) -> None:
        """Wait until that many phones ring."""
        await self.reader.until(rb"\nDialStatus: RINGING\r\n", count)

    async def leg(self, extension: str, half: int = 2) -> str:
        """The newest operator leg of an extension."""
        found = await self.reader.until(
            rb"\nChannel: (Local/%s@callboard-operator-[0-9a-f]+;%d)" % (extension.encode(), half)
        )
        return found[-1].decode()

    async def answer(self, extension: str) -> None:
        """The stand-in phone answers."""
        leg = await self.leg(extension)
        await self.actor.act(
            Action="Redirect", Channel=leg, Context="callboard-standin-answered", Exten=extension, Priority=1
        )

    async def hang_up(self, channel_id: str) -> None:
        """The caller hangs up, and nothing of the call is left."""
        [name, *_] = await self.reader.until(
            rb"\nChannel: (Local/[^\r]+;1)\r\n(?:[^\r]+\r\n)*Uniqueid: %s\r\n" % channel_id.encode()
        )
        await self.actor.act(Action="Hangup", Channel=name.decode(), Cause=16)
        await self.reader.until(rb"Event: Hangup\r\n(?:[^\r]+\r\n)*Uniqueid: %s;2\r\n" % channel_id.encode())


async def answered(stage: Stage) -> None:
    """Two phones ring, 1001 answers, the caller hangs up."""
    await stage.call("answered-1")
    await stage.rings()
    await stage.answer("1001")
    await stage.reader.until(rb"Event: BridgeEnter\r\n", 2)
    await stage.hang_up("answered-1")
    await stage.reader.until(rb"Event: Hangup\r\n", 6)


async def abandoned(stage: Stage) -> None:
    """Two phones ring, nobody answers, the caller hangs up."""
    await stage.call("abandoned-1", caller_id="<0212345678>")
    await stage.rings()
    await stage.hang_up("abandoned-1")
    await stage.reader.until(rb"Event: Hangup\r\n", 6)


async def withheld(stage: Stage) -> None:
    """A caller without a number is answered by 1002."""
    await stage.call("withheld-1", context="test-withheld")
    await stage.rings()
    await stage.answer("1002")
    await stage.reader.until(rb"Event: BridgeEnter\r\n", 2)
    await stage.hang_up("withheld-1")
    await stage.reader.until(rb"Event: Hangup\r\n", 6)


async def transferred(stage: Stage) -> None:
    """1001 answers and hands the caller on to 1002, who answers."""
    await stage.call("transferred-1")
    await stage.rings()
    await stage.answer("1001")
    await stage.reader.until(rb"Event: BridgeEnter\r\n", 2)
    await stage.actor.act(
        Action="BlindTransfer", Channel=await stage.leg("1001", 1), Context="test-transfer", Exten="1002"
    )
    await stage.rings(3)
    await stage.answer("1002")
    await stage.reader.until(rb"Event: BridgeEnter\r\n", 4)
    await stage.hang_up("transferred-1")
    await stage.reader.until(rb"Event: Hangup\r\n", 8)


async def untold(stage: Stage) -> None:
    """A caller whose arrival the dialplan does not tell is answered by 1001."""
    await stage.call("untold-1", context="test-untold")
    await stage.rings()
    await stage.answer("1001")
    await stage.reader.until(rb"Event: BridgeEnter\r\n", 2)
    await stage.hang_up("untold-1")
    await stage.reader.until(rb"Event: Hangup\r\n", 6)


SCENES: dict[str, Callable[[Stage], Awaitable[None]]] = {
    play.__name__: play for play in (answered, abandoned, withheld, transferred, untold)
}


async def record(folder: Path) -> None:
    """Play every scene at a real Asterisk and keep what the reader heard."""
    with tempfile.TemporaryDirectory(prefix="callboard-scenes-") as state:
        pbx = Asterisk(Path(state))
        await pbx.start()
        try:
            stage = Stage(
                await Wire.open(pbx.port, "callboard-reader", READER_SECRET),
                await Wire.open(pbx.port, "callboard-actor", ACTOR_SECRET),
            )
            await stage.reader.until(rb"Event: FullyBooted\r\n")
            stage.reader.cut()
            for name, play in SCENES.items():
                await play(stage)
                (folder / f"{name}.bin").write_bytes(stage.reader.cut())
        finally:
            await pbx.stop()


if __name__ == "__main__":
    SAMPLES.mkdir(parents=True, exist_ok=True)
    asyncio.run(record(SAMPLES))
