r"""Bytes of the manager stream to whole messages, and actions to bytes. Pure.

    Event: Newchannel\r\n          one header a line, "Key: value"
    CallerIDName: O\'Brien\r\n     names C-escaped, bytes in any encoding
    \r\n                           an empty line ends the message

The stream is cut as bytes, so a letter torn between two reads is whole again before it is decoded. Asterisk takes a bare
LF as a line end too (main/manager.c, get_input), so CR, LF and NUL are refused in everything that we send.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ami.errors import UnsafeAction

MESSAGE_LIMIT = 256 * 1024
LINE_LIMIT = 1000  # Asterisk discards a line of 1,024 bytes
HEADER_LIMIT = 100  # Asterisk reads 128
_END = b"\r\n\r\n"
_BANNER = b"Asterisk Call Manager/"
_TORN_END = b"\r\n\nEvent: "
_FORBIDDEN = ("\r", "\n", "\0")

FieldValue = str | int | Sequence[str]


class Splitter:
    """Collects reads and gives back whole messages, without their closing empty line. Memory is bounded."""

    def __init__(self, limit: int = MESSAGE_LIMIT) -> None:
        self.skipped = 0
        self._limit = limit
        self._rest = b""
        self._skipping = False

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that `data` completes, in order. One over the limit is dropped whole and counted in `skipped`."""
        if self._rest:
            data = self._rest + data
        whole = data.split(_END)
        self._rest = whole.pop()
        if self._skipping and whole:
            del whole[0]
            self._skipping = False
        if len(self._rest) > self._limit:
            self.skipped += not self._skipping
            self._skipping = True
        if self._skipping:
            self._rest = self._rest[-3:]
        if len(data) > self._limit:
            whole = self._bounded(whole)
        if data.startswith(_BANNER) or _TORN_END in data:
            return _mended(whole)
        return whole

    def _bounded(self, whole: list[bytes]) -> list[bytes]:
        kept = [raw for raw in whole if len(raw) <= self._limit]
        self.skipped += len(whole) - len(kept)
        return kept


def _mended(whole: list[bytes]) -> list[bytes]:
    """Without the banner line, and with messages parted that Asterisk closed with CR LF LF (asterisk/asterisk#761)."""
    mended = []
    for raw in whole:
        if raw.startswith(_BANNER):
            raw = raw.partition(b"\r\n")[2]
        first, *others = raw.split(_TORN_END)
        mended.append(first)
        mended.extend(b"Event: " + other for other in others)
    return [raw for raw in mended if raw]


def encode_action(fields: Mapping[str, FieldValue]) -> bytes:
    """One action as bytes; a sequence becomes a repeated header. Raises UnsafeAction and never alters a value."""
    lines = [
        _line(key, str(one))
        for key, value in fields.items()
        for one in ((value,) if isinstance(value, (str, int)) else value)
    ]
    if len(lines) > HEADER_LIMIT:
        raise UnsafeAction(f"an action of {len(lines)} headers is longer than Asterisk reads", field="*")
    return b"".join((*lines, b"\r\n"))


def _line(key: str, value: str) -> bytes:
    if not key or ":" in key or not key.isascii() or key != key.strip():
        raise UnsafeAction(f"{key!r} cannot be the name of a header", field=key)
    for text in (key, value):
        if any(sign in text for sign in _FORBIDDEN):
            raise UnsafeAction(f"a line break or NUL was about to be sent in {key!r}", field=key)
    try:
        line = f"{key}: {value}\r\n".encode()
    except UnicodeEncodeError:
        raise UnsafeAction(f"the value of {key!r} is not text", field=key) from None
    if len(line) > LINE_LIMIT:
        raise UnsafeAction(f"the value of {key!r} is longer than Asterisk reads", field=key)
    return line
