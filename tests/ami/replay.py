"""Recorded streams through splitter, roster and translation, without any link."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from ami.framing import Splitter
from ami.message import Message
from ami.roster import Roster
from ami.settings import Settings
from ami.translate import translate
from desk.events import CallDialled, CallGone, CallSeen, Event, PhoneAnswered, PhoneRang
from tests.ami.scenes import SAMPLES

AT = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)


def sample(scene: str) -> bytes:
    """The recorded bytes of a scene."""
    return (SAMPLES / f"{scene}.bin").read_bytes()


def replay(reads: Iterable[bytes], roster: Roster | None = None) -> list[Event]:
    """What the desk is told when the stream comes in these reads."""
    roster = roster if roster is not None else Roster(Settings())
    splitter = Splitter()
    told: list[Event] = []
    for read in reads:
        for raw in splitter.feed(read):
            message = Message(raw)
            told += translate(message.text("Event") or "", message, roster, AT)
    return told


def shorthand(events: Iterable[Event]) -> list[str]:
    """One word an event, to compare whole stories."""
    words = []
    for event in events:
        match event:
            case CallSeen():
                words.append(f"seen {event.linkedid} {event.line} {event.number} {event.presentation} {event.name}")
            case CallDialled():
                words.append(f"dialled {event.linkedid} {event.line} {event.number} {event.extension}")
            case PhoneRang() | PhoneAnswered():
                words.append(
                    f"{'rang' if isinstance(event, PhoneRang) else 'answered'} {event.linkedid} {event.extension}"
                )
            case CallGone():
                words.append(f"gone {event.linkedid} {event.cause}")
    return words


def ordered_rings(words: list[str]) -> list[str]:
    """A ringall queue rings its members in any order: neighbours that ring are put in order."""
    words = list(words)
    for at in range(1, len(words)):
        if words[at].startswith("rang") and words[at - 1].startswith("rang") and words[at] < words[at - 1]:
            words[at - 1], words[at] = words[at], words[at - 1]
    return words


_NAME = "홍길동 O'Brien"
STORIES: dict[str, list[str]] = {
    "answered": [
        f"seen answered-1 15880001 01012345678 allowed {_NAME}",
        "rang answered-1 1001",
        "rang answered-1 1002",
        "answered answered-1 1001",
        "gone answered-1 16",
    ],
    "abandoned": [
        "seen abandoned-1 15880001 0212345678 allowed None",
        "rang abandoned-1 1001",
        "rang abandoned-1 1002",
        "gone abandoned-1 16",
    ],
    "withheld": [
        f"seen withheld-1 15880001 None withheld {_NAME}",
        "rang withheld-1 1001",
        "rang withheld-1 1002",
        "answered withheld-1 1002",
        "gone withheld-1 16",
    ],
    "transferred": [
        f"seen transferred-1 15880001 01012345678 allowed {_NAME}",
        "rang transferred-1 1001",
        "rang transferred-1 1002",
        "answered transferred-1 1001",
        "answered transferred-1 1002",
        "gone transferred-1 16",
    ],
    "untold": [
        f"seen untold-1 15880001 01012345678 allowed {_NAME}",
        "rang untold-1 1001",
        "rang untold-1 1002",
        "answered untold-1 1001",
        "gone untold-1 16",
    ],
}
