"""The rules for advertising by text, as Korean law has them (정보통신망법 art. 50 and its decree). Pure.

    (광고)상호 02-123-4567                 begins exactly so, then who sends it and how he is reached
    ...
    무료수신거부 080-123-4567              ends with how to refuse it, free of charge

Between 21:00 and 08:00 nothing is sent to whoever did not agree to that by itself; to whoever refused, nothing at all. One
advertising sentence makes the whole text an advertisement; whether there is one, only a person can tell.
"""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

MARK = "(광고)"
NIGHT_FROM, NIGHT_TO = time(21, 0), time(8, 0)
_REFUSAL = re.compile(r"무료\s*수신\s*거부\s*:?\s*([0-9][0-9\- ]{5,15}[0-9])\s*$")
_CONTACT = re.compile(r"(?<!\d)(?:0\d{1,3}[- ]?\d{3,4}[- ]?\d{4}|1[568]\d{2}[- ]?\d{4}|\+82[- \d]{8,14})(?!\d)")


def is_night(at: datetime, timezone: str) -> bool:
    """Whether nothing may be sent then to whoever did not agree to texts by night."""
    clock = at.astimezone(ZoneInfo(timezone)).time()
    return clock >= NIGHT_FROM or clock < NIGHT_TO


def morning_after(at: datetime, timezone: str) -> datetime | None:
    """When the night is over that it is at that moment; null by day."""
    if not is_night(at, timezone):
        return None
    here = at.astimezone(ZoneInfo(timezone))
    day = here.date() + timedelta(days=1 if here.time() >= NIGHT_FROM else 0)
    return datetime.combine(day, NIGHT_TO, ZoneInfo(timezone)).astimezone(at.tzinfo)


def faults(text: str, sender_name: str) -> list[str]:
    """What is missing for `text` to be a lawful advertisement of `sender_name`, as keys; none: it is one.

    "mark": it does not begin with (광고); "sender": no name behind it; "contact": no number there; "refusal": how to refuse it is
    not at its end.
    """
    found = []
    if not text.startswith(MARK):
        found.append("mark")
    head = text.removeprefix(MARK).lstrip().split("\n", 1)[0]
    if not head.startswith(sender_name):
        found.append("sender")
    if not _CONTACT.search(head):
        found.append("contact")
    if not _REFUSAL.search(text):
        found.append("refusal")
    return found
