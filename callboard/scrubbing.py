"""What an entry looks like in the file: without any secret of this instance, and masked where that was asked for.

AMI bytes are written message by message, so that neither a secret nor a number can hide on the seam of two reads. A masked
recording holds only those AMI messages that callboard reads, and of a box only whole frames.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

import structlog

from ami.listener import NAMES
from callboard.masking import Masker
from callboard.tape_format import Entry
from callerid.reading import FrameMasker

GONE = b"***"
LONGEST_MESSAGE = 256 * 1024
_NUMBER_KEYS = (b"CallerIDNum", b"ConnectedLineNum", b"CallerIDANI")
_NAME_KEYS = (b"CallerIDName", b"ConnectedLineName")
_ARRIVAL = {b"Number": "number", b"Name": "text"}
_EMPTIED = (b"ApplicationData", b"AppData", b"ChanVariable")
_AGI = {b"agi_callerid": "number", b"agi_rdnis": "number", b"agi_dnid": "number", b"agi_calleridname": "text"}
_ANSWERS = (b"CoreShowChannel", b"CoreShowChannelsComplete")
_READ = frozenset({*(name.encode() for name in NAMES), *_ANSWERS})
_FREE_FACTS = ("detail", "provider_id", "value")

log = structlog.get_logger(__name__)


class Scrubber:
    """One recording's. `maskers` make the frames of a box model unreadable; a box without one is left out of a masked file."""

    def __init__(
        self,
        secrets: Collection[str],
        masker: Masker | None = None,
        maskers: dict[str, Callable[[Callable[[str], str]], FrameMasker] | None] | None = None,
    ) -> None:
        self._secrets = [secret.encode() for secret in secrets if len(secret) >= 8]
        self._masker = masker
        self._boxes: dict[str, FrameMasker | None] = {}
        if masker is not None:
            self._boxes = {box: make and make(masker.number) for box, make in (maskers or {}).items()}
        self._rest = b""

    def __call__(self, entry: Entry) -> Iterator[Entry]:
        """The entries to write for one that came in."""
        if entry.source == "ami" and entry.what == "heard":
            data = self._whole(entry.data)
        elif entry.source == "ami":
            self._rest = b""
            data = b""
        else:
            data = entry.data
        if entry.what == "heard" and not data:
            return
        if self._masker is not None:
            entry, data = self._masked(self._masker, entry, data)
            if entry.what == "heard" and not data:
                return
        for secret in self._secrets:
            data = data.replace(secret, GONE)
        yield replace(entry, data=data)

    def _whole(self, data: bytes) -> bytes:
        whole, end, self._rest = (self._rest + data).rpartition(b"\r\n\r\n")
        if len(self._rest) > LONGEST_MESSAGE:
            self._rest = b""
        return whole + end

    def _masked(self, masker: Masker, entry: Entry, data: bytes) -> tuple[Entry, bytes]:
        facts = {
            key: masker.free(fact) if key in _FREE_FACTS and isinstance(fact, str) else fact
            for key, fact in entry.facts.items()
        }
        if (ids := facts.get("provider_ids")) and isinstance(ids, list):
            facts["provider_ids"] = [masker.free(str(one)) for one in ids]
        entry = replace(entry, facts=facts)
        if entry.source == "sms" and entry.what == "text":
            for key in ("sender", "recipient"):
                facts[key] = masker.number(str(facts.get(key) or ""))
            # A digest of the sender and of few words: who tries all numbers would find his.
            facts["identity"] = masker.text(str(facts.get("identity") or ""))
            return replace(entry, facts=facts), b""
        if entry.source == "ami":
            return entry, _masked_ami(masker, data)
        if entry.source == "agi":
            return entry, _masked_agi(masker, data)
        if entry.source == "web":
            return entry, masker.body(data)
        if entry.source.startswith("box:"):
            return entry, self._masked_box(entry.source, data)
        return entry, b""

    def _masked_box(self, source: str, data: bytes) -> bytes:
        box = self._boxes.get(source)
        if box is None and data and source in self._boxes:
            log.warning("the frames of this box cannot be masked: it is left out of the recording", box=source)
            del self._boxes[source]
        return b"" if box is None else box.feed(data)


def _masked_ami(masker: Masker, data: bytes) -> bytes:
    return b"".join(_masked_message(masker, raw) + b"\r\n\r\n" for raw in data.split(b"\r\n\r\n") if _is_read(raw))


def _is_read(raw: bytes) -> bool:
    text = raw.lstrip(b"\r\n")
    if text.startswith(b"Asterisk Call Manager/"):
        text = text.partition(b"\r\n")[2]
    head = text.partition(b"\r\n")[0]
    return bool(text) and (not head.startswith(b"Event: ") or head[7:] in _READ)


def _masked_message(masker: Masker, raw: bytes) -> bytes:
    arrival = _ARRIVAL if b"\r\nUserEvent: " in raw else {}
    return b"\r\n".join(_masked_line(masker, line, arrival) for line in raw.split(b"\r\n"))


def _masked_line(masker: Masker, line: bytes, named: dict[bytes, str]) -> bytes:
    key, colon, value = line.partition(b": ")
    if not colon or not value or value == b"<unknown>":
        return line
    if key.endswith(_EMPTIED):
        return key + colon
    if key.endswith(_NUMBER_KEYS) or named.get(key) == "number":
        return key + colon + _through(masker.number, value)
    if key.endswith(_NAME_KEYS) or key in named:
        return key + colon + _through(masker.text, value)
    return key + colon + _through(masker.free, value)


def _masked_agi(masker: Masker, data: bytes) -> bytes:
    lines = []
    for line in data.split(b"\n"):
        key, colon, value = line.partition(b": ")
        mask = {"number": masker.number, "text": masker.text}.get(_AGI.get(key, ""), masker.free)
        untold = value.strip() in (b"", b"unknown")
        lines.append(
            line if untold and colon else key + colon + _through(mask, value) if colon else _through(masker.free, line)
        )
    return b"\n".join(lines)


def _through(mask: Callable[[str], str], value: bytes) -> bytes:
    return mask(value.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
