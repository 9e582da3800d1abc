"""Whether an event was told by the Asterisk that we are logged in to, or made up by somebody who calls it. Pure.

    Event: Newstate
    SystemName: cb5f0c11d2      Asterisk's own, before everything that a caller can say (main/manager.c, manager_event)
    CallerIDNum: 010            percent-coded line breaks of a SIP caller become lines here, or whole events
    Uniqueid: 1.1               one that he put in: the genuine line follows, so it is there twice

Whoever invents an event does not know the name, which is drawn anew at each start; whoever adds a line to a genuine event
doubles one that it has, or adds one that nobody reads.
"""

from __future__ import annotations

from ami.message import Message

_REPEATED = (
    "chanvariable"  # once for each variable of manager.conf's `channelvars`; also with a prefix, DestChanVariable
)


def is_genuine(message: Message, system_name: str | None) -> bool:
    """Is this an event of the Asterisk of that name, without a line put in? Where it has no name, nobody can tell: yes."""
    if system_name is None:
        return True
    return message.headers.get("systemname") == system_name and not has_doubled_lines(message)


def has_doubled_lines(message: Message) -> bool:
    """Does a header come twice that Asterisk tells once?"""
    return any(not key.endswith(_REPEATED) for key in message.repeated)
