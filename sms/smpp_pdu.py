"""Reading what an SMSC sends, byte by byte and forgiving: a strange PDU costs that PDU, never the link. Pure.

      0        4           8                12               16
    | length | command_id | command_status | sequence_number | body ...        all big-endian

aiosmpplib's classes write what we send; they do not read what we get, because they raise on vendor status codes, on
receipts with seconds in their dates and on empty bodies (docs/adr/0008-smpp-link.md).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

HEADER = struct.Struct("!IIII")
MAX_LENGTH = 70_000
"""No PDU is longer: message_payload holds 64 KiB, and the rest is small."""

RESPONSE = 0x80000000
GENERIC_NACK = 0x80000000
SUBMIT_SM = 0x00000004
DELIVER_SM = 0x00000005
UNBIND = 0x00000006
BIND_TRANSCEIVER = 0x00000009
ENQUIRE_LINK = 0x00000015
ALERT_NOTIFICATION = 0x00000102
MESSAGE_PAYLOAD = 0x0424


class BadPdu(ValueError):
    """The bytes cannot be a PDU; whoever sends them does not speak SMPP."""


@dataclass(frozen=True, slots=True)
class Header:
    """`length` counts the whole PDU; `status` is 0 in requests."""

    length: int
    command: int
    status: int
    sequence: int

    @property
    def is_response(self) -> bool:
        return bool(self.command & RESPONSE)


@dataclass(frozen=True, slots=True)
class Deliver:
    """A deliver_sm as far as we use it. `source` is a handset's number, foreign text; `body` is all of it but the header."""

    source: str
    esm_class: int
    short_message: bytes
    tlvs: Mapping[int, bytes]
    destination: str = ""
    source_ton: int = 0
    data_coding: int = 0
    body: bytes = b""


def header(data: bytes) -> Header:
    """The first 16 octets. Raises BadPdu on a length that no PDU has."""
    length, command, status, sequence = HEADER.unpack(data)
    if not HEADER.size <= length <= MAX_LENGTH:
        raise BadPdu(f"a PDU of {length} octets was announced")
    return Header(length, command, status, sequence)


def message_id(body: bytes) -> str:
    """The id in a submit_sm_resp; empty if there is none (answers that refuse may have no body)."""
    return "".join(char for char in body.split(b"\0", 1)[0].decode("latin-1") if "!" <= char <= "~")[:64]


def deliver(body: bytes) -> Deliver:
    """The body of a deliver_sm. Raises BadPdu if it ends in the middle of a mandatory field."""
    try:
        _service_type, at = _c_string(body, 0)
        source_ton = body[at]
        source, at = _c_string(body, at + 2)
        destination, at = _c_string(body, at + 2)
        esm_class = body[at]
        _schedule, at = _c_string(body, at + 3)
        _validity, at = _c_string(body, at)
        data_coding, length = body[at + 2], body[at + 4]
        start = at + 5
    except (IndexError, ValueError) as error:
        raise BadPdu("a deliver_sm ended in the middle of a field") from error
    tlvs = _tlvs(body, start + length)
    message = body[start : start + length] or tlvs.get(MESSAGE_PAYLOAD, b"")
    return Deliver(source, esm_class, message, tlvs, destination, source_ton, data_coding, body)


def _c_string(body: bytes, at: int) -> tuple[str, int]:
    end = body.index(0, at)
    return body[at:end].decode("latin-1"), end + 1


def _tlvs(body: bytes, at: int) -> dict[int, bytes]:
    """Tag, length and value until the end; a cut one at the end is left out."""
    found: dict[int, bytes] = {}
    while at + 4 <= len(body):
        tag, length = struct.unpack_from("!HH", body, at)
        if at + 4 + length > len(body):
            break
        found.setdefault(tag, body[at + 4 : at + 4 + length])
        at += 4 + length
    return found
