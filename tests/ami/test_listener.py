"""The event link as the desk sees it: a snapshot first, then everything in order; losses said once, in words."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from ami.listener import Listener
from ami.message import Message
from ami.roster import Roster
from ami.settings import Settings
from ami.translate import TABLE
from desk.events import CallGone, CallSeen, PbxSnapshot
from desk.work import utc_now
from tests.ami.conftest import Desk, listening
from tests.ami.pbx import free_port
from tests.ami.peer import BOOTED, Headers, StandInPbx, event, response

NAME = "홍길동"
ARRIVAL = event(
    "UserEvent",
    Channel="PJSIP/t-1",
    Uniqueid="c.1",
    Linkedid="c.1",
    UserEvent="CallboardArrived",
    Line="15880001",
    Number="01012345678",
    Presentation="allowed",
    Name=NAME,
)
ROW = event(
    "CoreShowChannel",
    ActionID="@ID@",
    Channel="PJSIP/t-1",
    ChannelState=6,
    Context="callboard-queue",
    Exten="15880001",
    CallerIDNum="01012345678",
    CallerIDName=NAME,
    Uniqueid="c.1",
    Linkedid="c.1",
)
GONE = event("Hangup", Channel="PJSIP/t-1", Uniqueid="c.1", Linkedid="c.1", Cause=16)


async def test_a_snapshot_is_told_first_and_then_every_event_in_order(desk: Desk) -> None:
    async with StandInPbx.started() as peer, listening(desk, peer.port) as listener:
        await desk.until(lambda: listener.connected)
        many = b"".join(ARRIVAL.replace(b"c.1", b"c.%d" % n) + GONE.replace(b"c.1", b"c.%d" % n) for n in range(500))
        peer.writer.write(many)
        await desk.until(lambda: len(desk.words) == 1000)
    assert isinstance(desk.told[0], PbxSnapshot)
    assert [word.split()[:2] for word in desk.words] == [
        [what, f"c.{n}"] for n in range(500) for what in ("seen", "gone")
    ]


async def test_nothing_is_told_before_asterisk_is_fully_booted(desk: Desk) -> None:
    def boots_later(headers: Headers, peer: StandInPbx) -> bytes | None:
        return response(headers, "Message: Authentication accepted") if headers["action"] == "Login" else None

    async with StandInPbx.started(boots_later) as peer, listening(desk, peer.port):
        await peer.until(lambda: any(one["action"] == "Login" for one in peer.actions))
        peer.writer.write(ARRIVAL)
        assert not any(one["action"] == "CoreShowChannels" for one in peer.actions)
        peer.writer.write(BOOTED)
        await desk.until(lambda: len(desk.snapshots) == 1)
        assert desk.words == [f"seen c.1 15880001 01012345678 allowed {NAME}"]


async def test_a_call_that_was_there_before_us_is_in_the_snapshot_with_its_line(desk: Desk) -> None:
    def knows_variables(headers: Headers, peer: StandInPbx) -> bytes | None:
        values = {"CB_LINE": "15880009", "CB_PRESENTATION": "allowed"}
        return response(headers, f"Value: {values[headers['variable']]}") if headers["action"] == "Getvar" else None

    async with StandInPbx.started(knows_variables) as peer:
        peer.channels = [ROW]
        async with listening(desk, peer.port) as listener:
            await desk.until(lambda: listener.connected)
            peer.writer.write(ARRIVAL + GONE)
            await desk.until(lambda: "gone c.1 16" in desk.words)
    [call] = desk.snapshots[0].calls
    assert (call.linkedid, call.line, call.number, call.name, call.recovered) == (
        "c.1",
        "15880009",
        "01012345678",
        NAME,
        True,
    )
    # The arrival puts right what a list may have shown too early; the desk knows the call by its Linkedid.
    assert desk.words == [f"seen c.1 15880001 01012345678 allowed {NAME}", "gone c.1 16"]


def wrong_secret(headers: Headers, peer: StandInPbx) -> bytes | None:
    return response(headers, "Message: Authentication failed", word="Error") if headers["action"] == "Login" else None


def no_rights(headers: Headers, peer: StandInPbx) -> bytes | None:
    return (
        response(headers, "Message: Permission denied", word="Error")
        if headers["action"] == "CoreShowChannels"
        else None
    )


def no_list(headers: Headers, peer: StandInPbx) -> bytes | None:
    return b"" if headers["action"] == "CoreShowChannels" else None


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (wrong_secret, "refuses the user 'callboard-reader' or its secret (Authentication failed)"),
        (no_rights, "write=reporting"),
        (no_list, "Asterisk does not answer: it was asked for CoreShowChannels"),
    ],
)
async def test_a_link_that_cannot_be_had_is_told_in_words(desk: Desk, answer: object, words: str) -> None:
    async with StandInPbx.started(answer) as peer, listening(desk, peer.port, action_timeout_s=0.2):  # type: ignore[arg-type]
        await desk.until(lambda: len(desk.parts) == 1)
    [part] = desk.parts
    assert (part.part, part.ok) == ("ami", False)
    assert words in part.reason
    assert not desk.snapshots


async def test_a_channel_whose_name_cannot_be_asked_for_costs_nobody_the_link(desk: Desk) -> None:
    """Seen failing without UnsafeAction in `_variable`: the listener was over for good."""
    fields = {"Uniqueid": "x-1", "Linkedid": "x-1", "ChannelState": 6, "Context": "elsewhere", "ActionID": "@ID@"}
    async with StandInPbx.started() as peer, listening(desk, peer.port) as listener:
        peer.channels = [event("CoreShowChannel", Channel="SIP/\0-1", **fields)]
        await desk.until(lambda: listener.connected)
        listener.ask_for_resync()
        await desk.until(lambda: listener.resyncs >= 2)
        assert (peer.connections, listener.connected) == (1, True)


async def test_a_list_that_stands_behind_events_is_waited_for(desk: Desk) -> None:
    """Seen failing without `while_heard`: the link was given up, and the list asked for again behind the same events."""
    telling: list[asyncio.Task[None]] = []

    async def tell_first(headers: Headers, peer: StandInPbx) -> None:
        for _ in range(12):
            peer.writer.write(event("Newstate", Uniqueid="x-1", Channel="PJSIP/x-1"))
            await asyncio.sleep(0.05)
        peer.writer.write(peer.usual(headers))

    def late(headers: Headers, peer: StandInPbx) -> bytes | None:
        if headers["action"] != "CoreShowChannels":
            return None
        telling.append(asyncio.create_task(tell_first(headers, peer)))
        return b""

    async with StandInPbx.started(late) as peer, listening(desk, peer.port, action_timeout_s=0.2) as listener:
        await desk.until(lambda: listener.connected)
        await asyncio.gather(*telling)
        assert (peer.connections, listener.reconnects, [part.ok for part in desk.parts]) == (1, 0, [True])


async def test_nobody_listening_is_told_once_and_the_return_once(desk: Desk) -> None:
    peer = StandInPbx()
    peer.port = free_port()
    async with listening(desk, peer.port) as listener:
        await desk.until(lambda: len(desk.parts) == 1)
        assert f"does not listen on 127.0.0.1:{peer.port}" in desk.parts[0].reason
        await desk.until(lambda: listener.link.failures >= 4)
        await peer.listen()
        await desk.until(lambda: listener.connected)
        assert [part.ok for part in desk.parts] == [False, True]
    await peer.leave()


@pytest.mark.parametrize(
    ("last", "words"),
    [(b"", "was cut"), (event("Shutdown", Shutdown="Cleanly", Restart="True"), "shuts down or restarts")],
)
async def test_a_lost_link_is_told_once_with_its_reason_and_the_return_once(
    desk: Desk, last: bytes, words: str
) -> None:
    async with StandInPbx.started() as peer, listening(desk, peer.port) as listener:
        await desk.until(lambda: listener.connected)
        peer.writer.write(ARRIVAL + last)
        await desk.until(lambda: len(desk.words) == 1)
        await peer.leave()
        await desk.until(lambda: not listener.connected)
        await peer.listen()
        await desk.until(lambda: listener.connected)
    assert [part.ok for part in desk.parts] == [True, False, True]
    assert words in desk.parts[1].reason
    assert desk.snapshots[1].calls == ()
    assert listener.reconnects == 1


async def test_a_silent_link_is_told_as_silent(desk: Desk) -> None:
    deaf = False

    def answer(headers: Headers, peer: StandInPbx) -> bytes | None:
        return b"" if deaf else None

    async with StandInPbx.started(answer) as peer, listening(desk, peer.port, silent_after_s=0.4) as listener:
        await desk.until(lambda: listener.connected)
        deaf = True
        await desk.until(lambda: not listener.connected)
        deaf = False
        assert "nothing has come from it" in desk.parts[-1].reason


async def test_who_was_frozen_himself_does_not_take_the_link_for_silent(desk: Desk) -> None:
    """Seen failing without the look at how late the look comes: a link that was well was given up after each freeze."""
    async with StandInPbx.started() as peer, listening(desk, peer.port, silent_after_s=0.8) as listener:
        await desk.until(lambda: listener.connected)
        time.sleep(1.2)
        asked = len(peer.actions)
        await desk.until(lambda: len(peer.actions) >= asked + 2)  # pings, or a log-in
        assert (listener.connected, listener.reconnects) == (True, 0)


async def test_a_secret_that_turns_wrong_while_the_link_is_down_is_told(desk: Desk) -> None:
    async with StandInPbx.started() as peer, listening(desk, peer.port) as listener:
        await desk.until(lambda: listener.connected)
        peer.answer = wrong_secret
        peer.writer.transport.abort()
        await desk.until(lambda: len(desk.parts) == 3)
    assert "was cut" in desk.parts[1].reason
    assert "refuses the user" in desk.parts[2].reason


async def test_a_stream_cut_for_good_at_any_byte_of_an_event_uses_no_half_event(desk: Desk) -> None:
    async with (
        StandInPbx.started() as peer,
        listening(desk, peer.port, retry_first_s=0.001, retry_absent_s=0.001) as listener,
    ):
        for cut in range(len(ARRIVAL)):
            await desk.until(lambda: listener.connected)
            peer.writer.write(ARRIVAL[:cut])
            await peer.writer.drain()
            peer.writer.close()
            await desk.until(lambda: not listener.connected)
        assert desk.words == []
        await desk.until(lambda: listener.connected)
        peer.writer.write(ARRIVAL)
        await desk.until(lambda: len(desk.words) == 1)
    assert len(desk.snapshots) == len(ARRIVAL) + 1
    assert desk.words == [f"seen c.1 15880001 01012345678 allowed {NAME}"]


async def test_an_end_heard_while_the_list_is_read_is_told_as_an_end_and_not_as_a_loss(desk: Desk) -> None:
    def ends_meanwhile(headers: Headers, peer: StandInPbx) -> bytes | None:
        if headers["action"] == "Ping" and len(peer.writers) == 2:
            return GONE + peer.usual(headers)
        return None

    async with StandInPbx.started(ends_meanwhile) as peer, listening(desk, peer.port) as listener:
        await desk.until(lambda: listener.connected)
        peer.writer.write(ARRIVAL)
        await desk.until(lambda: len(desk.words) == 1)
        peer.channels = [ROW]
        peer.writer.transport.abort()
        await desk.until(lambda: len(desk.snapshots) == 2)
    told = [event for event in desk.told if isinstance(event, CallGone | PbxSnapshot)]
    assert isinstance(told[-2], CallGone)
    assert desk.snapshots[-1].calls == ()


async def test_a_caller_who_comes_while_the_list_is_read_is_known_to_the_end(desk: Desk) -> None:
    def comes_after_the_list(headers: Headers, peer: StandInPbx) -> bytes | None:
        return peer.usual(headers) + ARRIVAL if headers["action"] == "CoreShowChannels" else None

    async with StandInPbx.started(comes_after_the_list) as peer, listening(desk, peer.port) as listener:
        await desk.until(lambda: listener.connected)
        assert [call.linkedid for call in desk.snapshots[0].calls] == ["c.1"]
        assert listener.roster.is_up("c.1")
        peer.writer.write(GONE)
        await desk.until(lambda: "gone c.1 16" in desk.words)


async def test_what_was_told_whole_before_a_cut_in_mid_resync_is_not_lost(desk: Desk) -> None:
    def cut_once(headers: Headers, peer: StandInPbx) -> bytes | None:
        if headers["action"] == "Ping" and len(peer.writers) == 1:
            peer.writer.write(ARRIVAL + GONE + ARRIVAL[:-5])
            peer.writer.close()
            return b""
        return None

    async with StandInPbx.started(cut_once) as peer, listening(desk, peer.port) as listener:
        await desk.until(lambda: listener.connected)
    assert [word.split()[:2] for word in desk.words] == [["seen", "c.1"], ["gone", "c.1"]]


async def test_a_call_in_progress_survives_a_cut_with_what_was_known_of_it(desk: Desk) -> None:
    async with StandInPbx.started() as peer, listening(desk, peer.port) as listener:
        await desk.until(lambda: listener.connected)
        peer.writer.write(ARRIVAL.replace(b"allowed", b"withheld"))
        await desk.until(lambda: len(desk.words) == 1)
        peer.channels = [ROW]
        peer.writer.transport.abort()
        await desk.until(lambda: len(desk.snapshots) == 2)
        [call] = desk.snapshots[1].calls
        assert (call.line, call.presentation) == ("15880001", "withheld")
        assert listener.roster.is_up("c.1")
        peer.writer.write(GONE)
        await desk.until(lambda: desk.words[-1] == "gone c.1 16")
        assert not listener.roster.is_up("c.1")


async def test_a_lost_hangup_is_found_by_the_regular_resync(desk: Desk) -> None:
    async with StandInPbx.started() as peer, listening(desk, peer.port, resync_every_s=0.3) as listener:
        await desk.until(lambda: listener.connected)
        peer.channels = [ROW]
        peer.writer.write(ARRIVAL)
        await desk.until(lambda: any(snapshot.calls for snapshot in desk.snapshots))
        peer.channels = []
        await desk.until(lambda: desk.snapshots[-1].calls == ())
        assert not listener.roster.is_up("c.1")


async def test_a_second_list_soon_settles_what_was_too_young_for_the_first(desk: Desk) -> None:
    async with StandInPbx.started() as peer, listening(desk, peer.port, resync_every_s=3600) as listener:
        await desk.until(lambda: listener.connected)
        await desk.until(lambda: len(desk.snapshots) == 2)


async def test_an_overflow_is_counted_keeps_arrivals_and_ends_and_is_followed_by_a_snapshot(desk: Desk) -> None:
    storm = [event("Newstate", Channel="PJSIP/t-1", Uniqueid="c.1", Linkedid="c.1", N=n) for n in range(3_000)]

    def storms_while_asked(headers: Headers, peer: StandInPbx) -> bytes | None:
        if headers["action"] == "CoreShowChannels" and len(desk.snapshots) == 1:
            return ARRIVAL + b"".join(storm) + GONE + peer.usual(headers)
        return None

    async with StandInPbx.started(storms_while_asked) as peer, listening(desk, peer.port, queue_limit=100) as listener:
        await desk.until(lambda: listener.connected)
        listener.backlog.torn = True
        peer.writer.write(ARRIVAL.replace(b"c.1", b"c.0"))
        await desk.until(lambda: len(desk.snapshots) >= 3, 5)
        assert listener.dropped > 2_000
        assert listener.connected
    assert [word.split()[:2] for word in desk.words] == [["seen", "c.0"], ["seen", "c.1"], ["gone", "c.1"]]


async def test_an_event_that_cannot_be_understood_costs_only_itself(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(message: Message, roster: Roster, at: object) -> list[CallSeen]:
        raise ValueError("not as the manual says")

    monkeypatch.setitem(TABLE, "Newstate", fails)
    async with StandInPbx.started() as peer, listening(desk, peer.port) as listener:
        await desk.until(lambda: listener.connected)
        peer.writer.write(ARRIVAL + event("Newstate", Uniqueid="c.1") + GONE)
        await desk.until(lambda: len(desk.words) == 2)
        assert listener.untold == 1
        assert listener.connected


async def test_a_port_that_accepts_and_says_nothing_is_given_up(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        async with listening(desk, door.getsockname()[1], login_timeout_s=0.2):
            await desk.until(lambda: len(desk.parts) == 1)
    assert "did not answer the log-in" in desk.parts[0].reason


async def test_cancelling_ends_the_listener_and_its_connection(desk: Desk) -> None:
    async with StandInPbx.started() as peer:
        async with listening(desk, peer.port) as listener:
            await desk.until(lambda: listener.connected)
        assert await asyncio.wait_for(peer.until_closed(), 10) is None


@pytest.mark.parametrize("turns", range(8))
async def test_cancelling_ends_the_listener_although_an_event_comes_at_that_moment(desk: Desk, turns: int) -> None:
    async with StandInPbx.started() as peer:
        listener = Listener(Settings(port=peer.port), "s", desk.bus, utc_now)
        task = asyncio.ensure_future(listener.run())
        await desk.until(lambda: listener.connected)
        await peer.until(lambda: not len(listener.backlog))
        listener.backlog.put("Hangup", GONE)
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=10)
        assert done, "the listener goes on"
