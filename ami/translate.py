"""AMI event to desk events: a table of small functions. Pure: no clock, no socket, no bus.

    UserEvent CallboardArrived   CallSeen         once a call, told by our own dialplan
    DialState / Newstate         PhoneRang        once a call and extension
    DialEnd / AgentConnect       PhoneAnswered    when the leg of an extension took the caller's call
    BridgeEnter / -Leave         PhoneAnswered    when an extension comes to have the call: its leg can talk with the caller
    Hangup                       CallGone         when the caller's own channel goes

Who has the call is told by several events that name both sides, so that one that goes missing or strays costs nothing; it is
told once.

One call is one Linkedid, which is the Uniqueid of the caller's own channel at arrival.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from ami.message import Message, uri_decoded
from ami.roster import Caller, Channel, Roster
from desk.events import CallGone, CallSeen, Event, PhoneAnswered, PhoneRang

ARRIVED = "CallboardArrived"
_PRESENTATIONS = ("allowed", "withheld", "unavailable")
_NAME_LIMIT = 200

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


def _user_event(message: Message, roster: Roster, at: datetime) -> Iterator[Event]:
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


def _new_channel(message: Message, roster: Roster, at: datetime) -> Iterator[Event]:
    roster.see(message)
    yield from ()


def _new_state(message: Message, roster: Roster, at: datetime) -> Iterator[Event]:
    channel = roster.see(message)
    if channel is not None and message.text("ChannelStateDesc") == "Ringing":
        yield from _rang(channel, roster, at)


def _dial_state(message: Message, roster: Roster, at: datetime) -> Iterator[Event]:
    roster.see(message)
    channel = roster.see(message, "Dest")
    if channel is not None and message.text("DialStatus") == "RINGING":
        yield from _rang(channel, roster, at)


def _dial_end(message: Message, roster: Roster, at: datetime) -> Iterator[Event]:
    if message.text("DialStatus") == "ANSWER":
        yield from _taken(message, roster, at)


def _taken(message: Message, roster: Roster, at: datetime) -> Iterator[Event]:
    """The leg took the call of the channel that had it rung. That may be another operator's: then no caller is concerned."""
    channel, leg = roster.see(message), roster.see(message, "Dest")
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
    caller = roster.forget(uniqueid)
    yield from _talks(concerned, roster, at)
    if caller is not None:
        yield CallGone(at, caller.linkedid, message.text("Cause"))


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
}
