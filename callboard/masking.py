"""Other people's numbers and names out of a recording, so that it may be sent away and still plays the same.

A number keeps its length, its signs and its first digits (what kind of number it is); the same number, however it is spelled,
is the same masked number throughout one recording. The key is random, lives in memory only and is gone with the recorder, so
nobody can compute a mask from a number afterwards. The site's own lines and short extensions stay as they are.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Collection
from typing import Any

from desk import numbers

SHORTEST = 7
"""Digits; what has fewer is an extension or an emergency number and says nothing about a person."""

KEPT_DIGITS = 4
_PLAIN_KEYS = frozenset({"source", "driver_number"})
_DIGITS = re.compile(r"\+?\d{7,15}")
_SURELY = re.compile(r"\+\d{8,}|0\d{8,}")


class Masker:
    """One recording's masks."""

    def __init__(self, lines: Collection[str], country: str, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(32)
        self._country = country
        self._lines = {spelling for line in lines for spelling in (line, self._canonical(line))}
        self._masks: dict[str, str] = {}
        self._taken: set[str] = set()
        self._spellings: set[str] = set()

    def number(self, text: str) -> str:
        """A field that holds a number (or a word, where a caller could write one)."""
        digits = _only_digits(text)
        if not digits or len(digits) * 2 < len(text):
            return self.text(text) if text.strip() else text
        canonical = self._canonical(text)
        if len(digits) < SHORTEST or digits in self._lines or canonical in self._lines:
            return text
        self._spellings.add(digits)
        return _with_last_digits(text, self._mask(canonical))

    def text(self, text: str) -> str:
        """A name, a place or a note: equal ones stay equal, nothing else is left."""
        return f"masked-{self._digest('text', text)[:8].hex()}" if text.strip() else text

    def free(self, text: str) -> str:
        """Text of the wire: every number that was a caller's, and everything that looks like one, is masked."""
        return _DIGITS.sub(self._perhaps, text)

    def body(self, raw: bytes) -> bytes:
        """The JSON body of a request."""
        try:
            value = json.loads(raw) if raw else None
            return b"" if value is None else json.dumps(self._value("", value), ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            return b""

    def _value(self, key: str, value: Any) -> Any:
        match value:
            case dict():
                return {name: self._value(name, inner) for name, inner in value.items()}
            case list():
                return [self._value(key, inner) for inner in value]
            case str() if key == "number":
                return self.number(value)
            case str() if key not in _PLAIN_KEYS:
                return self.text(value)
            case float() if key in ("lat", "lon"):
                return round(value, 1)
        return value

    def _perhaps(self, found: re.Match[str]) -> str:
        text = found[0]
        digits = _only_digits(text)
        return self.number(text) if digits in self._spellings or _SURELY.fullmatch(text) else text

    def _canonical(self, text: str) -> str:
        e164 = numbers.normalise(text, self._country).e164
        return e164.lstrip("+") if e164 else _only_digits(text)

    def _mask(self, canonical: str) -> str:
        """The last digits of the masked number; different numbers never share one."""
        if canonical not in self._masks:
            count = len(canonical) - KEPT_DIGITS
            for salt in range(1000):
                drawn = int.from_bytes(self._digest(f"number {salt}", canonical)[:16], "big")
                tail = f"{drawn % 10**count:0{count}}"
                if canonical[:KEPT_DIGITS] + tail not in self._taken and tail != canonical[KEPT_DIGITS:]:
                    break
            self._taken.add(canonical[:KEPT_DIGITS] + tail)
            self._masks[canonical] = tail
        return self._masks[canonical]

    def _digest(self, purpose: str, text: str) -> bytes:
        return hmac.new(self._key, f"{purpose}\0{text}".encode("utf-8", "replace"), hashlib.sha256).digest()


def _only_digits(text: str) -> str:
    return "".join(char for char in text if char.isdecimal() and char.isascii())


def _with_last_digits(text: str, tail: str) -> str:
    """`text` with its last digits replaced by those of `tail`, every other sign where it was."""
    rest = list(tail)
    signs = [rest.pop() if rest and char.isascii() and char.isdecimal() else char for char in reversed(text)]
    return "".join(reversed(signs))
