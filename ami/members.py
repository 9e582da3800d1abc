"""A phone as a queue's member: who it is, whether the queue rings it, and whether it was we who said so."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ami.message import Message
from ami.settings import Settings

OURS = "callboard:"
"""How the reason of a pause begins that we asked for; of what somebody else says, Asterisk has his own words or none."""


@dataclass(frozen=True, slots=True)
class QueueMember:
    """The phone with `extension` in one queue; `ours`: as it is now, we have asked for it."""

    extension: str
    paused: bool
    ours: bool


def member_of(message: Message, settings: Settings) -> QueueMember | None:
    """The member of a QueueMember or QueueMemberPause event; None for what is no phone of ours."""
    interface = message.text("Interface") or message.text("Location") or ""
    found = re.fullmatch(rf"Local/([0-9*#]{{1,16}})@{re.escape(settings.operator_context)}(?:/n)?", interface)
    if found is None:
        return None
    reason = message.text("PausedReason") or ""
    return QueueMember(found[1], message.text("Paused") == "1", reason.startswith(OURS))
