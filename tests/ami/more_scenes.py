"""Scenes with transfers, pick-ups, conferences, several phones and an Asterisk that goes away, recorded with their times.

python -m tests.ami.more_scenes [scene ...]       writes tests/samples/ami/<scene>.jsonl anew

Between the steps the recorder asks what is up (CoreShowChannels): the real picture that a resync would have got there.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.ami.pbx import ACTOR_SECRET, READER_SECRET, Asterisk
from tests.ami.reel import Reel, Witness
from tests.ami.scenes import CALLER_ID, SAMPLES

FEATURES = "test-features"


class Set(Witness):
    """One Asterisk of which everybody is inside."""

    pbx: Asterisk

    @classmethod
    async def built(cls, pbx: Asterisk, reel: Reel) -> Set:
        """Start Asterisk and log in twice."""
        await pbx.start()
        stage = await cls.joined(reel, pbx.port, READER_SECRET, ACTOR_SECRET)
        stage.pbx = pbx
        return stage

    async def call(
        self, channel_id: str, exten: str = "15880001", context: str = FEATURES, caller_id: str = CALLER_ID
    ) -> None:
        """A caller dials."""
        await self.actor.act(
            Action="Originate", Channel=f"Local/{exten}@{context}/n", ChannelId=channel_id, CallerID=caller_id,
            Context="callboard-demo-caller", Exten="0", Priority=1, Async="true",
        )  # fmt: skip

    async def rings(self, count: int = 2) -> None:
        """Wait until phones have rung that many times."""
        await self.reader.until(rb"\nDialStatus: RINGING\r\n", count)

    async def leg(self, extension: str, half: int = 2) -> str:
        """The newest operator leg of an extension."""
        found = await self.reader.until(
            rb"\nChannel: (Local/%s@callboard-operator-[0-9a-f]+;%d)" % (extension.encode(), half)
        )
        return sorted(name.decode() for name in found)[-1]

    async def answer(self, extension: str) -> None:
        """The stand-in phone answers."""
        await self.actor.act(
            Action="Redirect", Channel=await self.leg(extension), Context="callboard-standin-answered",
            Exten=extension, Priority=1,
        )  # fmt: skip

    async def callers_half(self, channel_id: str) -> str:
        """The half of a caller's channel that runs the dialplan."""
        [name, *_] = await self.reader.until(
            rb"\nChannel: (Local/[^\r]+;2)\r\n(?:[^\r]+\r\n)*Uniqueid: %s;2\r\n" % channel_id.encode()
        )
        return name.decode()

    async def end(self, channel_id: str) -> None:
        """The caller hangs up and nothing of the call is left."""
        await self.end_one(channel_id)
        await self.quiet()

    async def end_one(self, channel_id: str) -> None:
        """The caller hangs up; others go on."""
        [name, *_] = await self.reader.until(
            rb"\nChannel: (Local/[^\r]+;1)\r\n(?:[^\r]+\r\n)*Uniqueid: %s\r\n" % channel_id.encode()
        )
        await self.actor.act(Action="Hangup", Channel=name.decode(), Cause=16)
        await self.reader.until(rb"Event: Hangup\r\n(?:[^\r]+\r\n)*Uniqueid: %s;2\r\n" % channel_id.encode())
        await self.picture()


async def taken(stage: Set, channel_id: str, exten: str = "15880001", by: str = "1001", phones: int = 2) -> None:
    """A caller rings and is answered."""
    await stage.call(channel_id, exten)
    await stage.rings(phones)
    await stage.picture()
    await stage.answer(by)
    await stage.bridged(2)
    await stage.picture()


async def three_phones(stage: Set) -> None:
    """Three phones ring, the third answers."""
    await taken(stage, "three_phones-1", "1588000103", "1003", 3)
    await stage.end("three_phones-1")


async def rung_again(stage: Set) -> None:
    """Two phones ring, give up after a second, ring again; then 1002 answers."""
    await stage.call("rung_again-1", "1588000199")
    await stage.rings(4)
    await stage.picture()
    await stage.answer("1002")
    await stage.bridged(2)
    await stage.picture()
    await stage.end("rung_again-1")


async def operator_hung_up(stage: Set) -> None:
    """1001 answers and is the first to hang up."""
    await taken(stage, "operator_hung_up-1")
    await stage.hang_up(await stage.leg("1001"))
    await stage.quiet()


async def handed_back(stage: Set) -> None:
    """1001 hands the caller on to 1002, who hands him back to 1001."""
    await taken(stage, "handed_back-1")
    for to, rung, entered, by in (("1002", 3, 4, "1001"), ("1001", 4, 6, "1002")):
        await stage.actor.act(
            Action="BlindTransfer", Channel=await stage.leg(by, 1), Context="test-transfer", Exten=to
        )  # fmt: skip
        await stage.rings(rung)
        await stage.picture()
        await stage.answer(to)
        await stage.bridged(entered)
        await stage.picture()
    await stage.end("handed_back-1")


async def attended(stage: Set) -> None:
    """1001 asks 1002 on a second line, then the caller is put through to him and 1001 is free (AMI's Bridge)."""
    await taken(stage, "attended-1")
    consulted = await consult(stage, "attended-2")
    await stage.actor.act(
        Action="Bridge", Channel1=await stage.callers_half("attended-1"), Channel2=consulted, Tone="no"
    )
    await stage.bridged(6)
    await stage.picture()
    await stage.end("attended-1")


async def blonde(stage: Set) -> None:
    """1001 rings 1002 up for the caller and puts him through; before that, 1002 has not said a word."""
    await taken(stage, "blonde-1")
    await stage.actor.act(
        Action="Redirect",
        Channel=await stage.callers_half("blonde-1"),
        Context="test-transfer",
        Exten="1002",
        Priority=1,
    )
    await stage.rings(3)
    await stage.picture()
    await stage.answer("1002")
    await stage.bridged(4)
    await stage.picture()
    await stage.hang_up(await stage.leg("1002"))
    await stage.quiet()


async def consulted_only(stage: Set) -> None:
    """1001 asks 1002 on a second line, and goes on with the caller himself."""
    await taken(stage, "consulted_only-1")
    await stage.hang_up(await consult(stage, "consulted_only-2"))
    await stage.picture()
    await stage.end("consulted_only-1")


async def consult(stage: Set, channel_id: str) -> str:
    """1001 calls 1002 on a second line; 1002's channel in that bridge."""
    own = await stage.leg("1001")
    await stage.actor.act(
        Action="Originate", Channel="Local/1001@callboard-operator/n", ChannelId=channel_id,
        Context="test-transfer", Exten="1002", Priority=1, Async="true",
    )  # fmt: skip
    await stage.rings(3)
    while await stage.leg("1001") == own:
        await asyncio.sleep(0.02)
    await stage.answer("1001")
    await stage.rings(4)
    await stage.picture()
    await stage.answer("1002")
    await stage.bridged(4)
    await stage.picture()
    return await stage.leg("1002", 1)


async def picked_up(stage: Set) -> None:
    """The call rings at 1001 and 1002; 1003, where it does not ring, picks it up."""
    await stage.call("picked_up-1")
    await stage.rings()
    await stage.picture()
    await stage.actor.act(
        Action="Originate", Channel="Local/1003@callboard-operator/n", ChannelId="picked_up-2", Application="PickupChan",
        Data=await stage.leg("1001", 1), Async="true",
    )  # fmt: skip
    await stage.rings(2)
    await stage.answer("1003")
    await stage.reader.until(rb"Event: Pickup\r\n")
    await stage.bridged(2)
    await stage.picture()
    await stage.end("picked_up-1")


async def conference(stage: Set) -> None:
    """1001 answers, puts the caller and himself into a conference, takes 1002 in, and leaves them alone."""
    await taken(stage, "conference-1")
    [caller, *_] = await stage.reader.until(
        rb"\nChannel: (Local/[^\r]+;2)\r\n(?:[^\r]+\r\n)*Uniqueid: conference-1;2\r\n"
    )
    await stage.actor.act(
        Action="Redirect", Channel=caller.decode(), ExtraChannel=await stage.leg("1001", 1),
        Context="test-conference", Exten="77", Priority=1,
        ExtraContext="test-conference", ExtraExten="77", ExtraPriority=1,
    )  # fmt: skip
    await stage.bridged(4)
    await stage.picture()
    await stage.actor.act(
        Action="Originate", Channel="Local/1002@callboard-operator/n", ChannelId="conference-2",
        Context="test-conference", Exten="77", Priority=1, Async="true",
    )  # fmt: skip
    await stage.rings(3)
    await stage.answer("1002")
    await stage.bridged(5)
    await stage.picture()
    await stage.hang_up(await stage.leg("1001"))
    await stage.picture()
    await stage.end_one("conference-1")
    await stage.hang_up(await stage.leg("1002"))
    await stage.quiet()


async def originated(stage: Set) -> None:
    """1001 calls somebody outside: nobody has called us."""
    await stage.actor.act(
        Action="Originate", Channel="Local/1001@callboard-operator/n", ChannelId="originated-1",
        Context="test-outside", Exten="01099998888", Priority=1, Async="true",
    )  # fmt: skip
    await stage.answer("1001")
    await stage.bridged(2)
    await stage.picture()
    await stage.hang_up(await stage.leg("1001"))
    await stage.quiet()


async def two_callers(stage: Set) -> None:
    """Two callers at once; 1001 takes the second, 1002 the first, and they end in the order in which they came."""
    await stage.call("two_callers-1")
    await stage.rings()
    await stage.call("two_callers-2", caller_id="<0212345678>")
    await stage.rings(4)
    await stage.picture()
    for extension, call, entered in (("1001", 2, 2), ("1002", 1, 4)):
        legs = await stage.reader.until(
            rb"\nChannel: (Local/%s@callboard-operator-[0-9a-f]+;2)\r\n(?:[^\r]+\r\n)*Linkedid: two_callers-%d"
            % (extension.encode(), call)
        )
        await stage.actor.act(
            Action="Redirect", Channel=legs[-1].decode(), Context="callboard-standin-answered", Exten=extension,
            Priority=1,
        )  # fmt: skip
        await stage.bridged(entered)
        await stage.picture()
    await stage.end_one("two_callers-1")
    await stage.end("two_callers-2")


async def restarted(stage: Set) -> None:
    """Asterisk is restarted while 1001 talks; afterwards somebody else calls and gives up."""
    await taken(stage, "restarted-1")
    await away(stage, signal.SIGTERM)
    again = await Set.built(stage.pbx, stage.reel)
    await again.call("restarted-2", caller_id="<0212345678>")
    await again.rings()
    await again.end("restarted-2")


async def crashed(stage: Set) -> None:
    """Asterisk dies while one caller talks and another one waits; afterwards nobody calls."""
    await taken(stage, "crashed-1")
    await stage.call("crashed-2", caller_id="<0212345678>")
    await stage.rings(4)
    await away(stage, signal.SIGKILL)
    await Set.built(stage.pbx, stage.reel)


async def away(stage: Set, how: signal.Signals) -> None:
    """Asterisk ends."""
    await stage.pbx.stop(how)
    await stage.reader.close()
    stage.reel.note("closed")


SCENES: dict[str, Callable[[Set], Awaitable[None]]] = {
    play.__name__: play
    for play in (
        three_phones, rung_again, operator_hung_up, handed_back, attended, blonde, consulted_only, picked_up, conference,
        originated, two_callers, restarted, crashed,
    )
}  # fmt: skip


async def record(names: list[str]) -> None:
    """Each scene at an Asterisk of its own."""
    for name in names:
        with tempfile.TemporaryDirectory(prefix="callboard-scenes-") as state:
            pbx, reel = Asterisk(Path(state)), Reel()
            try:
                await SCENES[name](await Set.built(pbx, reel))
                reel.save(SAMPLES / f"{name}.jsonl")
                print(name, "ok")
            except AssertionError as failed:
                print(name, "FAILED", str(failed)[:100], str(failed)[-1500:])
            finally:
                await pbx.stop()


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1:] or list(SCENES)))
