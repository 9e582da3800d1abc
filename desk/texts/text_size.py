"""How many texts a text is, and its bytes: GSM 7-bit, UCS-2, and the CP949 bytes by which Korean carriers count. Pure.

    one part          160 septets, or 70 UTF-16 code units
    several parts     153 septets, or 67 code units, each part behind a header of six octets:

        05 00 03 RR NN II      length, "concatenated, 8-bit reference", length, reference, parts in all, this part

Source: 3GPP TS 23.038 (alphabets) and 23.040 section 9.2.3.24.1 (concatenation).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

from desk.texts.alphabets import GSM7

Alphabet = Literal["gsm7", "ucs2"]

_SINGLE = {"gsm7": 160, "ucs2": 140}
_PART = {"gsm7": 153, "ucs2": 134}
MAX_PARTS = 255
CP949_SMS_BYTES = 90
CP949_LMS_BYTES = 2000

# What people paste and CP949 lacks, with what every handset shows instead.
_PLAINER = str.maketrans({"—": "-", "–": "-", "₩": "원", "\u00a0": " ", "\u200b": None, "\ufeff": None, "\ufe0f": None})


class TooLong(ValueError):
    """The text needs more than 255 parts."""


@dataclass(frozen=True, slots=True)
class Segments:
    """A text cut into parts, as octets in SMPP's form (one septet an octet); headers are not in them."""

    alphabet: Alphabet
    parts: tuple[bytes, ...]

    def with_headers(self, reference: int) -> tuple[bytes, ...]:
        """The parts as they travel: behind a concatenation header if there are several. `reference` is 0 to 255."""
        if len(self.parts) == 1:
            return self.parts
        head = bytes([5, 0, 3, reference, len(self.parts)])
        return tuple(head + bytes([number]) + part for number, part in enumerate(self.parts, start=1))


@dataclass(frozen=True, slots=True)
class KoreanSize:
    """How a Korean carrier counts a text: bytes of CP949, the kind that it is sold as, and what cannot be sent at all."""

    octets: int
    kind: Literal["SMS", "LMS", "too long"]
    lost: str


def alphabet_of(text: str) -> Alphabet:
    """GSM 7-bit where every character is in it, else UCS-2."""
    return "gsm7" if all(char in GSM7 for char in text) else "ucs2"


def segment(text: str, alphabet: Alphabet | None = None) -> Segments:
    """Cut `text`. Neither an escaped character nor a surrogate pair is ever cut in two. Raises TooLong."""
    text = unicodedata.normalize("NFC", text)
    chosen = alphabet or alphabet_of(text)
    pieces = [GSM7.get(char, b"?") if chosen == "gsm7" else char.encode("utf-16-be") for char in text]
    if sum(map(len, pieces)) <= _SINGLE[chosen]:
        return Segments(chosen, (b"".join(pieces),))
    parts = _fill(pieces, _PART[chosen])
    if len(parts) > MAX_PARTS:
        raise TooLong(f"a text of {len(parts)} parts cannot be sent; the limit is {MAX_PARTS}")
    return Segments(chosen, parts)


def parts_of(text: str) -> int:
    """In how many parts `text` travels; 0 where it is too long for any number of them."""
    try:
        return len(segment(text).parts)
    except TooLong:
        return 0


def _fill(pieces: list[bytes], capacity: int) -> tuple[bytes, ...]:
    parts = [bytearray()]
    for piece in pieces:
        if len(parts[-1]) + len(piece) > capacity:
            parts.append(bytearray())
        parts[-1] += piece
    return tuple(bytes(part) for part in parts)


def korean(text: str) -> tuple[str, KoreanSize]:
    """`text` as CP949 can carry it, and its size. A line feed counts twice, as some gateways make it CR LF.

    `cp949` and not `euc_kr`: Python's euc_kr writes the rarer syllables in eight bytes.
    """
    plainer = unicodedata.normalize("NFC", text).translate(_PLAINER)
    lost = "".join(dict.fromkeys(char for char in plainer if not _in_cp949(char)))
    kept = "".join(char for char in plainer if char not in lost)
    octets = len(kept.encode("cp949")) + kept.count("\n")
    if octets <= CP949_SMS_BYTES:
        return kept, KoreanSize(octets, "SMS", lost)
    return kept, KoreanSize(octets, "LMS" if octets <= CP949_LMS_BYTES else "too long", lost)


def one_sms(*choices: str) -> str:
    """The first of them that a Korean carrier sells as one SMS; the first of all where none is."""
    return next((text for text in choices if korean(text)[1].kind == "SMS"), choices[0])


def _in_cp949(char: str) -> bool:
    try:
        char.encode("cp949")
    except UnicodeEncodeError:
        return False
    return True
