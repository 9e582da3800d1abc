"""Who may talk in the name of a call: one that Asterisk has, and where Asterisk cannot be asked, everybody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from agi.errors import Refused
from ami.listener import Listener
from ami.settings import Settings
from callboard.live_callers import LiveCallers
from desk.bus import Bus
from desk.events import CallSeen
from desk.work import utc_now
from tests.agi.noted_desk import NotedDesk
from tests.ami.peer import Headers, StandInPbx, event

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ARRIVAL = event("UserEvent", Channel="PJSIP/t-1", Uniqueid="c.1", UserEvent="CallboardArrived", Line="15880001")


def seen(linkedid: str) -> CallSeen:
    """A call as a conversation tells of it."""
    return CallSeen(NOON, "pbx", linkedid, "15880001", None, None, "withheld", linkedid)


@asynccontextmanager
async def listening(peer: StandInPbx) -> AsyncIterator[tuple[LiveCallers, NotedDesk]]:
    """A listener on this Asterisk, and the desk behind the check."""
    listener = Listener(Settings(port=peer.port), "s", Bus(), utc_now)
    running = asyncio.create_task(listener.run())
    await peer.until(lambda: listener.connected)
    desk = NotedDesk()
    try:
        yield LiveCallers(desk, listener), desk
    finally:
        running.cancel()
        await asyncio.wait([running])


async def test_a_call_that_asterisk_tells_of_is_greeted_and_any_other_is_refused() -> None:
    async with StandInPbx.started() as peer, listening(peer) as (callers, desk):
        peer.writer.write(ARRIVAL)  # not yet read when the conversation begins
        await callers.greeting(seen("c.1"))
        with pytest.raises(Refused):
            await callers.greeting(seen("c.2"))
        assert [one.reference for one in desk.greeted] == ["c.1"]


async def test_a_call_that_was_transferred_goes_by_the_name_of_a_channel_that_is_gone() -> None:
    async with StandInPbx.started() as peer, listening(peer) as (callers, _):
        peer.writer.write(ARRIVAL.replace(b"c.1\r\n", b"c.1\r\nLinkedid: c.0\r\n"))
        await callers.greeting(seen("c.0"))


async def test_everybody_is_believed_while_asterisk_does_not_answer() -> None:
    silent = False

    def answer(headers: Headers, peer: StandInPbx) -> bytes | None:
        return b"" if silent and headers["action"] == "Ping" else None

    async with StandInPbx.started(answer) as peer, listening(peer) as (callers, desk):
        silent = True
        await callers.greeting(seen("c.2"))
        assert desk.greeted


async def test_everybody_is_believed_while_there_is_no_link() -> None:
    desk = NotedDesk()
    await LiveCallers(desk, Listener(Settings(), "s", Bus(), utc_now)).greeting(seen("c.2"))
    assert desk.greeted
