"""In which bytes texts travel: GSM 7-bit (an octet a septet), UCS-2, CP949. Pure; reading never raises.

Source: 3GPP TS 23.038.
"""

from __future__ import annotations

from typing import Final, Literal

Coding = Literal["gsm7", "ucs2", "cp949", "latin1"]

_BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPE: Final = 0x1B
_EXTENSION: Final = {
    "\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65,
}  # fmt: skip
GSM7: Final = {char: bytes([code]) for code, char in enumerate(_BASIC) if code != _ESCAPE} | {
    char: bytes([_ESCAPE, code]) for char, code in _EXTENSION.items()
}
"""Each character of the alphabet with its septets, an octet each."""
_EXTENDED: Final = {code: char for char, code in _EXTENSION.items()}


def read(octets: bytes, coding: str) -> str:
    """What `octets` say; what cannot be read is a replacement character."""
    if coding == "gsm7":
        return _gsm7(octets)
    if coding == "ucs2":
        return _ucs2(octets)
    return octets.decode("cp949" if coding == "cp949" else "latin-1", "replace")


def _gsm7(octets: bytes) -> str:
    """An octet above 0x7f is no septet. Networks of Korea send CP949 there, others Latin-1."""
    if any(octet > 0x7F for octet in octets):
        try:
            return octets.decode("cp949")
        except UnicodeDecodeError:
            return octets.decode("latin-1")
    told: list[str] = []
    escaped = False
    for octet in octets:
        if escaped:
            told.append(_EXTENDED.get(octet, _BASIC[octet]))
            escaped = False
        elif octet == _ESCAPE:
            escaped = True
        else:
            told.append(_BASIC[octet])
    return "".join(told)


def _ucs2(octets: bytes) -> str:
    """Big end first, as it should be; a byte order mark that says otherwise is believed. An odd octet at the end is dropped."""
    whole = octets[: len(octets) // 2 * 2]
    if whole[:2] == b"\xff\xfe":
        return whole[2:].decode("utf-16-le", "replace")
    return whole.decode("utf-16-be", "replace").removeprefix("\ufeff")
