"""AMI event to desk events: a table of small functions. Pure: no clock, no socket, no bus.

    UserEvent CallboardArrived   CallSeen         once a call, told by our own dialplan
    UserEvent CallboardDialled   CallDialled      once a call that an operator places, when his phone has picked up
    DialState / Newstate         PhoneRang        once a call and extension
    DialEnd / AgentConnect       PhoneAnswered    when the leg of an extension took the caller's call
    BridgeEnter / -Leave         PhoneAnswered    when an extension comes to have the call: its leg can talk with the caller
    Hangup                       CallGone         when the caller's own channel goes
    QueueMemberPause             PhonePaused      where somebody else than we asked for it

Who has the call is told by several events that name both sides, so that one that goes missing or strays costs nothing; it is
told once.

One call is one Linkedid, which is the Uniqueid of the caller's own channel at arrival; of a call that goes out, that of the
operator's leg, whose DialState and DialEnd say that it rings there, and that the two talk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from ami.members import member_of
from ami.message import Message, uri_decoded
from ami.roster import Caller, Channel, Dialled, Roster
from desk.events import CallDialled, CallGone, CallSeen, Event, PhoneAnswered, PhonePaused, PhoneRang

ARRIVED = "CallboardArrived"
DIALLED = "CallboardDialled"
_PRESENTATIONS = ("allowed", "withheld", "unavailable")
_NAME_LIMIT = 200
_RINGS_THERE = ("RINGING", "PROGRESS")
"""What a trunk says while the telephone far away is rung; not every one says RINGING."""

Translation = Callable[[Message, Roster, datetime], Iterator[Event]]


def translate(name: str, message: Message, roster: Roster, at: datetime) -> list[Event]:
    """What an event means for the desk; the roster learns from it as well."""
    meaning = TABLE.get(name)
    return [] if meaning is None else list(meaning(message, roster, at))


def seen_event(caller: Caller, at: datetime, *, recovered: bool = False) -> CallSeen:
    """The desk's event for a caller."""
    return CallSeen(
        at=at,
        source="pbx",
        reference=caller.linkedid,
        line=caller.line,
        number=caller.number,
        name=caller.name,
        presentation=caller.presentation,
        linkedid=caller.linkedid,
        recovered=recovered,
    )


def caller_from_channel(linkedid: str, channel: Channel, line: str | None, presentation: str | None) -> Caller:
    """A caller whose arrival we did not hear, as his channel shows him."""
    at_arrival = channel.exten if channel.exten.strip("*#0123456789") == "" else ""
    told = presentation if presentation in _PRESENTATIONS else ("allowed" if channel.number else "unavailable")
    number = channel.number if told == "allowed" else None
    return Caller(linkedid, line or at_arrival, number, channel.caller_name, told)


def dialled_event(call: Dialled, at: datetime) -> CallDialled:
    """The desk's event for a call that an operator places."""
    return CallDialled(at, call.linkedid, call.line, call.number, call.extension)


def dialled_from_channel(channel: Channel, number: str | None) -> Dialled:
    """A call that goes out, as the operator's own channel shows it."""
    return Dialled(channel.uniqueid, channel.exten, number or "", channel.leg or "")


def _user_event(message: Message, roster: Roster, at: datetime) -> Iterator[Event]:
    if message.text("UserEvent") == DIALLED:
        yield from _dialled(message, roster, at)
        return
    linkedid = message.text("Linkedid") or message.text("Uniqueid")
    if message.text("UserEvent") != ARRIVED or linkedid is None:
        return
    roster.see(message)
    caller = roster.callers.get(linkedid)
    if caller is not None and caller.told:
        return
    caller = caller or Caller(linkedid, "", None, None)
    name = message.text("Name")
    presentation = message.text("Presentation") or "allowed"
    caller.line = message.text("Line") or message.text("Exten") or ""
    caller.number = message.text("Number")
    caller.name = uri_decoded(name)[:_NAME_LIMIT] if name else None
    caller.presentation = presentation if presentation in _PRESENTATIONS else "unavailable"
    caller.told = True
    roster.callers[linkedid] = caller
    yield seen_event(caller, at)


def _dialled(message: Message, roster: Roster, at: datetime) -> Iterator[Event]:
    channel = roster.see(message)
    if channel is None or channel.leg is None or channel.uniqueid != channel.linkedid:
        return
    if channel.uniqueid not in roster.dialled:
        call = roster.dialled[channel.uniqueid] = dialled_from_channel(channel, message.text("Number"))
        call.line = message.text("Line") or call.line
        yield dialled_event(call, at)


def _new_channel(message: Message, roster: Roster, at: datetime) -> Iterator[Event]:
    roster.see(message)
    yield from ()


def _new_state(message: Message, roster: Roster, at: datetime) -> Iterator[Event]:
    channel = roster.see(message)
    if channel is not None and message.text("ChannelStateDesc") == "Ringing":
        yield from _rang(channel, roster, at)


def _dial_state(message: Message, roster: Roster, at: datetime) -> Iterator[Event]:
    dials = roster.see(message)
    channel = roster.see(message, "Dest")
    call = None if dials is None else roster.dialled.get(dials.uniqueid)
    if call is not None:
        if message.text("DialStatus") in _RINGS_THERE and not call.rang:
            call.rang = True
            yield PhoneRang(at, call.linkedid, call.extension)
    elif channel is not None and message.text("DialStatus") == "RINGING":
        yield from _rang(channel, roster, at)


def _dial_end(message: Message, roster: Roster, at: datetime) -> Iterator[Event]:
    if message.text("DialStatus") == "ANSWER":
        yield from _taken(message, roster, at)


def _taken(message: Message, roster: Roster, at: datetime) -> Iterator[Event]:
    """The leg took the call of the channel that had it rung. That may be another operator's: then no caller is concerned."""
    channel, leg = roster.see(message), roster.see(message, "Dest")
    if channel is not None and (placed := roster.dialled.get(channel.uniqueid)) is not None:
        yield PhoneAnswered(at, placed.linkedid, placed.extension)
        return
    if channel is None or leg is None or leg.leg is None:
        return
    yield from _missed_arrival(channel.linkedid, roster, at)
    call = roster.call_run_by(channel)
    if call is not None:
        yield from _has(roster.callers[call], leg.leg, at)


def _rang(channel: Channel, roster: Roster, at: datetime) -> Iterator[Event]:
    if channel.leg is None:
        return
    yield from _missed_arrival(channel.linkedid, roster, at)
    call = roster.call_of(channel.linkedid)
    if call is not None and channel.leg not in roster.callers[call].rang:
        roster.callers[call].rang.add(channel.leg)
        yield PhoneRang(at, call, channel.leg)


def _missed_arrival(linkedid: str, roster: Roster, at: datetime) -> Iterator[Event]:
    """The call rings and its arrival was never told: tell it now from its channel."""
    if roster.call_of(linkedid) is not None:
        return
    for call, channel in list(roster.incoming()):
        if call == linkedid:
            caller = roster.callers[call] = caller_from_channel(call, channel, None, None)
            yield seen_event(caller, at, recovered=True)


def _bridge_enter(message: Message, roster: Roster, at: datetime) -> Iterator[Event]:
    channel, bridge = roster.see(message), message.text("BridgeUniqueid")
    if channel is None or bridge is None:
        return
    concerned = roster.calls_in_bridge(channel.bridge) if channel.bridge and channel.bridge != bridge else []
    roster.enter(channel, bridge)
    yield from _talks([*concerned, *roster.calls_in_bridge(bridge)], roster, at)


def _talks(calls: Iterable[str], roster: Roster, at: datetime) -> Iterator[Event]:
    """Who talks with these callers may have changed: tell who has come to have them."""
    for call in dict.fromkeys(calls):
        caller = roster.callers.get(call)
        for extension in caller.talk(roster.connected_legs(call)) if caller else ():
            yield from _has(roster.callers[call], extension, at)


def _has(caller: Caller, extension: str, at: datetime) -> Iterator[Event]:
    if extension not in caller.rang:
        caller.rang.add(extension)
        yield PhoneRang(at, caller.linkedid, extension)
    if extension != caller.told_of:
        caller.told_of = extension
        yield PhoneAnswered(at, caller.linkedid, extension)


def _bridge_leave(message: Message, roster: Roster, at: datetime) -> Iterator[Event]:
    channel = roster.see(message)
    if channel is not None and channel.bridge is not None and channel.bridge == message.text("BridgeUniqueid"):
        concerned = roster.calls_in_bridge(channel.bridge)
        roster.leave(channel)
        yield from _talks(concerned, roster, at)


def _hangup(message: Message, roster: Roster, at: datetime) -> Iterator[Event]:
    uniqueid = message.text("Uniqueid")
    if uniqueid is None:
        return
    channel = roster.channels.get(uniqueid)
    concerned = roster.calls_in_bridge(channel.bridge) if channel is not None and channel.bridge else []
    placed = roster.dialled.get(uniqueid)
    caller = roster.forget(uniqueid)
    yield from _talks(concerned, roster, at)
    if placed is not None:
        yield CallGone(at, placed.linkedid, message.text("Cause"))
    if caller is not None:
        yield CallGone(at, caller.linkedid, message.text("Cause"))


def _member_paused(message: Message, roster: Roster, at: datetime) -> Iterator[Event]:
    """Told once a queue, also of what we asked for: that is no news."""
    member = member_of(message, roster.settings)
    if member is not None and not member.ours:
        yield PhonePaused(at, member.extension, member.paused)


TABLE: dict[str, Translation] = {
    "UserEvent": _user_event,
    "Newchannel": _new_channel,
    "Newstate": _new_state,
    "DialState": _dial_state,
    "DialEnd": _dial_end,
    "AgentConnect": _taken,
    "BridgeEnter": _bridge_enter,
    "BridgeLeave": _bridge_leave,
    "Hangup": _hangup,
    "QueueMemberPause": _member_paused,
}
