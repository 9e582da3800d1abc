"""The whole state at once: a list of channels taken over by the roster, and what the roster then tells the desk. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from ami.message import Message
from ami.roster import Roster
from ami.translate import dialled_event, seen_event, translate
from desk.events import CallSeen, PbxSnapshot, PhoneAnswered, PhoneRang


def take_over(roster: Roster, rows: Iterable[Message], heard: Sequence[tuple[str, Message]], at: datetime) -> None:
    """Make the roster equal to the list, then have it go through the events that came while the list was asked for.

    Those may have happened before the list or after it, and were told already; in order, they end where the PBX is now. Without
    them, a caller who came in between would be forgotten, and his end never told.
    """
    gone = {message.text("Uniqueid") for name, message in heard if name == "Hangup"}
    roster.rebuild(row for row in rows if row.text("Uniqueid") not in gone)
    for name, message in heard:
        translate(name, message, roster, at)


def snapshot_of(roster: Roster, at: datetime, system_name: str | None = None) -> PbxSnapshot:
    """Every call with who rings for it and who has it: one phone, also where several talk in a conference."""
    seen: list[CallSeen] = []
    ringing: list[PhoneRang] = []
    answered: list[PhoneAnswered] = []
    all_ringing = roster.ringing()
    for caller in roster.callers.values():
        seen.append(seen_event(caller, at, recovered=True))
        legs = roster.connected_legs(caller.linkedid)
        rings = all_ringing.get(caller.linkedid, set()) - legs
        caller.talk(legs)
        caller.rang |= rings | legs
        if caller.holder is not None:
            caller.told_of = caller.holder
            answered.append(PhoneAnswered(at, caller.linkedid, caller.holder))
        ringing += [PhoneRang(at, caller.linkedid, leg) for leg in sorted(rings)]
    for call in roster.dialled.values():
        channel = roster.channels[call.linkedid]
        if channel.bridge is not None:
            answered.append(PhoneAnswered(at, call.linkedid, call.extension))
        elif call.rang:
            ringing.append(PhoneRang(at, call.linkedid, call.extension))
    dialled = tuple(dialled_event(call, at) for call in roster.dialled.values())
    return PbxSnapshot(at, tuple(seen), tuple(ringing), tuple(answered), system_name, dialled)
