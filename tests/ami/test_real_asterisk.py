"""The listener and the actions at a real Asterisk 22: the scenes played live, restarts, frozen links, wrong secrets."""

from __future__ import annotations

import asyncio
import re
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ami.backlog import Backlog
from ami.errors import ActionRefused
from ami.message import Message
from desk.events import CallSeen
from tests.ami.conftest import Desk, acting, listening
from tests.ami.pbx import ACTOR_SECRET, READER_SECRET, Asterisk
from tests.ami.replay import STORIES, ordered_rings
from tests.ami.scenes import CALLER, LINE, SCENES, Stage
from tests.ami.wire import Wire

pytestmark = pytest.mark.pbx

STORM = 60


@asynccontextmanager
async def stage(pbx: Asterisk) -> AsyncIterator[Stage]:
    """Bare connections beside ours, to play callers and operators with."""
    reader = await Wire.open(pbx.port, "callboard-reader", READER_SECRET)
    actor = await Wire.open(pbx.port, "callboard-actor", ACTOR_SECRET)
    try:
        yield Stage(reader, actor)
    finally:
        await reader.close()
        await actor.close()


async def test_every_scene_played_live_tells_its_story(asterisk: Asterisk, desk: Desk) -> None:
    async with listening(desk, asterisk.port, READER_SECRET) as listener:
        await desk.until(lambda: listener.connected)
        async with stage(asterisk) as play:
            for name, scene in SCENES.items():
                desk.told.clear()
                await scene(play)
                await desk.until(lambda name=name: f"gone {name}-1 16" in desk.words)  # type: ignore[misc]
                assert ordered_rings(desk.words) == STORIES[name]
                play.reader.cut()
        assert not listener.roster.callers


async def test_a_call_of_ours_from_originate_to_hang_up(asterisk: Asterisk, desk: Desk) -> None:
    async with (
        listening(desk, asterisk.port, READER_SECRET) as listener,
        acting(asterisk.port, ACTOR_SECRET) as actions,
    ):
        await desk.until(lambda: listener.connected)
        call = await actions.originate(
            LINE, "callboard-incoming", to_context="callboard-demo-caller", to_exten="0", number=CALLER, name="홍길동"
        )
        await desk.until(lambda: {f"rang {call} 1001", f"rang {call} 1002"} <= set(desk.words))
        assert await actions.resolve(call)
        leg = listener.roster.operator_leg(call, "1002")
        assert leg is not None
        await actions.redirect(leg, "callboard-standin-answered", "1002")
        await desk.until(lambda: f"answered {call} 1002" in desk.words)
        assert listener.roster.operator_leg(call, "1002") is None
        caller = listener.roster.caller_channel(call)
        assert caller is not None
        await actions.hangup(caller)
        await desk.until(lambda: desk.words[-1] == f"gone {call} 16")
        assert desk.words[0] == f"seen {call} {LINE} {CALLER} allowed 홍길동"
        assert not await actions.resolve(call)
        with pytest.raises(ActionRefused):
            await actions.hangup(caller)
        assert actions.waiting == 0


async def test_who_comes_in_mid_call_finds_the_call_its_line_and_its_phones(asterisk: Asterisk, desk: Desk) -> None:
    async with stage(asterisk) as play:
        await play.call("mid-1")
        await play.call("mid-2", context="test-withheld")
        await play.rings(4)
        async with listening(desk, asterisk.port, READER_SECRET) as listener:
            await desk.until(lambda: listener.connected)
            [snapshot] = desk.snapshots
            calls = {call.linkedid: call for call in snapshot.calls}
            assert set(calls) == {"mid-1", "mid-2"}
            assert (calls["mid-1"].line, calls["mid-1"].number, calls["mid-1"].name) == (LINE, CALLER, "홍길동 O'Brien")
            assert (calls["mid-2"].number, calls["mid-2"].presentation) == (None, "withheld")
            assert {(ring.linkedid, ring.extension) for ring in snapshot.ringing} == {
                (call, extension) for call in calls for extension in ("1001", "1002")
            }
            leg = listener.roster.operator_leg("mid-1", "1001")
            await play.actor.act(
                Action="Redirect", Channel=leg or "", Context="callboard-standin-answered", Exten="1001", Priority=1
            )
            await desk.until(lambda: "answered mid-1 1001" in desk.words)
            # Told when the phone took the call; a list shows it only when the two are in one bridge.
            await desk.until(lambda: listener.roster.connected_legs("mid-1") == {"1001"})
        again = Desk()
        async with listening(again, asterisk.port, READER_SECRET) as listener:
            await again.until(lambda: listener.connected)
            assert [(one.linkedid, one.extension) for one in again.snapshots[0].answered] == [("mid-1", "1001")]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_asterisk_restarted_in_mid_call_is_told_and_the_state_read_afresh(
    asterisk: Asterisk, desk: Desk, how: signal.Signals
) -> None:
    async with listening(desk, asterisk.port, READER_SECRET) as listener:
        await desk.until(lambda: listener.connected)
        async with stage(asterisk) as play:
            await play.call("restart-1")
            await play.rings()
        await desk.until(lambda: len(desk.words) == 3)
        await asterisk.stop(how)
        await desk.until(lambda: not listener.connected)
        await asterisk.start()
        await desk.until(lambda: listener.connected)
        assert [part.ok for part in desk.parts] == [True, False, True]
        assert desk.snapshots[-1].calls == ()
        assert not listener.roster.is_up("restart-1")
        async with stage(asterisk) as play:
            await play.call("restart-2")
            await desk.until(lambda: any(isinstance(e, CallSeen) and e.linkedid == "restart-2" for e in desk.told))


async def test_a_frozen_asterisk_is_noticed_and_found_again(asterisk: Asterisk, desk: Desk) -> None:
    async with listening(desk, asterisk.port, READER_SECRET, silent_after_s=1, login_timeout_s=1) as listener:
        await desk.until(lambda: listener.connected)
        assert asterisk.process is not None
        asterisk.process.send_signal(signal.SIGSTOP)
        await desk.until(lambda: not listener.connected)
        assert "nothing has come" in desk.parts[-1].reason
        asterisk.process.send_signal(signal.SIGCONT)
        await desk.until(lambda: listener.connected)
    assert [part.ok for part in desk.parts] == [True, False, True]


def failed(play: Stage) -> set[str]:
    """The calls that Asterisk says it could not place: on a busy machine one in some hundred."""
    told = re.findall(
        rb"Event: OriginateResponse\r\n(?:[^\r]+\r\n)*?Response: Failure\r\n(?:[^\r]+\r\n)*?Uniqueid: (storm-\d+)\r\n",
        play.reader.heard,
    )
    return {name.decode() for name in told}


async def test_of_more_events_than_there_is_room_for_none_is_lost_uncounted(
    asterisk: Asterisk, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A8. While our loop is held up, Asterisk tells of more channels than may wait, and of callers among them.

    In = out + dropped; what was dropped is what a list of channels gives back, and it was given back. Seen failing with dropped
    events uncounted, with callers' arrivals dropped as well (`_LASTING` of ami/backlog.py), and without the list afterwards.
    """
    out: Counter[str] = Counter()
    take = Backlog.take

    def counted(backlog: Backlog) -> tuple[str, Message] | None:
        taken = take(backlog)
        out.update([taken[0]] if taken else [])
        return taken

    monkeypatch.setattr(Backlog, "take", counted)
    bounds = {"queue_limit": 100, "resync_every_s": 3600}
    async with listening(desk, asterisk.port, READER_SECRET, **bounds) as listener, stage(asterisk) as play:
        await desk.until(lambda: listener.resyncs == 2)  # the lists that come by themselves
        snapshots = len(desk.snapshots)
        placed = 0
        while not listener.dropped:
            for _ in range(STORM):
                context = "test-customer" if placed % 10 else "callboard-incoming"
                await play.call(f"storm-{placed}", context=context)
                placed += 1
            time.sleep(2)  # nobody has his turn, as when our process was stopped
            await asyncio.sleep(0.1)
        calls = {f"storm-{n}" for n in range(placed)}
        callers = {f"storm-{n}" for n in range(0, placed, 10)}
        await desk.until(
            lambda: callers <= {event.linkedid for event in desk.told if isinstance(event, CallSeen)} | failed(play)
        )
        await desk.until(lambda: len(desk.snapshots) > snapshots and not listener.backlog.torn)
        await desk.until(lambda: len(listener.backlog) == 0)
        await desk.until(lambda: all(listener.roster.is_up(call) for call in calls - failed(play)))
        assert len(failed(play)) < placed // 10, "a storm that Asterisk itself did not place proves nothing"
        booted = 1  # FullyBooted is for the link itself and never waits
        assert listener.events_in == booted + listener.ignored + out.total() + listener.dropped + len(listener.backlog)
    assert not {"UserEvent", "Hangup"} & listener.dropped_by.keys()
    assert listener.dropped == sum(listener.dropped_by.values())


async def test_a_wrong_secret_is_told_in_asterisks_words(asterisk: Asterisk, desk: Desk) -> None:
    async with listening(desk, asterisk.port, "not-the-secret"):
        await desk.until(lambda: len(desk.parts) == 1)
    assert "refuses the user 'callboard-reader' or its secret (Authentication failed)" in desk.parts[0].reason
