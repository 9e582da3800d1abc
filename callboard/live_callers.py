"""Nobody holds a conversation in the name of a call that is not on the PBX: FastAGI has no log-in beyond its token."""

from __future__ import annotations

import asyncio

from agi.desk_side import DeskSide, Greeting
from agi.errors import Refused
from ami.errors import AmiError
from ami.listener import Listener
from desk.events import CallSeen

ANSWER_WITHIN_S = 0.5
LOOK_EVERY_S = 0.002
LOOKS = 10


class LiveCallers:
    """A DeskSide before another one: a caller whom Asterisk, heard well, does not have is refused.

    Where the event link is down or does not answer, everybody is believed: a caller is worth more than the check.
    """

    def __init__(self, desk_side: DeskSide, listener: Listener) -> None:
        self._desk_side = desk_side
        self._listener = listener

    async def greeting(self, seen: CallSeen) -> Greeting:
        """As DeskSide. Raises Refused for a call that never was."""
        if await self._never_was(seen.reference):
            raise Refused("Asterisk has no channel of this name")
        return await self._desk_side.greeting(seen)

    async def choose(
        self,
        call_id: int,
        kind: str,
        *,
        place_id: int | None = None,
        text: str | None = None,
        recording_path: str | None = None,
    ) -> None:
        """As DeskSide."""
        await self._desk_side.choose(call_id, kind, place_id=place_id, text=text, recording_path=recording_path)

    async def treated(self, call_id: int, priority: int, heard: str | None) -> None:
        """As DeskSide."""
        await self._desk_side.treated(call_id, priority, heard)

    async def _never_was(self, linkedid: str) -> bool:
        if self._is_up(linkedid) or not self._listener.connected:
            return False
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                return not await self._is_told(linkedid) and self._listener.connected and not self._is_up(linkedid)
        except (AmiError, TimeoutError):
            return False

    async def _is_told(self, linkedid: str) -> bool:
        """Whether the call is heard of while everything is read that Asterisk had told before it opened the conversation."""
        told, backlog = self._listener.roster.is_up, self._listener.backlog
        for _ in range(LOOKS):  # most often the event is on its way, on the other connection
            await asyncio.sleep(LOOK_EVERY_S)
            if told(linkedid):
                return True
        await self._listener.link.ask({"Action": "Ping"})  # answered behind what was told before
        while len(backlog) and not told(linkedid):  # noqa: ASYNC110 -- emptied in slices, by another task
            await asyncio.sleep(LOOK_EVERY_S)
        return told(linkedid)

    def _is_up(self, linkedid: str) -> bool:
        # A caller who was transferred has the Linkedid of a channel that may be gone.
        roster = self._listener.roster
        return roster.is_up(linkedid) or any(one.linkedid == linkedid for one in roster.channels.values())
