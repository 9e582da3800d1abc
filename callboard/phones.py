"""What the panel's keys do to calls: pick up the operator's phone, hang up. The PBX does it; here the right channel is found."""

from __future__ import annotations

from ami.actions import Actions
from ami.errors import AmiError
from ami.roster import Roster
from desk.errors import Conflict, NotFound
from desk.work import Desk
from models import Call
from web.keys import Person

STANDIN_ANSWERED = "callboard-standin-answered"


class PhoneUnavailable(Conflict):
    """The operator's phone cannot do that now; the sentence says why."""

    code = "phone_unavailable"


class PickUpYourPhone(Conflict):
    """The call rings at a real desk phone, which only a hand can pick up."""

    code = "pick_up_your_phone"


class Phones:
    """The desk phones, through the PBX."""

    def __init__(self, desk: Desk, roster: Roster, actions: Actions) -> None:
        self._desk = desk
        self._roster = roster
        self._actions = actions

    async def answer(self, call_id: int, operator: Person) -> None:
        """Pick up at the operator's stand-in phone. Raises NotFound, PhoneUnavailable, PickUpYourPhone."""
        linkedid = await self._linkedid(call_id)
        if operator.extension is None:
            raise PhoneUnavailable("you have no extension, so no phone rings for you")
        leg = self._roster.operator_leg(linkedid, operator.extension)
        if leg is None:
            raise PhoneUnavailable("your phone does not ring for this call")
        if leg.startswith("PJSIP/"):
            raise PickUpYourPhone("the call rings at your desk phone: pick it up there", extension=operator.extension)
        await self._ask(self._actions.redirect(leg, STANDIN_ANSWERED, operator.extension))

    async def hangup(self, call_id: int, operator: Person) -> None:
        """End the call for the caller. Raises NotFound, PhoneUnavailable."""
        channel = self._roster.caller_channel(await self._linkedid(call_id))
        if channel is None:
            raise PhoneUnavailable("the call is over already")
        await self._ask(self._actions.hangup(channel))

    async def _linkedid(self, call_id: int) -> str:
        async with self._desk.look() as session:
            call = await session.get(Call, call_id)
        if call is None:
            raise NotFound("there is no such call", call_id=call_id)
        if call.linkedid is None:
            raise PhoneUnavailable("this call came by a caller-ID box: its phone is not on the PBX")
        return call.linkedid

    @staticmethod
    async def _ask(action: object) -> None:
        try:
            await action  # type: ignore[misc]
        except AmiError as error:
            raise PhoneUnavailable(f"the PBX did not do it: {error}") from error


class NoPhones:
    """Where there is no Asterisk: boxes only."""

    async def answer(self, call_id: int, operator: Person) -> None:
        """Refuse in words."""
        raise PhoneUnavailable("callboard runs without Asterisk here: pick up the phone itself")

    async def hangup(self, call_id: int, operator: Person) -> None:
        """Refuse in words."""
        raise PhoneUnavailable("callboard runs without Asterisk here: hang up at the phone itself")
