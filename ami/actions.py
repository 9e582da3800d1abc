"""The action link: what we ask of the PBX. Each request is typed; nothing free reaches Asterisk, and nothing is sent twice.

`originate` is as strong as a shell in Asterisk's own words, so it takes digits and one of our own contexts and nothing else.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime

from ami.errors import ActionRefused, ActionTimeout, LinkLost, NotConnected, OutcomeUnknown, UnsafeAction
from ami.framing import FieldValue
from ami.link import Link
from ami.members import OURS, QueueMember, member_of
from ami.message import Message
from ami.roster import PLACED_ID
from ami.settings import Settings
from desk.bus import Bus
from desk.events import PartChanged
from desk.work import utc_now

PART = "ami-actor"
_DIGITS = re.compile(r"[0-9]{1,20}")
_DIALLED = re.compile(r"[0-9]{3,15}")
_NUMBER = re.compile(r"\+?[0-9*#]{1,20}|anonymous")
_VARIABLE = re.compile(r"_{0,2}CB_[A-Z0-9_]{1,40}")
_VALUE = re.compile(r"[A-Za-z0-9 .:+@/-]{0,200}")
_WORD = re.compile(r"[a-z_]{1,20}")
_CHANNEL_ID = re.compile(r"[A-Za-z0-9-]{1,60}")
_CHANNEL = re.compile(r"(?:Local|PJSIP)/[A-Za-z0-9_.@/;*#+-]{1,150}")


class Actions:
    """Runs until cancelled; the other methods may be called at any time and raise NotConnected while there is no link."""

    def __init__(
        self, settings: Settings, secret: str, bus: Bus | None = None, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self.settings = settings
        self._secret = secret
        self._bus = bus
        self._clock = clock
        self._link: Link | None = None
        self._told: bool | None = None

    @property
    def connected(self) -> bool:
        """Can an action be sent now?"""
        return self._link is not None and self._link.connected

    @property
    def reason(self) -> str:
        """Why the link was last lost, as a sentence."""
        return self._link.reason if self._link else "not started"

    @property
    def waiting(self) -> int:
        """Actions whose answers have not come yet."""
        protocol = self._link.protocol if self._link else None
        return len(protocol.responses) if protocol else 0

    async def run(self) -> None:
        """Keep the action link up until cancelled."""
        self._link = Link(self.settings, self.settings.actor_user, self._secret)
        await self._link.keep(self._serve, self._lost)

    async def _serve(self) -> None:
        assert self._link is not None
        self._link.settled = True
        self._tell(True, "")
        await asyncio.get_running_loop().create_future()

    def _lost(self, lost: LinkLost) -> None:
        self._tell(False, str(lost))

    def _tell(self, ok: bool, reason: str) -> None:
        if self._bus is not None and ok != self._told:
            self._bus.tell(PartChanged(self._clock(), PART, ok, reason))
        self._told = ok

    # --- what may be asked -----------------------------------------------------------------------------------------

    async def originate(
        self,
        digits: str,
        context: str,
        *,
        to_context: str,
        to_exten: str,
        number: str | None = None,
        name: str | None = None,
        variables: Mapping[str, str] | None = None,
        ring_s: float = 30.0,
        channel_id: str | None = None,
    ) -> str:
        """Dial `Local/<digits>@<context>/n` and send it, once answered, to `to_exten` in `to_context`. Returns its channel id.

        Both contexts must be among `originate_contexts`. The id is the new channel's Uniqueid, and so the call's Linkedid.
        Raises UnsafeAction or NotConnected (nothing was sent), ActionRefused (nothing was dialled), or OutcomeUnknown: the
        answer was lost; `resolve()` tells whether the call is up, and nothing is ever dialled again by itself.
        """
        channel_id = f"callboard-{uuid.uuid4().hex}" if channel_id is None else channel_id
        allowed = self.settings.originate_contexts
        channel = f"Local/{_checked('digits', digits, _DIGITS)}@{self._one_of('context', context, allowed)}/n"
        fields: dict[str, FieldValue] = {
            "Action": "Originate",
            "Channel": channel,
            "ChannelId": _checked("channel_id", channel_id, _CHANNEL_ID),
            "Context": self._one_of("to_context", to_context, allowed),
            "Exten": _checked("to_exten", to_exten, _DIGITS),
            "Priority": 1,
            "Timeout": round(ring_s * 1000),
            "Async": "true",
        }
        if number is not None or name is not None:
            fields["CallerID"] = _caller_id(number, name)
        if variables:
            fields["Variable"] = [
                f"{_checked('variable', key, _VARIABLE)}={_checked(key, value, _VALUE)}"
                for key, value in variables.items()
            ]
        try:
            await self._ask(fields)
        except (ActionTimeout, LinkLost) as lost:
            raise OutcomeUnknown(
                "Asterisk was asked for a call and its answer was lost; it is not asked again", channel_id=channel_id
            ) from lost
        return channel_id

    async def dial(self, extension: str, digits: str, line: str, *, ring_s: float = 30.0) -> str:
        """Ring the operator's own phone and, once he has picked up, call `digits` with the DID `line` as our number.

        Returns the call's Linkedid. Raises as `originate` does.
        """
        return await self.originate(
            extension,
            self.settings.operator_context,
            to_context=self.settings.dial_context,
            to_exten=line,
            number=line,  # also on the operator's own phone: he need not know the number to call it
            variables={"CB_DIAL": _checked("digits", digits, _DIALLED)},
            ring_s=ring_s,
            channel_id=f"{PLACED_ID}{uuid.uuid4().hex}",
        )

    async def resolve(self, channel_id: str) -> bool:
        """Is the call that was asked for under this id up now?"""
        return any(row.text("Uniqueid") == channel_id for row in await self.core_show_channels())

    async def redirect(self, channel: str, context: str, exten: str) -> None:
        """Send a live channel to priority 1 of `exten` in one of `redirect_contexts`."""
        await self._ask(
            {
                "Action": "Redirect",
                "Channel": _checked("channel", channel, _CHANNEL),
                "Context": self._one_of("context", context, self.settings.redirect_contexts),
                "Exten": _checked("exten", exten, re.compile(r"[0-9a-z]{1,20}")),
                "Priority": 1,
            }
        )

    async def hangup(self, channel: str, cause: int = 16) -> None:
        """Hang a live channel up; `cause` is Q.850. Raises ActionRefused where it has gone already."""
        await self._ask({"Action": "Hangup", "Channel": _checked("channel", channel, _CHANNEL), "Cause": int(cause)})

    async def pause(self, extension: str, paused: bool, reason: str) -> None:
        """Have all queues ring this phone no more, or again. Raises ActionRefused where no queue knows it.

        The reason is marked as ours: what Asterisk tells of it is no news (ami/translate.py).
        """
        await self._ask(
            {
                "Action": "QueuePause",
                "Interface": f"Local/{_checked('extension', extension, _DIGITS)}@{self.settings.operator_context}/n",
                "Paused": "true" if paused else "false",
                "Reason": f"{OURS}{_checked('reason', reason, _WORD)}",
            }
        )

    async def queue_members(self) -> list[QueueMember]:
        """Every phone as each of its queues has it."""
        rows = (await self._ask({"Action": "QueueStatus"}))[1:]
        members = (member_of(row, self.settings) for row in rows if row.text("Event") == "QueueMember")
        return [member for member in members if member is not None]

    async def ping(self) -> None:
        """Ask Asterisk for a sign of life."""
        await self._ask({"Action": "Ping"})

    async def core_show_channels(self) -> list[Message]:
        """Every channel that is up, one message each."""
        return [
            row
            for row in (await self._ask({"Action": "CoreShowChannels"}))[1:]
            if row.text("Event") == "CoreShowChannel"
        ]

    # --- inside ----------------------------------------------------------------------------------------------------

    async def _ask(self, fields: Mapping[str, FieldValue]) -> list[Message]:
        if self._link is None:
            raise NotConnected("the action link was not started")
        try:
            answer = await self._link.ask(fields)
        except TimeoutError:
            raise ActionTimeout(f"Asterisk did not answer {fields['Action']} in time") from None
        if answer[0].text("Response") != "Success":
            words = answer[0].text("Message") or "no reason given"
            raise ActionRefused(f"Asterisk refuses {fields['Action']}: {words}", answer=words)
        return answer

    @staticmethod
    def _one_of(field: str, value: str, allowed: tuple[str, ...]) -> str:
        if value not in allowed:
            raise UnsafeAction(f"{value!r} is not one of our contexts for this", field=field)
        return value


def _checked(field: str, value: str, shape: re.Pattern[str]) -> str:
    if not shape.fullmatch(value):
        raise UnsafeAction(f"the {field} of an action has a wrong shape", field=field)
    return value


def _caller_id(number: str | None, name: str | None) -> str:
    """`"name" <number>`; signs that would end the name early are left out of it, control characters are refused."""
    shown = "".join(sign for sign in name or "" if sign not in '"\\<>')
    return f'"{shown}" <{_checked("number", number, _NUMBER) if number is not None else ""}>'
