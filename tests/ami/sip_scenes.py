"""Scenes of real SIP phones at the product's own Asterisk: hold, REFER, refusals, early media; recorded as in more_scenes.

python -m tests.ami.sip_scenes [scene ...]       writes tests/samples/ami/<scene>.jsonl anew

Nobody answers for the IVR, so every caller goes to the queue at once. A phone's own transfer (REFER) needs a module that a site
has to ask for; the scenes of it do, in the place where sites do.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from callboard.pbx_root import choose
from tests.ami.reel import Reel, Witness
from tests.ami.scenes import CALLER, LINE, SAMPLES
from tests.ami.softphone import Leg, Softphone
from tests.pbx_fixture import CHECKOUT, RealAsterisk

OTHER = "0212345678"


class Desk(Witness):
    """The product's Asterisk, the phones of 1001 and 1002, and callers."""

    pbx: RealAsterisk
    phones: dict[str, Softphone]

    async def phone(self, extension: str) -> Softphone:
        """A desk phone, registered."""
        [password] = [
            operator.sip_password.get_secret_value()
            for operator in self.pbx.site.operators
            if operator.extension == extension
        ]
        phone = await Softphone(self.pbx.sip_port, extension, password=password).open()
        await phone.register()
        self.phones[extension] = phone
        return phone

    async def call(self, number: str = CALLER, name: str = "홍길동") -> Leg:
        """A caller dials the line."""
        return await (await Softphone(self.pbx.sip_port, number, name).open()).dial(LINE)

    async def rings(self, extension: str) -> Leg:
        """Wait until this phone rings."""
        return await asyncio.wait_for(self.phones[extension].rung.get(), 20)

    async def channel(self, extension: str) -> str:
        """The newest channel of a phone."""
        found = await self.reader.until(rb"\nChannel: (PJSIP/op%s-[0-9a-f]+)\r" % extension.encode())
        return sorted(name.decode() for name in found)[-1]

    async def callers_channel(self) -> str:
        """The first caller's."""
        found = await self.reader.until(rb"\nChannel: (PJSIP/callboard-trunk-[0-9a-f]+)\r")
        return min(found).decode()

    async def told(self, event: str, count: int = 1) -> None:
        """Wait until Asterisk has told that, so many times."""
        await self.reader.until(rb"Event: %s\r\n" % event.encode(), count)

    async def done(self) -> None:
        """Every channel has been told to be gone. Before that, a list may lack one whose end is yet to be told."""
        known = set(re.findall(rb"\nUniqueid: ([^\r]+)", bytes(self.reader.heard)))
        await self.told("Hangup", len(known))
        await self.quiet()


async def taken(desk: Desk, by: str = "1001", bridges: int = 4, **caller: str) -> tuple[Leg, Leg]:
    """A caller rings at both phones and is answered by one; the two ends of the talk."""
    call = await desk.call(**caller)
    legs = {extension: await desk.rings(extension) for extension in desk.phones}
    await desk.picture()
    legs[by].pick_up()
    await call.answered()
    await desk.bridged(bridges)
    await desk.picture()
    return call, legs[by]


async def over(desk: Desk, last: Leg) -> None:
    """Who is left hangs up, and nothing is left."""
    await last.hang_up()
    await desk.done()


async def hold_by_operator(desk: Desk) -> None:
    """1001 puts the caller on hold, takes him back, and does so again; the caller hangs up."""
    call, leg = await taken(desk)
    for turn in (1, 2):
        await leg.hold()
        await desk.told("Hold", turn)
        await desk.picture()
        await leg.take_back()
        await desk.told("Unhold", turn)
        await desk.picture()
    await over(desk, call)


async def hold_by_caller(desk: Desk) -> None:
    """The caller puts 1002 on hold and takes him back; 1002 hangs up."""
    call, leg = await taken(desk, "1002")
    await call.hold()
    await desk.told("Hold")
    await desk.picture()
    await call.take_back()
    await desk.told("Unhold")
    await desk.picture()
    await over(desk, leg)


async def gone_on_hold(desk: Desk) -> None:
    """The caller hangs up while 1001 has him on hold."""
    call, leg = await taken(desk)
    await leg.hold()
    await desk.told("Hold")
    await desk.picture()
    await over(desk, call)


async def refer_blind(desk: Desk) -> None:
    """1002's phone hands the caller on to 1001 (REFER), who answers."""
    call, leg = await taken(desk, "1002")
    assert await leg.refer("1001") == 202
    again = await desk.rings("1001")
    await desk.picture()
    again.pick_up()
    await desk.bridged(6)
    await desk.picture()
    await over(desk, call)


async def refer_attended(desk: Desk) -> None:
    """1002 puts the caller on hold, calls 1001, and connects the two (REFER with Replaces)."""
    call, leg = await taken(desk, "1002")
    await leg.hold()
    await desk.told("Hold")
    asking, asked = await consult(desk, "1002", "1001")
    assert await leg.refer("1001", asking) == 202
    await desk.told("AttendedTransfer")
    await leg.hang_up()
    await asking.over()
    await desk.picture()
    await over(desk, call)
    await asked.over()


async def refer_ringing(desk: Desk) -> None:
    """1002 calls 1001 and connects the two while 1001 still rings (REFER with Replaces)."""
    call, leg = await taken(desk, "1002")
    await leg.hold()
    await desk.told("Hold")
    asking = await desk.phones["1002"].dial("1001")
    asked = await desk.rings("1001")
    await asking.rings.wait()
    await desk.picture()
    assert await leg.refer("1001", asking) == 202
    await desk.told("AttendedTransfer")
    await leg.hang_up()
    await desk.picture()
    asked.pick_up()
    await desk.bridged(6)
    await desk.picture()
    await over(desk, call)
    await asked.over()


async def refer_back(desk: Desk) -> None:
    """1002's phone hands the caller on to 1001, whose phone hands him back."""
    call, leg = await taken(desk, "1002")
    for to, entered in (("1001", 6), ("1002", 8)):
        assert await leg.refer(to) == 202
        leg = await desk.rings(to)
        await desk.picture()
        leg.pick_up()
        await desk.bridged(entered)
        await desk.picture()
    await over(desk, call)


async def attended_by_bridge(desk: Desk) -> None:
    """1002 puts the caller on hold and calls 1001; the caller and 1001 are then bridged (AMI's Bridge)."""
    _, leg = await taken(desk, "1002")
    await leg.hold()
    await desk.told("Hold")
    _, asked = await consult(desk, "1002", "1001")
    await desk.actor.act(
        Action="Bridge", Channel1=await desk.callers_channel(), Channel2=await desk.channel("1001"), Tone="no"
    )
    await desk.bridged(8)
    await leg.over()
    await desk.picture()
    await over(desk, asked)


async def consult(desk: Desk, by: str, whom: str) -> tuple[Leg, Leg]:
    """One phone calls the other; the two ends."""
    asking = await desk.phones[by].dial(whom)
    asked = await desk.rings(whom)
    await desk.picture()
    asked.pick_up()
    await asking.answered()
    await desk.bridged(6)
    await desk.picture()
    return asking, asked


async def cancelled(desk: Desk) -> None:
    """Nobody has answered, not even Asterisk, and the caller gives up (CANCEL)."""
    call = await desk.call()
    for extension in desk.phones:
        await desk.rings(extension)
    await desk.picture()
    await call.cancel()
    await desk.done()


async def busy(desk: Desk) -> None:
    """1001's phone is busy (486); 1002 answers."""
    desk.phones["1001"].busy = True
    call = await desk.call()
    leg = await desk.rings("1002")
    await desk.reader.until(rb"DialStatus: BUSY\r\n")
    await desk.picture()
    leg.pick_up()
    await desk.bridged(4)
    await desk.picture()
    await over(desk, call)


async def early_media(desk: Desk) -> None:
    """Both phones speak before they answer (183); 1002 answers."""
    for phone in desk.phones.values():
        phone.early = True
    call, _ = await taken(desk, "1002")
    await over(desk, call)


async def kept_up(desk: Desk) -> None:
    """A talk in which both sides renew the session (RFC 4028), and keys are pressed."""
    call, leg = await taken(desk)
    for one in (leg, call):
        await one.refresh()
        await one.press("5")
        await desk.picture()
    await over(desk, call)


async def from_abroad(desk: Desk) -> None:
    """The caller's number comes with the country's code, as +82."""
    call, _ = await taken(desk, number="+82" + CALLER[1:])
    await over(desk, call)


async def anonymous(desk: Desk) -> None:
    """The caller is nobody, as trunks say it; 1002 answers."""
    call, _ = await taken(desk, "1002", number="anonymous", name="Anonymous")
    await over(desk, call)


async def same_number_twice(desk: Desk) -> None:
    """Two calls from one number at once: 1001 takes the first, the second one gives up while it rings."""
    call, _ = await taken(desk)
    second = await desk.call()
    await desk.rings("1002")
    await desk.picture()
    await second.hang_up()
    await desk.picture()
    await over(desk, call)


SCENES: dict[str, Callable[[Desk], Awaitable[None]]] = {
    play.__name__: play
    for play in (
        hold_by_operator, hold_by_caller, gone_on_hold, refer_blind, refer_attended, refer_ringing, refer_back,
        attended_by_bridge, cancelled, busy, early_media, kept_up, from_abroad, anonymous, same_number_twice,
    )
}  # fmt: skip
SETTINGS: dict[str, dict[str, Any]] = {"cancelled": {"answer_before_queue": False}}
TRANSFER = "load = res_pjsip_refer.so\n"


@asynccontextmanager
async def desk_for(scene: str, reel: Reel) -> AsyncIterator[Desk]:
    """An Asterisk of this scene's own, with two phones."""
    engine = await asyncio.to_thread(choose, "auto", CHECKOUT / ".cache", print)
    assert engine is not None
    state = Path(tempfile.mkdtemp(prefix="cb-scene-"))
    pbx = RealAsterisk(engine, state, **SETTINGS.get(scene, {}))
    try:
        custom = pbx.site.folders.custom
        custom.mkdir(parents=True)
        if scene.startswith("refer"):
            (custom / "modules-custom.conf").write_text(TRANSFER)
        await asyncio.to_thread(pbx.start)
        desk = await Desk.joined(reel, pbx.ami_port, pbx.secrets["ami_reader"], pbx.secrets["ami_actor"])
        desk.pbx, desk.phones = pbx, {}
        for extension in ("1001", "1002"):
            await desk.phone(extension)
        yield desk
    finally:
        await asyncio.to_thread(pbx.close)
        shutil.rmtree(state, ignore_errors=True)


async def record(names: list[str]) -> None:
    """Each scene at an Asterisk of its own."""
    for name in names:
        reel = Reel()
        try:
            async with desk_for(name, reel) as desk:
                await SCENES[name](desk)
            reel.save(SAMPLES / f"{name}.jsonl")
            print(name, "ok")
        except (AssertionError, TimeoutError) as failed:
            print(name, "FAILED", str(failed)[:100], str(failed)[-1500:])


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1:] or list(SCENES)))
