"""What the panel's keys do to calls: pick up the operator's phone, hang up, call somebody.

The PBX does it; here the right channel is found, and what cannot be is refused in words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from operator import itemgetter

import structlog

from ami.actions import Actions
from ami.errors import ActionRefused, AmiError, NotConnected, OutcomeUnknown
from ami.roster import Roster
from desk.call import call_views, calls
from desk.call.calls import Target
from desk.errors import Conflict, NotFound
from desk.events import CallWanted
from desk.office import pauses
from desk.work import Desk, Work
from models import Call
from web.keys import Person

STANDIN_ANSWERED = "callboard-standin-answered"
WISH_LIMIT_S = 60.0
LOOK_EVERY_S = 0.05
NO_LINK = "there is no link to Asterisk now"

log = structlog.get_logger(__name__)


class PhoneUnavailable(Conflict):
    """The operator's phone cannot do that now; the sentence says why."""

    code = "phone_unavailable"


class PickUpYourPhone(Conflict):
    """The call rings at a real desk phone, which only a hand can pick up."""

    code = "pick_up_your_phone"


class ColleagueFirst(Conflict):
    """A colleague has asked for the call already, and it does not ring here."""

    code = "colleague_first"


class NoExtension(PhoneUnavailable):
    """The operator has no phone on the PBX."""

    code = "no_extension"


class PbxAway(PhoneUnavailable):
    """There is no link to Asterisk now."""

    code = "pbx_away"


class InACall(PhoneUnavailable):
    """The operator's phone is in a call, or rings for one that he has placed."""

    code = "in_a_call"


class NoWayOut(PhoneUnavailable):
    """This site places no calls: no trunk is configured for it, or there is no Asterisk."""

    code = "no_way_out"


@dataclass(frozen=True, slots=True)
class _Wish:
    """An operator waits until the call rings at his phone."""

    call_id: int
    operator: Person
    task: asyncio.Task[None]


class Phones:
    """The desk phones, through the PBX.

    An operator may take a call while its caller still talks to the voice menu, waits behind others, or between two rings: the
    wish is kept and told to all, so that the next operator takes the next caller; the phone picks up as soon as it rings for
    that call. An operator has one wish, and a call that rings at a phone is that operator's who asks for it there.
    """

    def __init__(self, desk: Desk, roster: Roster, actions: Actions, *, way_out: bool = False) -> None:
        self._desk = desk
        self._roster = roster
        self._actions = actions
        self._way_out = way_out
        self._wishes: dict[str, _Wish] = {}

    async def next(self, operator: Person) -> int | None:
        """Whose ringing this operator's phone hears; else who rings nowhere, or anywhere, and whom no colleague has asked for."""
        async with self._desk.look() as session:
            waiting = await call_views.waiting(session, operator.office_id)
        rings = self._roster.ringing()
        asked = {linkedid for linkedid, wish in self._wishes.items() if wish.operator.id != operator.id}
        here = [call_id for call_id, linkedid in waiting if operator.extension in rings.get(linkedid, ())]
        free = [(linkedid in rings, call_id) for call_id, linkedid in waiting if linkedid not in asked]
        return here[0] if here else min(free, key=itemgetter(0), default=(False, None))[1]

    async def answer(self, call_id: int, operator: Person) -> None:
        """Pick up at the operator's stand-in phone, now or as soon as it rings.

        Raises NotFound, PhoneUnavailable, PickUpYourPhone, ColleagueFirst, Paused.
        """
        linkedid = await self._linkedid(call_id)
        if operator.extension is None:
            raise PhoneUnavailable("you have no extension, so no phone rings for you")
        if not self._roster.is_up(linkedid):
            raise PhoneUnavailable("the call is over already")
        if await self._picked_up(linkedid, operator.extension):
            self._drop_wish_of(operator)
            return
        if operator.extension in self._roster.ringing().get(linkedid, ()):
            raise PickUpYourPhone("the call rings at your desk phone: pick it up there", extension=operator.extension)
        if self._roster.connected_legs(linkedid):
            raise PhoneUnavailable("a colleague has the call already")
        await self._refuse_the_paused(operator)
        wish = self._wishes.get(linkedid)
        if wish is None:
            self._wish(linkedid, call_id, operator, operator.extension)
        elif wish.operator.id != operator.id:
            raise ColleagueFirst(f"{wish.operator.name} has asked for this call already", operator=wish.operator.name)

    async def _refuse_the_paused(self, operator: Person) -> None:
        """No queue rings the phone of somebody who is paused: he would wait for nothing."""
        async with self._desk.look() as session:
            pause = await pauses.of_operator(session, operator.id)
        if pause is not None:
            raise pauses.Paused("you take no calls now: say that you are ready first", reason=pause.reason)

    async def _picked_up(self, linkedid: str, extension: str) -> bool:
        """Whether the phone rang for the call and has picked up. Raises PhoneUnavailable."""
        leg = self._roster.operator_leg(linkedid, extension)
        if leg is None:
            return False
        try:
            await self._actions.redirect(leg, STANDIN_ANSWERED, extension)
        except ActionRefused:
            # It has stopped ringing there in this moment: a colleague was first, or the queue begins anew. We hear of it, too.
            await asyncio.sleep(LOOK_EVERY_S)
            if (now := self._roster.operator_leg(linkedid, extension)) is None:
                return False
            await self._ask(self._actions.redirect(now, STANDIN_ANSWERED, extension))
        except AmiError as error:
            raise _in_words(error) from error
        return True

    def _wish(self, linkedid: str, call_id: int, operator: Person, extension: str) -> None:
        self._drop_wish_of(operator)
        task = asyncio.create_task(self._pick_up_when_it_rings(linkedid, extension))
        self._wishes[linkedid] = _Wish(call_id, operator, task)
        self._tell(call_id, operator.id)
        task.add_done_callback(lambda done: self._forget(linkedid, done))

    def _drop_wish_of(self, operator: Person) -> None:
        for wish in self._wishes.values():
            if wish.operator.id == operator.id:
                wish.task.cancel()

    def _tell(self, call_id: int, operator_id: int | None) -> None:
        self._desk.bus.tell(CallWanted(self._desk.clock(), call_id, operator_id))

    async def _pick_up_when_it_rings(self, linkedid: str, extension: str) -> None:
        # Asked of the roster, not heard as an event: a queue that rings again tells nothing new.
        async with asyncio.timeout(WISH_LIMIT_S):
            while (leg := self._roster.operator_leg(linkedid, extension)) is None:
                if not self._roster.is_up(linkedid) or self._roster.connected_legs(linkedid):
                    return
                await asyncio.sleep(LOOK_EVERY_S)
        await self._actions.redirect(leg, STANDIN_ANSWERED, extension)

    def _forget(self, linkedid: str, done: asyncio.Task[None]) -> None:
        self._tell(self._wishes.pop(linkedid).call_id, None)
        if not done.cancelled() and (error := done.exception()) is not None:
            log.warning("a phone could not be picked up as wished", linkedid=linkedid, reason=str(error))

    async def hangup(self, call_id: int, operator: Person) -> None:
        """End the call for the caller. Raises NotFound, PhoneUnavailable."""
        channel = self._roster.caller_channel(await self._linkedid(call_id))
        if channel is None:
            raise PhoneUnavailable("the call is over already")
        await self._ask(self._actions.hangup(channel))

    async def dial(self, target: Target, operator: Person) -> None:
        """Ring the operator's own phone and, once he has picked up, whom he means; who asked for it is on record.

        Raises NotFound, NobodyToCall, NotDialable, NoWayOut, NoExtension, PbxAway, InACall, PhoneUnavailable.
        """
        extension = self._free_phone(operator)
        async with self._desk.look() as session:
            dial = await calls.dial_of(session, operator.office_id, target)

        async def on_record(work: Work) -> None:
            calls.on_record(work, operator.id, dial)

        await self._desk.do(on_record)
        try:
            await self._actions.dial(extension, dial.digits, dial.line)
        except NotConnected as error:
            raise PbxAway(NO_LINK) from error
        except OutcomeUnknown as error:
            raise PhoneUnavailable("Asterisk did not say whether it placed the call; look at your phone") from error
        except AmiError as error:
            raise _in_words(error) from error

    def _free_phone(self, operator: Person) -> str:
        """The operator's extension, where his phone can be rung for a call of his own."""
        if not self._way_out:
            raise NoWayOut("no trunk is configured for calls that go out")
        if operator.extension is None:
            raise NoExtension("you have no extension, so no phone of yours can be rung")
        if not self._actions.connected:
            raise PbxAway(NO_LINK)
        if self._roster.busy(operator.extension):
            raise InACall("your phone is in a call already")
        return operator.extension

    async def _linkedid(self, call_id: int) -> str:
        async with self._desk.look() as session:
            call = await session.get(Call, call_id)
        if call is None:
            raise NotFound("there is no such call", call_id=call_id)
        if call.linkedid is None:
            raise PhoneUnavailable("this call came by a caller-ID box: its phone is not on the PBX")
        return call.linkedid

    @staticmethod
    async def _ask(action: Awaitable[None]) -> None:
        try:
            await action
        except AmiError as error:
            raise _in_words(error) from error


def _in_words(error: AmiError) -> PhoneUnavailable:
    return PhoneUnavailable(f"the PBX did not do it: {error}")


class NoPhones:
    """Where there is no Asterisk: boxes only."""

    async def next(self, operator: Person) -> int | None:
        """Nobody rings on a PBX."""
        return None

    async def answer(self, call_id: int, operator: Person) -> None:
        """Refuse in words."""
        raise PhoneUnavailable("callboard runs without Asterisk here: pick up the phone itself")

    async def hangup(self, call_id: int, operator: Person) -> None:
        """Refuse in words."""
        raise PhoneUnavailable("callboard runs without Asterisk here: hang up at the phone itself")

    async def dial(self, target: Target, operator: Person) -> None:
        """Refuse in words."""
        raise NoWayOut("callboard runs without Asterisk here: dial at the phone itself")
