"""F5, F6 at a real socket: junk on the manager's stream costs no call on either side of it; and nothing unsafe is ever sent."""

from __future__ import annotations

import asyncio
import re

import pytest

from ami.errors import AmiError
from tests.ami.conftest import Desk, acting, desk, listening  # noqa: F401 -- desk is a fixture
from tests.ami.peer import StandInPbx, response
from tests.faults.conftest import Figure
from tests.hostile.cases import AMI_ACTIONS, AMI_JUNK, AMI_SPLITS, CASES
from tests.hostile.corpus.ami import DID, NAME, story
from tests.hostile.ticks import ticking


def told_of(desk: Desk, number: int) -> list[str]:  # noqa: F811
    """The words of one good call."""
    return [word for word in desk.words if word.split()[1] == f"c.{number}"]


def right(number: int) -> list[str]:
    """What must have been told of it."""
    own = f"c.{number}"
    return [f"seen {own} {DID} 0105550{number:04} allowed 김", f"rang {own} 1001", f"gone {own} 16"]


async def test_junk_between_two_calls_costs_neither(desk: Desk, figure: Figure) -> None:  # noqa: F811
    """F6. Seen failing with `is_genuine` left out (a forged hang-up ends the good call)."""
    cases = CASES["F6"][AMI_JUNK]
    wrong = []
    async with StandInPbx.started() as peer:
        peer.system_name = NAME
        async with listening(desk, peer.port) as listener, ticking() as ticks:
            await desk.until(lambda: listener.connected)
            for at, junk in enumerate(cases, 1):
                first, second = 2 * at, 2 * at + 1
                arrival, rest = story(first).split(b"\r\n\r\n", 1)
                junk = junk.replace(b"%N%", b"%d" % at).replace(b"%GOOD%", b"%d" % first)
                peer.writer.write(arrival + b"\r\n\r\n" + junk + rest + story(second))
                await desk.until(lambda second=second: bool(told_of(desk, second)[2:]))
                wrong += [
                    (junk[:60], told_of(desk, number))
                    for number in (first, second)
                    if told_of(desk, number) != right(number)
                ]
            assert wrong == []
            assert listener.connected
            assert peer.connections == 1
            assert listener.forged > 20
            assert len(listener.roster.channels) < 3 * len(cases)
            assert not [word for word in desk.words if word.split()[1] == "1.1"]
    figure("F6", "event loop held up, AMI junk", ticks.longest_s, "s", promise=0.1)


async def test_a_call_told_in_two_reads_is_the_same_call(desk: Desk) -> None:  # noqa: F811
    """F6. Seen failing with a splitter that forgets the rest of a read."""
    async with StandInPbx.started() as peer:
        peer.system_name = NAME
        async with listening(desk, peer.port) as listener:
            await desk.until(lambda: listener.connected)
            for number, cut in enumerate(CASES["F6"][AMI_SPLITS], 1000):
                told = story(number)
                before = listener.events_in
                peer.writer.write(told[:cut])
                await peer.writer.drain()
                await asyncio.sleep(0.001)
                peer.writer.write(told[cut:])
                await desk.until(lambda before=before: listener.events_in >= before + 4)
            await desk.until(lambda: told_of(desk, number) == right(number))
    assert desk.words == [word for at in range(len(CASES["F6"][AMI_SPLITS])) for word in right(1000 + at)]


async def test_no_field_of_an_action_carries_more_than_its_value() -> None:
    """F4, F5. Every field of Originate: refused before sending, or one message with one Action on the wire.

    Seen failing with `_checked` left out, and with the control characters' test left out of `encode_action`.
    """
    sent = 0
    async with (
        StandInPbx.started(
            lambda headers, _: response(headers) if headers.get("action") == "Originate" else None
        ) as peer,
        acting(peer.port) as actions,
    ):
        for field, value in (*CASES["F4"][AMI_ACTIONS], *CASES["F5"][AMI_ACTIONS]):
            given = {
                "digits": DID,
                "context": "callboard-incoming",
                "to_context": "callboard-demo-caller",
                "to_exten": "0",
            }
            extra = {"variables": {"CB_TEST": value}} if field == "variables" else {field: value}
            before = len(peer.raw)
            try:
                await actions.originate(**{**given, **extra})
            except (AmiError, ValueError):
                assert len(peer.raw) == before, (field, value)
                continue
            sent += 1
            assert field in ("name", "variables") or re.fullmatch(r"\+?[0-9*#]{1,20}", value), (field, value)
            raw = peer.raw[-1]
            assert [line for line in raw.split(b"\n") if line.lower().startswith(b"action:")] == [
                b"Action: Originate\r"
            ], (field, value)
            assert {line.split(b":")[0] for line in raw.split(b"\r\n") if line} <= {
                b"Action", b"ActionID", b"Channel", b"ChannelId", b"Context", b"Exten", b"Priority", b"Timeout", b"Async", b"CallerID", b"Variable",
            }  # fmt: skip
            assert b"\0" not in raw
            assert raw.count(b"\n") == raw.count(b"\r") == raw.count(b"\r\n")
    assert sent > 20  # names may hold anything that is one line
    with pytest.raises(AmiError):
        await actions.originate(DID, "callboard-incoming", to_context="callboard-queue", to_exten="0")
