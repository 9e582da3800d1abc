"""From what a box says about its lines to calls: which reading begins a call, which one answers it, which one ends it.

Pure: time comes in. A box repeats itself and forgets to say that a caller gave up, so a second report of a ringing line
within `REPEAT_S` is the same call, and a line of which nothing is heard for `quiet_s` has hung up.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from callerid.reading import Kind, Reading
from desk.events import BoxCallAnswered, BoxCallGone, CallSeen, Event

REPEAT_S = 6.0


@dataclass(slots=True)
class _Ringing:
    reference: str
    number: str | None
    heard_at: datetime
    answered: bool = False


class Lines:
    """The lines of one box. `dids` maps the box's line names to our numbers; a line without one is named by the box."""

    def __init__(self, box: str, dids: Mapping[str, str], quiet_s: float) -> None:
        self._box = box
        self._dids = dids
        self._quiet = timedelta(seconds=quiet_s)
        self._calls: dict[str, _Ringing] = {}
        self._numbers = itertools.count(1)
        self.unknown_lines: set[str] = set()

    def feed(self, reading: Reading, now: datetime) -> list[Event]:
        """What `reading` means for the desk."""
        match reading.kind:
            case Kind.CALLER:
                return self._caller(reading, now)
            case Kind.OFF_HOOK:
                return self._off_hook(reading.line, now)
            case Kind.ON_HOOK:
                return self._end(reading.line, now)
            case _:
                return []

    def tick(self, now: datetime) -> list[Event]:
        """End the calls that went quiet without being answered."""
        quiet = [line for line, call in self._calls.items() if not call.answered and now - call.heard_at > self._quiet]
        return [event for line in quiet for event in self._end(line, now)]

    def _caller(self, reading: Reading, now: datetime) -> list[Event]:
        did = self._dids.get(reading.line)
        if did is None:
            self.unknown_lines.add(reading.line)
            return []
        open_call = self._calls.get(reading.line)
        if open_call is not None and self._repeats(open_call, reading, now):
            open_call.heard_at = now
            return []
        events = self._end(reading.line, now)
        # Counted as well: after a pause of ours several rings are read in the same millisecond.
        reference = f"{self._box}:{reading.line}:{now.timestamp():.3f}:{next(self._numbers)}"
        self._calls[reading.line] = _Ringing(reference, reading.number, now)
        seen = CallSeen(
            now,
            source="box",
            reference=reference,
            line=did,
            number=reading.number,
            name=reading.name,
            presentation=reading.presentation,
        )
        return [*events, seen]

    @staticmethod
    def _repeats(call: _Ringing, reading: Reading, now: datetime) -> bool:
        # A later "no number" of the same ring must not hide the number that was already told.
        same = reading.number is None or call.number == reading.number
        return same and not call.answered and (now - call.heard_at).total_seconds() <= REPEAT_S

    def _off_hook(self, line: str, now: datetime) -> list[Event]:
        call = self._calls.get(line)
        if call is None or call.answered:
            return []
        call.answered = True
        return [BoxCallAnswered(now, call.reference)]

    def _end(self, line: str, now: datetime) -> list[Event]:
        call = self._calls.pop(line, None)
        return [] if call is None else [BoxCallGone(now, call.reference)]
