r"""Asterisk's own account of its calls, one record a leg: which columns cdr_custom.conf writes, and how they are read. Pure.

    "cb5f0c11d2-1795323814.0","cb5f0c11d2-1795323814.0","01055501235","15880001","callboard-queue","PJSIP/callboard-trunk-0",...

A record is written when its channel goes (`batch=no`), so it is there also for calls that nobody of ours saw. The `cb_`
columns are set by our dialplan on the caller's own channel and are empty on every other leg. What a caller can say stands
in them filtered or percent-encoded, so no field has a line break; a line that is no record is counted and passed over.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# The only place that knows the order. Times as seconds since 1970, so that the time zone of Asterisk does not matter
# (funcs/func_cdr.c, option u).
COLUMNS = (
    "linkedid",
    "uniqueid",
    "cb_number",
    "dst",
    "dcontext",
    "channel",
    "dstchannel",
    "start,u",
    "answer,u",
    "end,u",
    "billsec",
    "disposition",
    "cb_line",
    "cb_presentation",
    "cb_name",
)
RECORD_LIMIT = 64 * 1024
# An operator's leg, or the phone itself where somebody picked the call up.
_LEG = re.compile(r"Local/(\d+)@callboard-operator-[0-9a-f]+;[12]|PJSIP/op(\d+)-[0-9a-f]+")
# Every field in quotes: what stands within one has its own quotes doubled and cannot look like this.
_QUOTED = re.compile(rb'"(?:[^"]|"")+"(?:,"(?:[^"]|"")*")+')
_SECONDS = re.compile(r"\d{1,11}\.\d{1,6}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Record:
    """One leg. `line` is the DID that the caller dialled, on his own channel; None on all others. Times are aware UTC.

    `extension`: the operator's phone that this leg rang (the caller's side) or is (the phone's own side).
    """

    linkedid: str
    uniqueid: str
    line: str | None
    number: str | None
    presentation: str
    name: str | None
    channel: str
    extension: str | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    answered: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """The whole records of some bytes; `size` of these bytes are used up, and `unread` records among them made no sense."""

    records: tuple[Record, ...]
    size: int
    unread: int


def read(data: bytes) -> Reading:
    """Every whole record at the beginning of `data`; a last line without its end is left for the next time."""
    *lines, rest = data.split(b"\n")
    records = [_record(line) for line in lines]
    # A line that never ends is no record: it is passed over, so that what follows can be read.
    left = len(rest) if len(rest) <= RECORD_LIMIT else 0
    unread = sum(record is None for record in records) + (not left and bool(rest))
    return Reading(tuple(record for record in records if record), len(data) - left, unread)


def _record(raw: bytes) -> Record | None:
    if not _QUOTED.fullmatch(raw):
        return None
    try:
        rows = list(csv.reader([raw.decode("utf-8", "replace")], strict=True))
        fields = dict(zip(COLUMNS, rows[0], strict=True)) if len(rows) == 1 else {}
        started_at, ended_at = _moment(fields["start,u"]), _moment(fields["end,u"])
    except (csv.Error, ValueError, KeyError):
        return None
    if not fields["linkedid"] or not fields["uniqueid"] or started_at is None or ended_at is None:
        return None
    leg = _LEG.fullmatch(fields["dstchannel"]) or _LEG.fullmatch(fields["channel"])
    return Record(
        linkedid=fields["linkedid"],
        uniqueid=fields["uniqueid"],
        line=fields["cb_line"] or None,
        number=fields["cb_number"] or None,
        presentation=fields["cb_presentation"] or "unavailable",
        name=fields["cb_name"] or None,
        channel=fields["channel"],
        extension=(leg[1] or leg[2]) if leg else None,
        started_at=started_at,
        answered_at=_moment(fields["answer,u"]),
        ended_at=max(started_at, ended_at),
        answered=fields["disposition"] == "ANSWERED",
    )


def _moment(text: str) -> datetime | None:
    """Seconds and microseconds since 1970; nothing where it never came to that (0.000000)."""
    if not _SECONDS.fullmatch(text):
        if text:
            raise ValueError(text)
        return None
    seconds, _, parts = text.partition(".")
    moment = _EPOCH + timedelta(seconds=int(seconds), microseconds=int(parts.ljust(6, "0")))
    return moment if moment > _EPOCH else None
