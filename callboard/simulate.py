"""Plays recorded AMI streams through the real path (splitting, translation, readings, desk, rows) without a PBX.

A recording is what Asterisk wrote to the event link, byte for byte. Its own Timestamp headers say when what happened; `speed`
divides the pauses, 0 leaves them out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from ami.framing import Splitter
from ami.message import Message
from ami.roster import Roster
from ami.settings import Settings as AmiSettings
from ami.translate import translate
from callboard.readings import Readings
from desk import calls
from desk.bus import Bus
from desk.events import Event
from desk.views import CallView
from desk.work import Desk

LONGEST_PAUSE_S = 60.0


@dataclass(frozen=True, slots=True)
class Moment:
    """One recorded AMI event."""

    at: datetime
    name: str
    message: Message


def moments(recording: bytes) -> Iterator[Moment]:
    """The events of a recording, in order. What carries no time happens with the one before it."""
    at = datetime.now(UTC)
    for raw in Splitter().feed(recording):
        message = Message(raw)
        stamp = message.text("Timestamp")
        if stamp is not None:
            at = datetime.fromtimestamp(float(stamp), UTC)
        yield Moment(at, message.text("Event") or "", message)


async def play(recording: bytes, desk: Desk, bus: Bus, speed: float) -> list[Event]:
    """Play one recording; returns what the desk told. The rows are stored when it returns."""
    told: list[Event] = []
    stop_listening = bus.on(Event, told.append)
    readings = Readings(desk, bus, lambda: None, calls.SAME_CALL_WINDOW_S)
    roster = Roster(AmiSettings())
    worker = asyncio.create_task(readings.run())
    before: datetime | None = None
    try:
        for moment in moments(recording):
            if before is not None and speed > 0:
                pause = (moment.at - before).total_seconds() / speed
                await asyncio.sleep(max(0.0, min(pause, LONGEST_PAUSE_S)))
            before = moment.at
            for event in translate(moment.name, moment.message, roster, moment.at):
                bus.tell(event)
            await asyncio.sleep(0)
        await readings.settled()
    finally:
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
        stop_listening()
        readings.stop_listening()
    return told


async def newest_calls(desk: Desk, office_id: int, limit: int) -> list[CallView]:
    """The calls that are there now, newest first."""
    async with desk.look() as session:
        return list((await calls.calls_list(session, calls.CallFilter(office_id=office_id, limit=limit))).items)
