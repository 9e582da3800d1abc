"""What a file says of advertising: the day on which somebody agreed, or that he refused. A yes without a day is no proof. Pure.

[number, agreed, by night, refused, source]     what is known of a number: moments as ISO texts, or None
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

REFUSED = "refused"
SOURCE = "import"
Entry = list[Any]
_DAY = re.compile(r"(\d{4})\s*[-./년]\s*(\d{1,2})\s*[-./월]\s*(\d{1,2})\s*일?\.?(?:[ T]\d{1,2}:\d\d(?::\d\d)?)?")
_NO = frozenset(
    ["거부", "수신거부", "광고거부", "철회", "수신철회", "refused", "refuse", "optout", "optedout", "unsubscribed"]
)
_NOTHING = frozenset(["아니오", "아니요", "미동의", "동의안함", "없음", "n", "no", "x", "false"])


def understood(cell: str) -> str | None:
    """The day as ISO, REFUSED, or None where nothing is said. Raises ValueError for a yes without a day, and what is no word."""
    word = re.sub(r"[\W_]", "", cell).casefold()
    if not word or word in _NOTHING:
        return None
    if word in _NO:
        return REFUSED
    day = _DAY.fullmatch(cell.strip())
    if day is None:
        raise ValueError(cell)
    agreed = date(int(day[1]), int(day[2]), int(day[3]))
    if agreed.year < 2000:
        raise ValueError(cell)
    return agreed.isoformat()


def merged(numbers: Sequence[str], known: Mapping[str, Entry], told: str | None, now: datetime) -> list[Entry]:
    """What is known of the numbers when the file is taken in. A refusal stays, whatever the file says; the later day counts."""
    found = []
    for number in sorted(numbers):
        entry = known.get(number)
        if told is not None and (entry is None or entry[3] is None):
            entry = _with(entry or [number, None, None, None, SOURCE], told, now)
        if entry is not None:
            found.append(entry)
    return found


def _with(entry: Entry, told: str, now: datetime) -> Entry:
    number, agreed, by_night, _, _ = entry
    if told == REFUSED:
        return [number, agreed, None, now.astimezone(UTC).isoformat(), SOURCE]
    day = datetime.combine(date.fromisoformat(told), datetime.min.time(), UTC).isoformat()
    return entry if agreed is not None and agreed >= day else [number, day, by_night, None, SOURCE]
