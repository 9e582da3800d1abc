"""One manager message, parsed when somebody looks into it. Pure.

Keys are compared without case. A key that comes twice has a list. `text()` is what our own code uses: the first value, with
`<unknown>` and emptiness as None. Names are C-escaped by Asterisk (ast_escape_c), numbers are not; see `name()`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)

Value = str | list[str]
_KEYS_REMEMBERED = 1000
_KEY_REMEMBERED = 60


def decode(raw: bytes) -> str:
    """Text of a whole message or value: UTF-8, else CP949 (Korean trunks), else with replacement signs."""
    for encoding in ("utf-8", "cp949"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")


def unescape(text: str) -> str:
    r"""Undo Asterisk's C escapes, once: `O\'Brien` is O'Brien, `\\n` stays a backslash and an n."""
    if "\\" not in text:
        return text
    return _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]), text)


def uri_decoded(text: str) -> str:
    """What the dialplan put through URIENCODE, as text again."""
    return decode(unquote_to_bytes(text))


class Message(Mapping[str, Value]):
    """An event or an answer; nothing is decoded before the first look."""

    __slots__ = ("_headers", "_raw", "_repeated")

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._headers: dict[str, Value] | None = None
        self._repeated: tuple[str, ...] = ()

    @property
    def headers(self) -> dict[str, Value]:
        """All headers by lower-case key."""
        if self._headers is None:
            self._headers, self._repeated = _parse(self._raw)
        return self._headers

    @property
    def repeated(self) -> tuple[str, ...]:
        """The lower-case keys that came more than once."""
        return self._repeated if self.headers else ()

    def text(self, key: str) -> str | None:
        """The first value of `key`; None where it is absent, empty or `<unknown>`."""
        headers = self._headers
        value = (self.headers if headers is None else headers).get(key.lower())
        if isinstance(value, list):
            value = value[0]
        return None if not value or value == "<unknown>" else value

    def texts(self, key: str) -> list[str]:
        """Every value of `key`, however often it came."""
        value = self.headers.get(key.lower(), [])
        return [value] if isinstance(value, str) else list(value)

    def several(self, keys: tuple[str, ...]) -> list[str | None]:
        """As `text`, for lower-case `keys` at once: half of the time of an event went into asking for one after the other."""
        get: Callable[[str], Any] = self.headers.get
        if self._repeated:
            return [self.text(key) for key in keys]
        return [None if not (value := get(key)) or value == "<unknown>" else value for key in keys]

    def name(self, key: str) -> str | None:
        """A person's name as Asterisk tells it (CallerIDName, ConnectedLineName), its C escapes undone."""
        value = self.text(key)
        return None if value is None else unescape(value)

    def __getitem__(self, key: str) -> Value:
        return self.headers[key.lower()]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.lower() in self.headers

    def __iter__(self) -> Iterator[str]:
        return iter(self.headers)

    def __len__(self) -> int:
        return len(self.headers)

    def __repr__(self) -> str:
        return f"<Message {self.text('Event') or self.text('Response') or '?'}>"


class _Keys(dict[str, str]):
    """Lower-case spelling of each key that Asterisk uses: a few hundred. What is no plain key raises ValueError; bounded."""

    def __missing__(self, key: str) -> str:
        if not key or ":" in key:
            raise ValueError("not a plain header")
        lower = key.lower()
        if len(self) < _KEYS_REMEMBERED and len(key) <= _KEY_REMEMBERED:
            self[key] = lower
        return lower


_keys = _Keys()


def _parse(raw: bytes) -> tuple[dict[str, Value], tuple[str, ...]]:
    """Headers of a message, and the keys that came more than once."""
    lines = decode(raw).split("\r\n")
    headers: dict[str, Value] = {}
    try:
        for line in lines:
            key, colon, value = line.partition(": ")
            if not colon:
                return _parse_odd(lines)
            headers[_keys[key]] = value
    except ValueError:
        return _parse_odd(lines)
    return (headers, ()) if len(headers) == len(lines) else _parse_odd(lines)


def _parse_odd(lines: list[str]) -> tuple[dict[str, Value], tuple[str, ...]]:
    """As `_parse`, for lines that are not all plain and different.

    A line without a colon is no header; one whose empty value lost its blank still is.
    """
    headers: dict[str, Value] = {}
    repeated: tuple[str, ...] = ()
    for line in lines:
        key, colon, value = line.partition(":")
        if not colon or not key:
            continue
        key = key.lower()
        value = value.removeprefix(" ")
        known = headers.get(key)
        if known is None:
            headers[key] = value
        elif isinstance(known, list):
            known.append(value)
        else:
            headers[key] = [known, value]
            repeated += (key,)
    return headers, repeated
