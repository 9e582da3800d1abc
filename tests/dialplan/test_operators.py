"""A waiting call and the operators' phones: stand-ins, real phones, hang-ups in every state."""

from __future__ import annotations

import asyncio
import socket

import pytest

from callboard.pbx_engine import Engine
from tests.dialplan.ami_wire import Message, Wire, wire
from tests.dialplan.test_always_through import ivr, said
from tests.pbx_fixture import DID, RealAsterisk, real_asterisk, until

CALLER = [("01055501234", "first caller")]


async def leg(reader: Wire, extension: str) -> Message:
    """The half of an operator's Local channel that runs the dialplan."""
    return await reader.first(
        lambda m: (
            m.get("Event") == "Newchannel"
            and m["Channel"].startswith(f"Local/{extension}@")
            and m["Channel"].endswith(";2")
        )
    )


async def answer(actor: Wire, leg: Message, extension: str) -> None:
    answered = await actor.act(
        "Redirect", Channel=leg["Channel"], Context="callboard-standin-answered", Exten=extension, Priority="1"
    )
    assert answered["Response"] == "Success", answered


async def test_a_waiting_call_rings_every_operator_until_one_answers(asterisk: RealAsterisk) -> None:
    async with wire(asterisk, "reader") as reader, wire(asterisk, "actor") as actor:
        callers = asterisk.sipp(CALLER, hold_ms=4000)
        first, second = await leg(reader, "1001"), await leg(reader, "1002")
        assert first["Linkedid"] == second["Linkedid"] == (await reader.event("UserEvent"))["Linkedid"]
        await reader.event("Newstate", ChannelStateDesc="Ringing")
        await answer(actor, second, "1002")
        connected = await reader.event("AgentConnect")
        assert connected["MemberName"] == "1002"
        await until(lambda: not any("1001@" in name for name in asterisk.channels()))
        assert any("1002@" in name for name in asterisk.channels()), "the answered leg must stay"
        assert await callers.finished() == 0
        await until(lambda: not asterisk.channels())


async def test_a_stand_in_rings_until_it_is_answered(pbx_engine: Engine) -> None:
    with real_asterisk(pbx_engine, ring_s=5) as asterisk:
        async with wire(asterisk, "reader") as reader:
            asterisk.sipp(CALLER, hold_ms=30000)
            first = await leg(reader, "1001")
            # Until the queue rings anew it must neither answer nor give up, also where it looks for a phone.
            again = await reader.first(
                lambda m: (
                    m.get("Event") == "Newchannel"
                    and m["Channel"].startswith("Local/1001@")
                    and m["Channel"][-10:-2] > first["Channel"][-10:-2]
                )
            )
            assert float(again["Timestamp"]) - float(first["Timestamp"]) > 5
            assert not [m for m in reader.seen if m.get("Event") == "AgentConnect"]


async def test_a_registered_phone_takes_the_stand_in_s_place(asterisk: RealAsterisk) -> None:
    asterisk.phone("1001")
    async with wire(asterisk, "reader") as reader:
        callers = asterisk.sipp(CALLER, hold_ms=2000)
        connected = await reader.event("AgentConnect")
        assert connected["MemberName"] == "1001"
        assert any(name.startswith("PJSIP/op1001") for name in asterisk.channels())
        assert "callboard-standin!1001" not in asterisk.cli("core show channels concise")
        assert await callers.finished() == 0
        await until(lambda: not asterisk.channels())


async def test_a_phone_that_registers_while_its_stand_in_rings_takes_over(asterisk: RealAsterisk) -> None:
    async with wire(asterisk, "reader") as reader:
        asterisk.sipp(CALLER, hold_ms=20000)
        await leg(reader, "1001")
        asterisk.phone("1001")
        assert (await reader.event("AgentConnect"))["MemberName"] == "1001"
        assert sum(name.startswith("PJSIP/op1001") for name in asterisk.channels()) == 1


async def test_a_phone_with_a_wrong_password_is_refused(asterisk: RealAsterisk) -> None:
    asterisk.site = asterisk.site.model_copy(
        update={
            "operators": tuple(
                o.model_copy(update={"sip_password": asterisk.site.secrets.agi_token}) for o in asterisk.site.operators
            )
        }
    )
    with pytest.raises(AssertionError, match="could not register"):
        asterisk.phone("1001")
    assert "No objects found" in asterisk.cli("pjsip show contacts")


async def test_without_stand_ins_an_operator_without_a_phone_is_not_rung(pbx_engine: Engine) -> None:
    with real_asterisk(pbx_engine, stand_in_phones=False) as asterisk:
        asterisk.phone("1002")
        async with wire(asterisk, "reader") as reader:
            asterisk.sipp(CALLER)
            assert (await reader.event("AgentConnect"))["MemberName"] == "1002"


async def test_a_second_call_waits_for_an_operator_who_is_free(asterisk: RealAsterisk) -> None:
    async with wire(asterisk, "reader") as reader, wire(asterisk, "actor") as actor:
        asterisk.sipp(CALLER, hold_ms=30000)
        await answer(actor, await leg(reader, "1001"), "1001")
        await reader.event("AgentConnect")
        asterisk.sipp([("01055509999", "second caller")], hold_ms=30000)
        second = (await reader.event("UserEvent", Number="01055509999"))["Linkedid"]
        rung = await reader.first(
            lambda m: m.get("Event") == "Newchannel" and m["Linkedid"] == second and m["Channel"].startswith("Local/")
        )
        assert rung["Channel"].startswith("Local/1002@")
        await reader.event("Newstate", Linkedid=second, ChannelStateDesc="Ringing")
        assert not [m for m in reader.seen if m.get("Linkedid") == second and "/1001@" in m.get("Channel", "")]


async def test_a_caller_who_gives_up_in_the_conversation_leaves_nothing(asterisk: RealAsterisk) -> None:
    async with wire(asterisk, "reader") as reader, ivr(asterisk, "plays", "demo-thanks") as server:
        callers = asterisk.sipp(CALLER, hold_ms=500)
        await said(server, "plays")
        assert await callers.finished() == 0
        await reader.event("Hangup")
        await until(lambda: not asterisk.channels())
        assert not [m for m in reader.seen if m.get("Event") == "QueueCallerJoin"], (
            "a caller who is gone must not be queued"
        )


async def test_a_caller_who_gives_up_before_the_answer_leaves_nothing(asterisk: RealAsterisk) -> None:
    async with wire(asterisk, "reader") as reader, ivr(asterisk, "silent") as server:
        callers = asterisk.sipp(CALLER, cancel_after_ms=300)
        await said(server, "took")
        assert await callers.finished() == 0
        await reader.event("Hangup")
        await until(lambda: not asterisk.channels())
        assert not [m for m in reader.seen if m.get("Event") == "QueueCallerJoin"]


async def test_a_caller_who_gives_up_while_phones_ring_leaves_nothing(asterisk: RealAsterisk) -> None:
    asterisk.phone("1001", answers=False)
    async with wire(asterisk, "reader") as reader:
        callers = asterisk.sipp(CALLER, hold_ms=2000)
        await reader.first(lambda m: m.get("Event") == "Newchannel" and m["Channel"].startswith("PJSIP/op1001"))
        assert await callers.finished() == 0
        await reader.event("QueueCallerAbandon")
        await until(lambda: not asterisk.channels())


@pytest.mark.parametrize("while_waiting", ["music", "ringing"])
async def test_a_waiting_caller_hears_something(while_waiting: str, pbx_engine: Engine) -> None:
    with (
        real_asterisk(pbx_engine, while_waiting=while_waiting) as asterisk,
        socket.socket(type=socket.SOCK_DGRAM) as ear,
    ):
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(20)
        async with wire(asterisk, "reader") as reader:
            asterisk.sipp(CALLER, hold_ms=20000, voice_port=ear.getsockname()[1])
            await reader.event("QueueCallerJoin")
            for _ in range(20):
                packet = await asyncio.to_thread(ear.recv, 2000)
            assert len(set(packet[12:])) > 1, "nothing but silence"


@pytest.mark.parametrize("key", ["1", "0"])
async def test_a_demo_caller_is_a_caller_like_any_other(key: str, asterisk: RealAsterisk) -> None:
    async with wire(asterisk, "reader") as reader, wire(asterisk, "actor") as actor:
        placed = await actor.act(
            "Originate",
            Channel=f"Local/{DID}@callboard-incoming/n",
            Context="callboard-demo-caller",
            Exten=key,
            Priority="1",
            CallerID='"김철수" <01055501234>',
            Async="true",
            Timeout="30000",
        )
        assert placed["Response"] == "Success"
        assert await reader.arrival() == (DID, "01055501234", "allowed", "김철수")
        await reader.event("QueueCallerJoin")
        await answer(actor, await leg(reader, "1001"), "1001")
        await reader.event("AgentConnect")


async def test_a_demo_caller_presses_a_key(asterisk: RealAsterisk) -> None:
    async with wire(asterisk, "actor") as actor, ivr(asterisk, "asks") as server:
        await actor.act(
            "Originate",
            Channel=f"Local/{DID}@callboard-incoming/n",
            Context="callboard-demo-caller",
            Exten="1",
            Priority="1",
            CallerID='"x" <01055501234>',
            Async="true",
            Timeout="30000",
        )
        assert await said(server, "key") == f"key 200 result={ord('1')}\n"


async def test_a_caller_presses_a_key_by_sip_info(asterisk: RealAsterisk) -> None:
    async with ivr(asterisk, "asks") as server:
        asterisk.sipp(CALLER, dtmf="1")
        assert await said(server, "key") == f"key 200 result={ord('1')}\n"
