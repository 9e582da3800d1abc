"""Delivery receipts of SMPP, in every spelling that networks use. Pure, and never raises on foreign bytes.

    id:M00000001 sub:001 dlvrd:001 submit date:2611220015 done date:2611220015 stat:DELIVRD err:000 text:

The text is appendix B of SMPP 3.4, which no network is bound to: keys come in any case and order, the dates with or without
seconds, `err` as letters, `id` in decimal where the submit was answered in hexadecimal. The optional parameters
receipted_message_id and message_state are better and win where they are present.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from sms.outcome import Receipt, ReceiptState

RECEIPTED_MESSAGE_ID = 0x001E
MESSAGE_STATE = 0x0427

IdSpelling = Literal["same", "decimal of hexadecimal", "hexadecimal of decimal"]

_BY_WORD: dict[str, ReceiptState] = {
    "ENROUTE": "sent", "ACCEPTD": "sent", "DELIVRD": "delivered", "EXPIRED": "expired", "DELETED": "failed",
    "UNDELIV": "failed", "REJECTD": "failed", "UNKNOWN": "unknown",
}  # fmt: skip
_WORDS = {
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
}
_FIELD = re.compile(
    r"(?:^|\s)(id|stat|err): ?(?!(?:id|sub|dlvrd|submit date|done date|stat|err):)(\S{0,64})", re.IGNORECASE
)
_TEXT = re.compile(r"(?:^|\s)text:", re.IGNORECASE)


def is_receipt(esm_class: int, tlvs: Mapping[int, bytes]) -> bool:
    """Whether a deliver_sm tells of one of our texts (final or on its way) and is not a text from a person."""
    return esm_class & 0x3C in (0x04, 0x20) or RECEIPTED_MESSAGE_ID in tlvs


def parse(short_message: bytes, tlvs: Mapping[int, bytes], spelling: IdSpelling = "same") -> Receipt | None:
    """The receipt, or None if it does not say of which text it tells. A state that nobody defined is `unknown`."""
    text = short_message.decode("latin-1")
    # The quoted beginning of our own text must not be read as fields.
    head = text[: found.start()] if (found := _TEXT.search(text)) else text
    fields = {match[1].lower(): match[2] for match in reversed(list(_FIELD.finditer(head)))}
    provider_id = _c_string(tlvs.get(RECEIPTED_MESSAGE_ID, b"")) or _respelt(fields.get("id", ""), spelling)
    if not provider_id:
        return None
    word = _WORDS.get(int.from_bytes(tlvs.get(MESSAGE_STATE, b"")[:1], "big")) or fields.get("stat", "").upper()[:7]
    error = fields.get("err", "").strip("0")
    detail = f"{word} {fields['err']}" if error else word
    return Receipt(provider_id, _BY_WORD.get(word, "unknown"), _printable(detail) or None)


def _c_string(value: bytes) -> str:
    return _printable(value.split(b"\0", 1)[0].decode("latin-1"))


def _printable(text: str) -> str:
    return "".join(char for char in text if " " < char < "\x7f" or char == " ")[:80]


def _respelt(text: str, spelling: IdSpelling) -> str:
    """The id of a receipt's text, written as the answer to the submit wrote it."""
    text = _printable(text)
    try:
        if spelling == "decimal of hexadecimal":
            return format(int(text, 10), "X")
        if spelling == "hexadecimal of decimal":
            return str(int(text, 16))
    except ValueError:
        return text
    return text
