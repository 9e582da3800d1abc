"""Makes the PBX equal to the rows: who takes no calls is rung by no queue, who is ready again is.

The row holds: while Asterisk is away it waits, and after a restart of Asterisk or of callboard every phone is put right again;
once a minute all are compared. A pause that somebody sets at the PBX itself becomes a row.
"""

from __future__ import annotations

import asyncio
from functools import partial

import structlog

from ami.actions import PART as ACTOR
from ami.actions import Actions
from ami.errors import ActionRefused, AmiError
from desk.bus import Bus
from desk.database_errors import Busy, in_words, is_away
from desk.events import Event, OperatorPaused, PartChanged, PbxSnapshot, PhonePaused
from desk.office import pauses
from desk.work import Desk
from models import Operator

PART = "pauses"
READY = "ready"
AGAIN_S = 5.0

log = structlog.get_logger(__name__)


class Pauses:
    """Runs until cancelled. What is heard meanwhile is done in order; what fails, with the next look at everything."""

    def __init__(self, desk: Desk, bus: Bus, actions: Actions) -> None:
        self._desk = desk
        self._bus = bus
        self._actions = actions
        self._heard: asyncio.Queue[Event] = asyncio.Queue()
        self._told: bool | None = None
        self._stops = [bus.on(kind, self._heard.put_nowait) for kind in (OperatorPaused, PhonePaused, PbxSnapshot)]
        self._stops.append(bus.on(PartChanged, self._linked))

    def _linked(self, event: PartChanged) -> None:
        if event.part == ACTOR and event.ok:
            self._heard.put_nowait(event)

    async def run(self) -> None:
        """Go on until cancelled."""
        await self._do(None)
        while True:
            try:
                async with asyncio.timeout(AGAIN_S if self._told is False else None):
                    event = await self._heard.get()
            except TimeoutError:
                event = None
            await self._do(event)

    async def _do(self, event: Event | None) -> None:
        try:
            match event:
                case PhonePaused(extension=extension, paused=paused):
                    await self._desk.do(partial(pauses.heard, extension=extension, paused=paused))
                case OperatorPaused(operator_id=operator_id):
                    await self._apply(operator_id)
                case _:
                    await self._compare()
        except AmiError as error:
            self._tell(False, str(error))
        except Exception as error:
            if not isinstance(error, Busy) and not is_away(error):
                raise
            self._tell(False, in_words(error))
        else:
            self._tell(True, "")

    async def _apply(self, operator_id: int) -> None:
        async with self._desk.look() as session:
            operator = await session.get_one(Operator, operator_id)
            pause = await pauses.of_operator(session, operator_id)
        if operator.extension is None:
            return
        try:
            await self._actions.pause(operator.extension, pause is not None, pause.reason if pause else READY)
        except ActionRefused as refused:
            log.info("no queue knows this phone, so none rings it", extension=operator.extension, reason=str(refused))

    async def _compare(self) -> None:
        """Every phone as the rows have it, by our own word. What somebody else set at the PBX, and no row has, becomes one."""
        async with self._desk.look() as session:
            away = {pause.extension: pause.reason for pause in await pauses.now(session) if pause.extension}
        members = await self._actions.queue_members()
        told = set()
        for member in members:
            wanted = member.extension in away
            if member.extension in told or (member.paused == wanted and (member.ours or not wanted)):
                continue
            told.add(member.extension)
            if member.paused and not (member.ours or wanted):
                await self._desk.do(partial(pauses.heard, extension=member.extension, paused=True))
            else:
                await self._actions.pause(member.extension, wanted, away.get(member.extension, READY))
                log.info("a phone was paused or made ready at the queues", extension=member.extension, paused=wanted)

    def _tell(self, ok: bool, reason: str) -> None:
        if ok != self._told:
            self._bus.tell(PartChanged(self._desk.clock(), PART, ok, reason))
        self._told = ok
