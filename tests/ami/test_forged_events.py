"""Events and lines that a caller writes into the manager's stream are dropped and counted; his own call is still told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from ami.message import Message
from ami.origin import is_genuine
from callboard.pbx_engine import Engine
from tests.ami.conftest import Desk, listening
from tests.ami.peer import Headers, StandInPbx, event, response
from tests.ami.replay import STORIES, sample
from tests.pbx_fixture import DID, RealAsterisk, real_asterisk

NAME = "cb5f0c11d2"
FORGED = event(
    "UserEvent",
    Channel="PJSIP/x-1",
    Uniqueid="1.1",
    Linkedid="1.1",
    UserEvent="CallboardArrived",
    Line=DID,
    Number="0100000",
    Presentation="allowed",
)


def genuine(name: str, number: str = "01012345678", **fields: object) -> bytes:
    """An event of a channel, with the headers in Asterisk's order."""
    own = {"SystemName": NAME, "Channel": "PJSIP/t-1", "CallerIDNum": number, "Uniqueid": "c.1", "Linkedid": "c.1"}
    return event(name, **own, **fields)


ARRIVAL = genuine("UserEvent", UserEvent="CallboardArrived", Line=DID, Number="01012345678", Presentation="allowed")
SEEN = f"seen c.1 {DID} 01012345678 allowed None"


@pytest.mark.parametrize(
    ("name", "number", "forged"),
    [
        # The genuine event ends early, a whole one of the caller's follows, and what was left of the genuine one is rubbish.
        ("Newstate", "010\r\n\r\n" + FORGED.decode(), 1),
        ("Newstate", f"010\r\n\r\nEvent: Hangup\r\nSystemName: {NAME[:-1]}3\r\nUniqueid: c.1\r\n\r\n", 1),
        ("Newstate", "010\r\n\r\nEvent: Hangup\r\nUniqueid: c.1\r\n\r\n", 1),
        # Lines in a genuine event.
        ("Newstate", f"010\r\nSystemName: {NAME}", 1),
        ("Newstate", "010\r\nSystemName: other", 1),
        ("Hangup", "010\r\nUniqueid: c.1", 1),
        ("Newstate", "010\r\nLinkedid: 1.1", 1),
        ("UserEvent", f"010\r\nUserEvent: CallboardArrived\r\nUniqueid: 1.1\r\nLinkedid: 1.1\r\nLine: {DID}", 1),
    ],
)
async def test_what_a_caller_wrote_into_a_value_is_dropped_and_counted(
    desk: Desk, name: str, number: str, forged: int
) -> None:
    async with StandInPbx.started() as peer, listening(desk, peer.port) as listener:
        peer.system_name = NAME
        await desk.until(lambda: listener.connected)
        peer.writer.write(ARRIVAL + genuine(name, number) + genuine("Hangup", Cause=16))
        await desk.until(lambda: any(word.startswith("gone c.1") for word in desk.words))
        assert desk.words == [SEEN, "gone c.1 16"]
        assert listener.forged == forged
        assert "1.1" not in listener.roster.channels
        assert listener.connected


async def test_a_shutdown_that_a_caller_made_up_blames_nobody(desk: Desk) -> None:
    async with StandInPbx.started() as peer, listening(desk, peer.port) as listener:
        peer.system_name = NAME
        await desk.until(lambda: listener.connected)
        peer.writer.write(event("Shutdown", Shutdown="Cleanly", Restart="False") + ARRIVAL)
        await desk.until(lambda: desk.words == [SEEN])
        peer.writer.transport.abort()
        await desk.until(lambda: len(desk.parts) > 1)
        assert "was cut" in desk.parts[1].reason
        assert listener.forged == 1


async def test_a_line_put_into_a_listed_channel_costs_only_that_channel(desk: Desk) -> None:
    def row(uniqueid: str, number: str) -> bytes:
        fields = {"Channel": f"PJSIP/{uniqueid}", "Context": "callboard-queue", "Exten": DID, "CallerIDNum": number}
        return event("CoreShowChannel", ActionID="@ID@", **fields, Uniqueid=uniqueid, Linkedid=uniqueid)

    async with StandInPbx.started() as peer:
        peer.system_name = NAME
        peer.channels = [row("c.1", "01012345678"), row("c.2", "010\r\nUniqueid: 1.1\r\nLinkedid: 1.1")]
        async with listening(desk, peer.port) as listener:
            await desk.until(lambda: listener.connected)
            assert [call.linkedid for call in desk.snapshots[0].calls] == ["c.1"]
            assert listener.forged == 1


async def test_the_name_is_learnt_anew_at_each_log_in(desk: Desk) -> None:
    async with StandInPbx.started() as peer, listening(desk, peer.port) as listener:
        peer.system_name = "cb00000001"
        await desk.until(lambda: listener.connected)
        peer.writer.transport.abort()
        await desk.until(lambda: not listener.connected)
        peer.system_name = NAME
        await desk.until(lambda: listener.connected)
        peer.writer.write(ARRIVAL.replace(NAME.encode(), b"cb00000001").replace(b"c.1", b"c.0") + ARRIVAL)
        await desk.until(lambda: desk.words == [SEEN])
        assert listener.forged == 1


async def test_what_was_told_whole_before_asterisk_restarted_under_another_name_is_not_taken_for_forged(
    desk: Desk,
) -> None:
    def restarts_once(headers: Headers, peer: StandInPbx) -> bytes | None:
        if headers["action"] == "Ping" and len(peer.writers) == 1:
            peer.writer.write(ARRIVAL + genuine("Hangup", Cause=16))
            peer.writer.close()
            peer.system_name = "cb00000002"
            return b""
        return None

    async with StandInPbx.started(restarts_once) as peer, listening(desk, peer.port) as listener:
        peer.system_name = NAME
        await desk.until(lambda: listener.connected)
        assert desk.words == [SEEN, "gone c.1 16"]
        assert listener.forged == 0


@pytest.mark.parametrize("refused", [False, True])
async def test_a_pbx_without_a_name_is_believed_and_that_is_said_once(desk: Desk, refused: bool) -> None:
    def no_right(headers: Headers, peer: StandInPbx) -> bytes | None:
        denied = refused and headers["action"] == "CoreSettings"
        return response(headers, "Message: Permission denied", word="Error") if denied else None

    with capture_logs() as logs:
        async with StandInPbx.started(no_right) as peer, listening(desk, peer.port) as listener:
            await desk.until(lambda: listener.connected)
            peer.writer.transport.abort()
            await desk.until(lambda: listener.reconnects == 1 and listener.connected)
            peer.writer.write(ARRIVAL.replace(f"SystemName: {NAME}\r\n".encode(), b""))
            await desk.until(lambda: desk.words == [SEEN])
            assert listener.forged == 0
    assert sum("systemname" in line["event"] for line in logs) == 1


@pytest.mark.parametrize("scene", STORIES)
def test_nothing_that_asterisk_itself_told_is_taken_for_forged(scene: str) -> None:
    events = [Message(raw) for raw in sample(scene).split(b"\r\n\r\n") if raw.startswith(b"Event: ")]
    [name] = {event.text("SystemName") for event in events}
    assert all(is_genuine(event, name) for event in events)
    assert not any(is_genuine(event, f"{name}0") for event in events)


def test_channel_variables_come_more_than_once_and_are_no_forgery() -> None:
    told = genuine("DialState", ChanVariable="a=1").removesuffix(b"\r\n")
    told += b"ChanVariable: b=2\r\nDestChanVariable: a=1\r\nDestChanVariable: b=2\r\n\r\n"
    assert is_genuine(Message(told), NAME)


@pytest.fixture
def unfiltered(pbx_engine: Engine) -> Iterator[RealAsterisk]:
    """Our Asterisk, which here does not keep from us the one event that carries such text."""
    with real_asterisk(pbx_engine) as asterisk:
        manager = asterisk.state / "asterisk" / "etc" / "manager.conf"
        lines = manager.read_text().splitlines(keepends=True)
        manager.write_text("".join(line for line in lines if "name(Newchannel)" not in line))
        asterisk.cli("manager reload")
        yield asterisk


@pytest.mark.pbx
@pytest.mark.parametrize(
    "user",
    [
        "010%0d%0aUniqueid%3a%201.1%0d%0aLinkedid%3a%201.1",
        "010%0d%0aSystemName%3a%20cb00000000",
        "010%0d%0a%0d%0aEvent%3a%20Hangup%0d%0aUniqueid%3a%201.1%0d%0a%0d%0a",
        f"010%0d%0a%0d%0aEvent%3a%20UserEvent%0d%0aChannel%3a%20PJSIP/x-1%0d%0aUniqueid%3a%201.1%0d%0aLinkedid%3a%201.1%0d%0a"
        f"UserEvent%3a%20CallboardArrived%0d%0aLine%3a%20{DID}%0d%0aNumber%3a%20666%0d%0a%0d%0a",
    ],
)
async def test_a_caller_at_the_real_asterisk_cannot_put_a_line_or_an_event_into_the_stream(
    desk: Desk, unfiltered: RealAsterisk, user: str
) -> None:
    """Seen failing with SystemName, or doubled lines, not looked at (ami/origin.py)."""
    async with listening(desk, unfiltered.ami_port, unfiltered.secrets["ami_reader"]) as listener:
        await desk.until(lambda: listener.connected)
        callers = unfiltered.sipp([(user, "somebody")], hold_ms=500)
        assert await callers.finished() == 0
        await desk.until(lambda: any(word.startswith("gone") for word in desk.words))
        assert listener.forged == 1
        [seen] = [word for word in desk.words if word.startswith("seen")]
        assert seen.startswith(f"seen {unfiltered.process.site.system_name}-")
        assert not any(word.split()[1] == "1.1" for word in desk.words)
        assert "1.1" not in listener.roster.channels
