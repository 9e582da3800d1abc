"""Korean multi-line boxes with STX/ETX frames (the class that dispatch offices in Korea have on USB-serial, 19200 8N1).

    byte   0      1        2        3 ... 20               21
         <STX>  channel  opcode   payload, space-padded  <ETX>
          0x02  '1'...    letter   18 characters          0x03

    I  call comes in; payload is the number, or P (withheld), C (pay phone), O (not available)
    S  handset lifted          E  handset back          K  dialling finished          P  device information

There is no checksum. Frames with a shorter, unpadded payload were seen as well, so frames are cut at STX and ETX and the
length is not believed. A frame that holds anything but printable ASCII is line noise or another speed: it tells of no call.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from callerid.framing import Framed
from callerid.reading import Decoder, Kind, Reading

BAUD = 19_200
HAS_CHECKSUM = False

STX, ETX = 0x02, 0x03
LONGEST_BODY = 64
_REASONS = {"P": "withheld", "C": "unavailable", "O": "unavailable"}
_HANDSET = {"S": Kind.OFF_HOOK, "E": Kind.ON_HOOK}
_SILENT = frozenset("KPOF")
_NUMBER = re.compile(r"\+?[0-9*#-]{2,24}\Z")


class KoreanStx:
    """The decoder of one port."""

    def __init__(self) -> None:
        self._frames = Framed(STX, ETX, LONGEST_BODY)

    def feed(self, data: bytes) -> list[Reading]:
        """See `callerid.reading.Decoder`."""
        readings = (_read(body) for body in self._frames.feed(data))
        return [reading for reading in readings if reading is not None]


def decoder(charset: str) -> Decoder:
    """See `callerid.reading.BoxModel`."""
    return KoreanStx()


class Masked:
    """The same frames with other numbers, padded as they were."""

    def __init__(self, number: Callable[[str], str]) -> None:
        self._frames = Framed(STX, ETX, LONGEST_BODY)
        self._number = number

    def feed(self, data: bytes) -> bytes:
        """See `callerid.reading.FrameMasker`."""
        return b"".join(bytes([STX]) + self._mask(body) + bytes([ETX]) for body in self._frames.feed(data))

    def _mask(self, body: bytes) -> bytes:
        head, payload = body[:2], body[2:]
        told = payload.strip()
        if not told or told.decode("latin-1") in _REASONS:
            return body
        return head + payload.replace(told, self._number(told.decode("latin-1")).encode("latin-1", "replace"), 1)


def masker(number: Callable[[str], str]) -> Masked:
    """See `callerid.reading.BoxModel`."""
    return Masked(number)


def _read(body: bytes) -> Reading | None:
    text = body.decode("ascii", "replace")
    channel, opcode, payload = text[:1], text[1:2], text[2:].strip()
    if not (text.isascii() and text.isprintable() and channel.isalnum()):
        return Reading(Kind.NOISE, raw=body)
    if opcode in _HANDSET:
        return Reading(_HANDSET[opcode], channel, raw=body)
    if opcode in _SILENT:
        return None
    if opcode != "I":
        return Reading(Kind.NOISE, channel, raw=body)
    if payload in _REASONS:
        return Reading(Kind.CALLER, channel, presentation=_REASONS[payload], raw=body)
    if _NUMBER.match(payload):
        return Reading(Kind.CALLER, channel, number=payload, raw=body)
    # A call is certain, its number is not: the operator must see the ring all the same.
    return Reading(Kind.CALLER, channel, presentation="unavailable", raw=body)
