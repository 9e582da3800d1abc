"""Calls that were met while the server did not answer: one record each, left by the one-shot AGI script, merged once.

A record is a JSON object:

    {"linkedid": "cb12ab34-1763776800.7", "line": "15880001", "number": "01012345678", "name": "...",
     "presentation": "allowed", "at": "2026-11-22T01:02:03.456Z",
     "choice": {"kind": "place" | "recording" | "operator" | "none", "rank": 1, "recording": "<name>.wav"} | null}

The script knows no customers: "place" with `rank` n is the n-th place that a flow would have offered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from desk.call.arrival import SAME_CALL_WINDOW_S, open_call
from desk.call.caller_choice import PLACES_OFFERED, choose
from desk.customer import customers
from desk.errors import Invalid
from desk.events import CallSeen
from desk.work import Work
from models import Call

# Older than this, a spooled call that nothing else has seen is over: it is kept, and no longer popped.
CERTAINLY_OVER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SpoolRecord:
    """One spooled call; fields as in CallSeen, and the choice where there was one."""

    seen: CallSeen
    choice_kind: str
    place_rank: int
    recording: str | None


def read_record(record: Mapping[str, Any]) -> SpoolRecord:
    """A record as the script wrote it, checked. Raises Invalid, naming the field."""
    at = _moment(record.get("at"))
    linkedid = _text(record, "linkedid", required=True) or ""
    choice = record.get("choice") or {}
    if not isinstance(choice, Mapping):
        raise Invalid("the choice in a spool record is an object", field="choice")
    seen = CallSeen(
        at=at,
        source="spool",
        reference=linkedid,
        line=_text(record, "line", required=True) or "",
        number=_text(record, "number"),
        name=_text(record, "name"),
        presentation=_text(record, "presentation") or "allowed",
        linkedid=linkedid,
        recovered=True,
    )
    rank = choice.get("rank", 1)
    if type(rank) is not int or not 1 <= rank <= PLACES_OFFERED:
        raise Invalid("the rank of a chosen place in a spool record is a small number", field="rank")
    return SpoolRecord(seen, _text(choice, "kind") or "none", rank, _text(choice, "recording"))


async def merge_spooled(work: Work, record: Mapping[str, Any], window_s: float = SAME_CALL_WINDOW_S) -> Call:
    """Merge one spool record; the same record again changes nothing. Returns its call. Raises Invalid and NoSuchLine."""
    spooled = read_record(record)
    told = len(work.events)
    call = await open_call(work, spooled.seen, window_s)
    opened = len(work.events) > told
    # A choice made since, or by the same record before, stands.
    if call.choice_kind in (None, "none"):
        await _choose(work, call, spooled)
    if opened and spooled.seen.at < work.now - CERTAINLY_OVER:
        call.state = "ended"
        call.disposition = "lost"
        call.ended_at = work.now
        del work.events[told:]
    return call


async def _choose(work: Work, call: Call, spooled: SpoolRecord) -> None:
    kind, place_id = spooled.choice_kind, None
    if kind == "place":
        usual = [] if call.customer_id is None else await customers.usual_pickups(work.session, call.customer_id)
        if len(usual) < spooled.place_rank:
            kind = "operator"  # he pressed for a place that we do not know: a person must ask him
        else:
            place_id = usual[spooled.place_rank - 1].id
    if kind != "none":
        await choose(work, call.id, kind, place_id=place_id, recording_path=spooled.recording)


def _text(record: Mapping[str, Any], field: str, *, required: bool = False) -> str | None:
    value = record.get(field)
    if value is None or value == "":
        if required:
            raise Invalid(f"a spool record without {field}", field=field)
        return None
    if not isinstance(value, str):
        raise Invalid(f"{field} in a spool record is text", field=field)
    return value


def _moment(value: object) -> datetime:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        raise Invalid("a spool record without a moment", field="at") from None
    if at.tzinfo is None:
        raise Invalid("the moment of a spool record has no time zone", field="at")
    return at
