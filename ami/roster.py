"""The channels that are up on the PBX, as the events tell them; pure state, rebuilt from a list of channels.

Who talks with whom is read from bridges: a leg is connected with a caller when a chain of bridges and of the two halves of
Local channels (";1", ";2") leads from one to the other. So a queue, a transfer and a stand-in phone look the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ami.message import Message, unescape
from ami.settings import Settings

_RINGING = ("4", "5")  # AST_STATE_RING, AST_STATE_RINGING (include/asterisk/channelstate.h)
_UP = "6"
PLACED_ID = "callboard-dial-"
"""Begins the Linkedid of each call that an operator places."""
_SEEN = ("channel", "uniqueid", "linkedid", "channelstate", "context", "exten", "calleridnum", "calleridname")
_KEYS = {prefix: tuple(prefix.lower() + key for key in _SEEN) for prefix in ("", "Dest")}


@dataclass(slots=True)
class Channel:
    """One live channel. `leg` is the extension whose operator leg this is, or None.

    `leads_on` is true of both halves of a Local channel once the second, which runs the dialplan and dials, has met a phone:
    from then on the phone talks, or nobody does. A stand-in phone answers in the dialplan, and meets none.
    """

    name: str
    uniqueid: str
    linkedid: str
    state: str = "0"
    bridge: str | None = None
    leads_on: bool = False
    context: str = ""
    exten: str = ""
    number: str | None = None
    caller_name: str | None = None
    leg: str | None = None


@dataclass(slots=True)
class Caller:
    """One incoming call that we told of: who calls which line, where it rang, who talks with him, and who has the call.

    `holder` is the extension that joined last, as long as it is there; after that one of those who still are. `told` is whether
    the dialplan told of the arrival: what a list of channels shows before that may lack the number. `told_of` is the extension
    of which we told last that it has the call.
    """

    linkedid: str
    line: str
    number: str | None
    name: str | None
    presentation: str = "allowed"
    rang: set[str] = field(default_factory=set)
    told: bool = False
    talks: frozenset[str] = frozenset()
    holder: str | None = None
    told_of: str | None = None

    def talk(self, legs: set[str]) -> list[str]:
        """`legs` talk with him now. Returns the extensions that have thereby come to have the call, in order.

        Where several come at once, the one of which we told already is not the news.
        """
        joined = sorted(legs - self.talks, key=lambda leg: (leg != self.told_of, leg))
        if not joined and legs and self.holder not in legs:
            joined = [min(legs)]
        self.talks = frozenset(legs)
        self.holder = joined[-1] if joined else self.holder if self.holder in legs else None
        return joined


@dataclass(slots=True)
class Dialled:
    """A call that an operator had placed: `extension` calls `number`, which sees the DID `line`; `rang`: it rings there."""

    linkedid: str
    line: str
    number: str
    extension: str
    rang: bool = False


class Roster:
    """Live channels and the callers among them. Bounded: over the limit it says so in `overfull` and forgets the oldest."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.overfull = False
        self.channels: dict[str, Channel] = {}
        self.callers: dict[str, Caller] = {}
        self.dialled: dict[str, Dialled] = {}
        self._by_name: dict[str, str] = {}
        self._bridges: dict[str, set[str]] = {}
        self._leg = re.compile(
            rf"(?:Local/(\d+)@{re.escape(settings.operator_context)}-|PJSIP/{re.escape(settings.phone_prefix)}(\d+)-)"
        )

    # --- questions of others ---------------------------------------------------------------------------------------

    def is_up(self, linkedid: str) -> bool:
        """Does the caller's own channel still live?"""
        return linkedid in self.channels

    def caller_channel(self, linkedid: str) -> str | None:
        """The name of the caller's own channel."""
        channel = self.channels.get(linkedid)
        return channel.name if channel else None

    def operator_leg(self, linkedid: str, extension: str) -> str | None:
        """The channel to redirect so that the stand-in phone of `extension` answers this call.

        None when nothing rings there for this call, or when a real phone does: that is answered by its owner.
        """
        legs = [leg for leg in self._group(linkedid) if leg.leg == extension and leg.state != _UP]
        if any(leg.name.startswith("PJSIP/") for leg in legs):
            return None
        halves = [leg.name for leg in legs if leg.name.endswith(";2")]
        return halves[-1] if halves else None

    def call_of(self, linkedid: str) -> str | None:
        """The call that a channel with this Linkedid belongs to; a transfer may have given the caller an older one."""
        if linkedid in self.callers:
            return linkedid
        for caller in self.callers:
            channel = self.channels.get(caller)
            if channel is not None and channel.linkedid == linkedid:
                return caller
        return None

    def call_run_by(self, channel: Channel) -> str | None:
        """The call whose caller's own channel this is, or the other half of his Local channel."""
        for one in (channel, self._other_half(channel)):
            if one is not None and one.uniqueid in self.callers:
                return one.uniqueid
        return None

    def connected_legs(self, linkedid: str) -> set[str]:
        """Extensions whose legs talk with this caller now."""
        start = self.channels.get(linkedid)
        if start is None:
            return set()
        seen, to_do, legs = {start.uniqueid}, [start], set()
        while to_do:
            channel = to_do.pop()
            for other in self._neighbours(channel):
                if other.uniqueid not in seen:
                    seen.add(other.uniqueid)
                    to_do.append(other)
                    if other.leg and not self._leads_on(other):
                        legs.add(other.leg)
        return legs

    def calls_in_bridge(self, bridge: str) -> list[str]:
        """The callers that a change in `bridge` may concern."""
        found: set[str] = set()
        to_do = [self.channels[one] for one in self._bridges.get(bridge, ()) if one in self.channels]
        seen = {channel.uniqueid for channel in to_do}
        while to_do:
            channel = to_do.pop()
            if channel.uniqueid in self.callers:
                found.add(channel.uniqueid)
            for other in self._neighbours(channel):
                if other.uniqueid not in seen:
                    seen.add(other.uniqueid)
                    to_do.append(other)
        return sorted(found)

    def busy(self, extension: str) -> bool:
        """Is this operator's phone in a call, or does it ring for one that he has placed?"""
        return any(
            leg.leg == extension and (leg.state == _UP or leg.linkedid.startswith(PLACED_ID))
            for leg in self.channels.values()
        )

    # --- what events and lists tell --------------------------------------------------------------------------------

    def see(self, message: Message, prefix: str = "") -> Channel | None:
        """Take the channel that `message` carries; None if it carries none."""
        name, uniqueid, linkedid, state, context, exten, number, caller_name = message.several(_KEYS[prefix])
        if not name or not uniqueid:
            return None
        channel = self.channels.get(uniqueid)
        if channel is None:
            channel = self._add(name, uniqueid)
        elif channel.name != name:
            self._by_name.pop(channel.name, None)
            self._name(channel, name)
        channel.linkedid = linkedid or channel.linkedid
        channel.state = state or channel.state
        channel.context = context or channel.context
        channel.exten = exten or channel.exten
        channel.number = number
        channel.caller_name = None if caller_name is None else unescape(caller_name)
        return channel

    def enter(self, channel: Channel, bridge: str) -> None:
        """The channel is in this bridge now, and in no other."""
        self.leave(channel)
        channel.bridge = bridge
        self._bridges.setdefault(bridge, set()).add(channel.uniqueid)
        for other in self._bridged_with(channel):
            self._meet(channel, other)
            self._meet(other, channel)

    def leave(self, channel: Channel) -> None:
        """The channel is in no bridge."""
        if channel.bridge is not None:
            members = self._bridges.get(channel.bridge, set())
            members.discard(channel.uniqueid)
            if not members:
                self._bridges.pop(channel.bridge, None)
        channel.bridge = None

    def forget(self, uniqueid: str) -> Caller | None:
        """The channel hung up. Returns the call, if it was a caller's own."""
        channel = self.channels.pop(uniqueid, None)
        if channel is not None:
            self.leave(channel)
            if self._by_name.get(channel.name) == uniqueid:
                del self._by_name[channel.name]
        self.dialled.pop(uniqueid, None)
        return self.callers.pop(uniqueid, None)

    def rebuild(self, rows: Iterable[Message]) -> None:
        """Forget all channels and take those of a CoreShowChannels list; what is known of callers still up stays."""
        self.channels.clear()
        self._by_name.clear()
        self._bridges.clear()
        self.overfull = False
        for row in rows:
            channel = self.see(row)
            bridge = row.text("BridgeId")
            if channel is not None and bridge:
                self.enter(channel, bridge)
        self.callers = {
            linkedid: caller
            for linkedid, caller in self.callers.items()
            if linkedid in self.channels and (caller.told or caller.number is not None)
        }
        self.dialled = {linkedid: each for linkedid, each in self.dialled.items() if linkedid in self.channels}

    def incoming(self) -> Iterator[tuple[str, Channel]]:
        """Each (Linkedid, channel that runs the dialplan) of calls that came in, whether we told of them or not."""
        ours = (self.settings.incoming_context, self.settings.queue_context)
        seen = set(self.callers)
        # Of a Local channel, the second half runs the dialplan and knows who calls.
        for channel in sorted(self.channels.values(), key=lambda channel: channel.name.endswith(";1")):
            # A trunk's channel that goes out stands in the trunk's own context, too, as long as it does nothing.
            comes_in = channel.context in ours and not channel.linkedid.startswith(PLACED_ID)
            if comes_in and channel.leg is None and channel.linkedid not in seen:
                seen.add(channel.linkedid)
                if channel.linkedid in self.channels:
                    yield channel.linkedid, channel

    def elsewhere(self) -> Iterator[tuple[str, Channel]]:
        """Each (Linkedid, channel) that may be a caller who was taken out of our contexts: transferred, or in a conference.

        Only his channel's variables can tell him from somebody whom an operator has called.
        """
        for channel in sorted(self.channels.values(), key=lambda channel: channel.name.endswith(";1")):
            known = channel.linkedid.startswith(PLACED_ID) or channel.linkedid not in self.channels
            if channel.leg is None and not known and self.call_of(channel.linkedid) is None:
                yield channel.linkedid, channel

    def placed(self) -> Iterator[Channel]:
        """Operators' own channels that dial somebody, and of which we have not told."""
        for channel in self.channels.values():
            own = channel.leg is not None and channel.uniqueid == channel.linkedid
            if own and channel.context == self.settings.dial_context and channel.uniqueid not in self.dialled:
                yield channel

    def ringing(self) -> dict[str, set[str]]:
        """By call: extensions whose phones ring for it now."""
        found: dict[str, set[str]] = {}
        for leg in self.channels.values():
            if leg.leg and leg.state in _RINGING and not leg.name.endswith(";1"):
                call = self.call_of(leg.linkedid)
                if call is not None:
                    found.setdefault(call, set()).add(leg.leg)
        return found

    # --- inside ----------------------------------------------------------------------------------------------------

    def _group(self, linkedid: str) -> list[Channel]:
        own = self.channels.get(linkedid)
        ids = {linkedid, own.linkedid} if own else {linkedid}
        return [channel for channel in self.channels.values() if channel.linkedid in ids]

    def _leads_on(self, leg: Channel) -> bool:
        half = self._other_half(leg)
        return leg.leads_on or (half is not None and half.leads_on)

    def _meet(self, half: Channel, phone: Channel) -> None:
        if phone.leg and half.name.endswith(";2"):
            half.leads_on = True
            if first := self._other_half(half):
                first.leads_on = True

    def _neighbours(self, channel: Channel) -> Iterator[Channel]:
        yield from self._bridged_with(channel)
        if half := self._other_half(channel):
            yield half

    def _bridged_with(self, channel: Channel) -> Iterator[Channel]:
        for uniqueid in self._bridges.get(channel.bridge or "", ()):
            other = self.channels.get(uniqueid)
            if other is not None and other is not channel:
                yield other

    def _other_half(self, channel: Channel) -> Channel | None:
        if not channel.name.startswith("Local/") or channel.name[-2:] not in (";1", ";2"):
            return None
        half = channel.name[:-1] + ("2" if channel.name.endswith("1") else "1")
        return self.channels.get(self._by_name.get(half, ""))

    def _add(self, name: str, uniqueid: str) -> Channel:
        if len(self.channels) >= self.settings.channel_limit:
            self.overfull = True
            self.forget(next(iter(self.channels)))
        channel = self.channels[uniqueid] = Channel(name, uniqueid, uniqueid)
        self._name(channel, name)
        return channel

    def _name(self, channel: Channel, name: str) -> None:
        channel.name = name
        found = self._leg.match(name)
        channel.leg = (found[1] or found[2]) if found else None
        self._by_name[name] = channel.uniqueid
