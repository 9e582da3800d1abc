"""Click to dial at a real Asterisk: the operator's own phone first, then whom he calls; and numbers that are none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest

from ami.actions import Actions
from ami.errors import UnsafeAction
from ami.listener import Listener
from callboard.pbx_engine import Engine
from tests.ami.conftest import Desk, acting, listening
from tests.ami.softphone import LIMIT_S, Leg, Softphone
from tests.dialplan.ami_wire import wire
from tests.pbx_fixture import DID, RealAsterisk, real_asterisk, until

pytestmark = pytest.mark.pbx

NUMBER = "01055501234"


@dataclass
class Stage:
    """A site with a way out: what the desk hears of it, and the telephones of the trunk's other side and of operator 1001."""

    asterisk: RealAsterisk
    desk: Desk
    listener: Listener
    actions: Actions
    far: Softphone
    own: Softphone

    async def rung(self, phone: Softphone) -> Leg:
        """The call that rings at this phone, once it does."""
        return await asyncio.wait_for(phone.rung.get(), LIMIT_S)


@asynccontextmanager
async def staged(engine: Engine) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        far = await Softphone(0, "far").open()
        stack.callback(far.close)
        port = far.transport.get_extra_info("sockname")[1]
        asterisk = stack.enter_context(real_asterisk(engine, outgoing=f"127.0.0.1:{port}", demo_callers=False))
        far.server = ("127.0.0.1", asterisk.sip_port)
        password = asterisk.site.operators[0].sip_password.get_secret_value()
        own = await Softphone(asterisk.sip_port, "1001", password=password).open()
        stack.callback(own.close)
        desk = Desk()
        listener = await stack.enter_async_context(listening(desk, asterisk.ami_port, asterisk.secrets["ami_reader"]))
        actions = await stack.enter_async_context(acting(asterisk.ami_port, asterisk.secrets["ami_actor"]))
        await desk.until(lambda: listener.connected)
        yield Stage(asterisk, desk, listener, actions, far, own)


async def test_the_operators_phone_rings_then_whom_he_calls_sees_the_line_and_the_two_talk(pbx_engine: Engine) -> None:
    """Seen failing with the operator's extension shown to whom he calls."""
    async with staged(pbx_engine) as stage:
        await stage.own.register()
        call = await stage.actions.dial("1001", NUMBER, DID)
        own = await stage.rung(stage.own)
        await stage.desk.until(lambda: stage.listener.roster.busy("1001"))  # the telephone may hear of it first
        assert not stage.listener.roster.busy("1002")
        assert stage.far.rung.empty()
        assert stage.desk.words == []
        own.pick_up()
        far = await stage.rung(stage.far)
        assert far.invited is not None
        assert far.invited.start.startswith(f"INVITE sip:{NUMBER}@")
        assert f"<sip:{DID}@" in far.invited.one("from")
        await stage.desk.until(lambda: stage.desk.words[-1:] == [f"rang {call} 1001"])
        assert not stage.listener.roster.ringing()
        far.pick_up()
        await stage.desk.until(lambda: stage.desk.words[-1:] == [f"answered {call} 1001"])
        await far.hang_up()
        await own.over()
        await stage.desk.until(lambda: len(stage.desk.words) == 4)
        assert stage.desk.words[0] == f"dialled {call} {DID} {NUMBER} 1001"
        assert stage.desk.words[3].startswith(f"gone {call} ")
        await stage.desk.until(lambda: not stage.listener.roster.busy("1001"))


async def test_who_hangs_up_by_the_panel_ends_it_for_both_and_who_comes_in_mid_call_finds_it(
    pbx_engine: Engine,
) -> None:
    """Seen failing with calls that go out left out of the snapshot: each resync would end them; and with the trunk's own
    channel, which stands in the trunk's context, taken for a caller who came in.
    """
    async with staged(pbx_engine) as stage:
        await stage.own.register()
        call = await stage.actions.dial("1001", NUMBER, DID)
        (own := await stage.rung(stage.own)).pick_up()
        (far := await stage.rung(stage.far)).pick_up()
        await stage.desk.until(lambda: stage.desk.words[-1:] == [f"answered {call} 1001"])
        again = Desk()
        async with listening(again, stage.asterisk.ami_port, stage.asterisk.secrets["ami_reader"]) as listener:
            await again.until(lambda: listener.connected)
        [told] = again.snapshots[0].dialled
        assert (told.linkedid, told.line, told.number, told.extension) == (call, DID, NUMBER, "1001")
        assert [(one.linkedid, one.extension) for one in again.snapshots[0].answered] == [(call, "1001")]
        assert again.snapshots[0].calls == ()
        channel = stage.listener.roster.caller_channel(call)
        assert channel is not None
        await stage.actions.hangup(channel)
        await own.over()
        await far.over()
        await until(lambda: not stage.asterisk.channels())


async def test_nobody_is_rung_for_the_queue_who_calls_somebody(pbx_engine: Engine) -> None:
    """The queue knows him to be busy by his leg, which is the same as that of a call that came in."""
    async with staged(pbx_engine) as stage:
        call = await stage.actions.dial("1001", NUMBER, DID)
        (await stage.rung(stage.far)).pick_up()
        await stage.desk.until(lambda: stage.desk.words[-1:] == [f"answered {call} 1001"])
        stage.asterisk.sipp([("01055509999", "caller")], hold_ms=30_000)
        await stage.desk.until(
            lambda: any(word.startswith("rang") and word.endswith(" 1002") for word in stage.desk.words)
        )
        assert [word for word in stage.desk.words if word.startswith("rang") and word.endswith("1001")] == [
            f"rang {call} 1001"
        ]


async def test_one_whom_nobody_answers_ends_for_the_operator_too(pbx_engine: Engine) -> None:
    async with staged(pbx_engine) as stage:
        stage.far.busy = True
        call = await stage.actions.dial("1001", NUMBER, DID)
        await stage.desk.until(lambda: any(word.startswith(f"gone {call}") for word in stage.desk.words))
        assert not [word for word in stage.desk.words if word.startswith("answered")]
        await until(lambda: not stage.asterisk.channels())


@pytest.mark.parametrize(
    "hostile",
    ["", "1", "1@callboard-incoming", "01055501234&PJSIP/op1002", "${SHELL(id)}", "0105550\r\nAction: Command", "+82105",
     "０１０５５５０１２３４", "1,1002", "1" * 16, "*72"],
)  # fmt: skip
async def test_what_is_no_number_is_never_sent(hostile: str) -> None:
    """Before the link is asked at all: without one, a number of digits is refused as NotConnected."""
    from ami.settings import Settings

    with pytest.raises(UnsafeAction):
        await Actions(Settings(), "s").dial("1001", hostile, DID)


async def test_whatever_comes_with_the_call_the_dialplan_dials_its_digits_and_nothing_else(pbx_engine: Engine) -> None:
    """The second wall, behind ami/actions.py. Seen failing without FILTER."""
    async with staged(pbx_engine) as stage, wire(stage.asterisk, "actor") as actor:
        answer = await actor.act(
            "Originate", Channel="Local/1001@callboard-operator/n", Context="callboard-dial", Exten=DID, Priority="1",
            Async="true", ChannelId="callboard-dial-x", Variable="CB_DIAL=0105550&PJSIP/op1002@x",
        )  # fmt: skip
        assert answer["Response"] == "Success"
        far = await stage.rung(stage.far)
        assert far.invited is not None
        assert far.invited.start.startswith("INVITE sip:01055501002@127.0.0.1:")
        assert stage.far.rung.empty()


async def test_the_demos_stand_ins_ring_and_talk_without_any_telephone(asterisk: RealAsterisk) -> None:
    desk = Desk()
    async with (
        listening(desk, asterisk.ami_port, asterisk.secrets["ami_reader"]) as listener,
        acting(asterisk.ami_port, asterisk.secrets["ami_actor"]) as actions,
    ):
        await desk.until(lambda: listener.connected)
        call = await actions.dial("1001", NUMBER, DID)
        await desk.until(lambda: desk.words[-1:] == [f"answered {call} 1001"])
        assert desk.words == [f"dialled {call} {DID} {NUMBER} 1001", f"rang {call} 1001", f"answered {call} 1001"]
        channel = listener.roster.caller_channel(call)
        assert channel is not None
        await actions.hangup(channel)
        await until(lambda: not asterisk.channels())
