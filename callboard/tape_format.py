"""The file of a recording: what came in, as lines of JSON that a person can read, cut and mend with ordinary tools.

    {"callboard": "recording", "version": 1, "started_at": "2026-11-22T01:02:03.456Z", "masked": false,
     "lines": ["15880001"], "boxes": [{"name": "front", "model": "korean_stx", "lines": {"1": "15880001"}}]}
    {"t": 0.512, "from": "ami", "what": "heard", "text": "Event: UserEvent\\r\\n..."}
    {"t": 0.513, "from": "agi", "what": "header", "conversation": 1, "text": "agi_network: yes\\n..."}
    {"t": 0.601, "from": "agi", "what": "reply", "conversation": 1, "verb": "STREAM FILE", "text": "200 result=49\\n"}
    {"t": 4.2, "from": "box:front", "what": "heard", "base64": "AjFJ..."}
    {"t": 9.0, "from": "web", "what": "request", "method": "POST", "path": "/api/v1/orders", "operator": 2, "status": 201,
     "made": 812, "text": "{...}"}
    {"t": 9.9, "from": "sms", "what": "receipt", "provider_id": "M1", "state": "delivered", "detail": "DELIVRD"}
    {"t": 9.9, "from": "sms", "what": "text", "identity": "9f..", "sender": "8210..", "coding": "ucs2", "base64": "whi3fQ=="}
    {"t": 0.513, "from": "desk", "what": "call", "id": 57, "source": "pbx", "reference": "cb1-1.5"}

`t` is seconds since `started_at`. Bytes stand as `text` where they are UTF-8, else as `base64`. A header line in the middle
begins a new part: callboard was started again. `desk` lines came from nobody: they say which of our own ids a later request
means. A line that was cut off (a full disk, a crash) is passed over.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ami.framing import Splitter
from ami.message import Message
from desk.keeping.tape import Fact

VERSION = 1
_OWN_KEYS = frozenset({"t", "from", "what", "text", "base64"})


class BadRecording(Exception):
    """This file is no recording that can be played; `str()` says why."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a part of a recording was made on."""

    started_at: datetime
    masked: bool = False
    lines: tuple[str, ...] = ()
    boxes: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that came in, `t` seconds after the header's `started_at`."""

    t: float
    source: str
    what: str
    data: bytes = b""
    facts: dict[str, Fact] = field(default_factory=dict)


def header_line(header: Header) -> bytes:
    """The header as a line."""
    return _line(
        {
            "callboard": "recording",
            "version": VERSION,
            "started_at": header.started_at.isoformat().replace("+00:00", "Z"),
            "masked": header.masked,
            "lines": list(header.lines),
            "boxes": list(header.boxes),
        }
    )


def entry_line(entry: Entry) -> bytes:
    """An entry as a line."""
    values: dict[str, Any] = {"t": round(entry.t, 6), "from": entry.source, "what": entry.what}
    values |= {key: fact for key, fact in entry.facts.items() if fact is not None and key not in _OWN_KEYS}
    if entry.data:
        try:
            values["text"] = entry.data.decode("utf-8")
        except UnicodeDecodeError:
            values["base64"] = base64.b64encode(entry.data).decode("ascii")
    return _line(values)


def read_lines(lines: Iterable[bytes]) -> Iterator[Header | Entry]:
    """Headers and entries in order. Raises BadRecording where the first line is no header of a version that is known."""
    first = True
    for raw in lines:
        values = _values(raw)
        if first:
            _check(values)
            first = False
        if values is None:
            continue
        if values.get("callboard") == "recording":
            yield _header(values)
        elif (entry := _entry(values)) is not None:
            yield entry
    if first:
        raise BadRecording("the file is empty")


def from_ami_bytes(stream: bytes) -> Iterator[Header | Entry]:
    """What Asterisk wrote to an event link, byte for byte, as a recording; its Timestamp headers say when what happened."""
    started: datetime | None = None
    t = 0.0
    for raw in Splitter().feed(stream):
        stamp = Message(raw).text("Timestamp")
        at = datetime.fromtimestamp(float(stamp), UTC) if stamp is not None else None
        if started is None:
            started = at or datetime(2000, 1, 1, tzinfo=UTC)
            yield Header(started)
            yield Entry(0.0, "ami", "opened")
        if at is not None:
            t = max(t, (at - started).total_seconds())
        yield Entry(t, "ami", "heard", raw + b"\r\n\r\n")
    if started is None:
        raise BadRecording("there is not one whole AMI message in it")


def _line(values: dict[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace") + b"\n"


def _values(raw: bytes) -> dict[str, Any] | None:
    try:
        values = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None


def _check(values: dict[str, Any] | None) -> None:
    if values is None or values.get("callboard") != "recording":
        raise BadRecording("its first line is not the header of a recording")
    if values.get("version") != VERSION:
        raise BadRecording(f"it is of version {values.get('version')!r}, and this callboard reads version {VERSION}")


def _header(values: dict[str, Any]) -> Header:
    try:
        started_at = datetime.fromisoformat(values["started_at"])
    except (KeyError, TypeError, ValueError):
        raise BadRecording("a header does not say when it was started") from None
    lines, boxes = values.get("lines") or (), values.get("boxes") or ()
    return Header(started_at.astimezone(UTC), bool(values.get("masked")), tuple(map(str, lines)), tuple(boxes))


def _entry(values: dict[str, Any]) -> Entry | None:
    t, source, what = values.get("t"), values.get("from"), values.get("what")
    if not isinstance(t, int | float) or not isinstance(source, str) or not isinstance(what, str):
        return None
    text, coded = values.get("text"), values.get("base64")
    try:
        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else base64.b64decode(coded or b"")
    except (TypeError, ValueError):
        return None
    return Entry(float(t), source, what, data, {key: fact for key, fact in values.items() if key not in _OWN_KEYS})
