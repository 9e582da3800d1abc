"""The AGI wire, pure: header block, quoting, commands, replies. Bytes in, values out; no I/O.

    header block            command                               reply
    agi_network: yes\\n      STREAM FILE "welcome" "0123"\\n         200 result=49 endpos=8000\\n
    agi_uniqueid: 1.2\\n                                           200 result=1 (value, raw)\\n
    \\n                      SET VARIABLE "IVR_DONE" "1"\\n          511 Command Not Permitted on a dead channel\\n
                                                                 520-Invalid command syntax. ...\\n ... 520 End\\n
    out of turn, when the caller hangs up: HANGUP\\n; before the real reply: 100 result=0 Trying...\\n

Source: res/res_agi.c of Asterisk 22 (setup_env, parse_args, agi_handle_command, run_agi).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl

MAX_COMMAND = 2000
"""Bytes in a command line. Asterisk's buffer was 2,048 before 22 made it 8,192."""

SHORT_REPLY = 40
"""Bytes of a reply that is worth remembering."""
PRESENTATIONS = ("allowed", "withheld", "unavailable")
UNSPOKEN = str.maketrans({"\r": " ", "\n": " ", "\0": " "})


def decode(data: bytes) -> str:
    """Text as Korean telephony sends it: UTF-8, else CP949, else with replacement marks. Never fails."""
    for encoding in ("utf-8", "cp949"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", "replace")


def parse_headers(block: bytes) -> dict[str, str]:
    """The header block as a dict. The first value of a repeated key wins: a line break in a caller's name adds nothing.

    Each line is decoded on its own, so one name in another encoding does not change the others.
    """
    headers: dict[str, str] = {}
    for line in _lines(block):
        key, colon, value = line.partition(":")
        if colon and key.startswith("agi_"):
            headers.setdefault(key.strip(), value.strip())
    return headers


def _lines(block: bytes) -> list[str]:
    try:
        return block.decode().split("\n")
    except UnicodeDecodeError:
        return [decode(line) for line in block.split(b"\n")]


@dataclass(frozen=True, slots=True)
class Target:
    """What `agi://host/<flow>?line=...` asks for."""

    flow: str
    query: Mapping[str, str]


def parse_target(script: str) -> Target:
    """Split `agi_network_script`: the flow is the path, the query's first value of each key wins."""
    path, _, query = script.partition("?")
    values: dict[str, str] = {}
    for key, value in parse_qsl(query, keep_blank_values=True, max_num_fields=32):
        values.setdefault(key, value)
    return Target(path.strip("/"), values)


def quote(argument: object) -> str:
    """One argument as Asterisk's parse_args() reads it back; CR, LF and NUL become blanks."""
    text = str(argument).translate(UNSPOKEN).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


@lru_cache(1024, typed=True)
def command(name: str, *arguments: Hashable) -> bytes:
    """One command line. Raises ValueError if it would be longer than any Asterisk takes, or more than one line."""
    text = " ".join([name, *map(quote, arguments)])
    return line(text)


def line(text: str) -> bytes:
    """`text` as one command line, already quoted. Raises ValueError as `command` does."""
    if any(mark in text for mark in "\r\n\0"):
        raise ValueError("an AGI command must be one line")
    data = text.encode("utf-8", "replace") + b"\n"
    if len(data) > MAX_COMMAND:
        raise ValueError(f"an AGI command of {len(data)} bytes is longer than {MAX_COMMAND}")
    return data


@lru_cache(256)
def verb(data: bytes) -> str:
    """Which command a line is, without what it says: `STREAM FILE "welcome" ""` is STREAM FILE."""
    return data.partition(b'"')[0].decode("ascii", "replace").strip()


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one command: `result` as text (may be empty), `value` from the parentheses, raw, or None."""

    code: int
    result: str = ""
    value: str | None = None
    endpos: int | None = None
    text: str = ""

    @property
    def failed(self) -> bool:
        """The command ran and did not succeed (or the caller went away in it)."""
        return self.result == "-1"

    @property
    def key(self) -> str:
        """The key that the caller pressed, as one character, or "" if none: `result` holds its character code."""
        code = int(self.result) if self.result.isascii() and self.result.isdigit() else 0
        return chr(code) if 0 < code < 128 else ""


def parse_reply(data: bytes) -> Reply:
    """One reply line, or a joined 520 block. Raises ValueError on what no Asterisk says.

    `value` reaches to the last parenthesis of the line, so that a value may hold parentheses, and the word `hangup` in it
    is only a word.
    """
    # Most replies are one of a few; what a caller can make long is not kept.
    return _known_reply(data) if len(data) <= SHORT_REPLY else _reply(data)


def _reply(data: bytes) -> Reply:
    text = decode(data).rstrip("\r\n")
    code = text[:3]
    if len(code) != 3 or not code.isascii() or not code.isdigit():
        raise ValueError("not an AGI reply")
    rest = text[4:]
    if not rest.startswith("result="):
        return Reply(int(code), text=rest)
    result, _, rest = rest.removeprefix("result=").partition(" ")
    value: str | None = None
    tail = rest
    if rest.startswith("("):
        inside, close, tail = rest[1:].rpartition(")")
        value = inside if close else rest[1:]
    return Reply(int(code), result, value, _endpos(tail), text[4:])


_known_reply = lru_cache(256)(_reply)


def _endpos(tail: str) -> int | None:
    key, _, number = tail.strip().partition("=")
    return int(number) if key == "endpos" and number.isascii() and number.isdigit() else None


def told(value: str) -> str | None:
    """A header's value; Asterisk writes `unknown` where it has none."""
    return None if value in ("", "unknown") else value


def presentation(judged: str | None, callingpres: str) -> str:
    """ "allowed", "withheld" or "unavailable": as the dialplan judged, else by `agi_callingpres`.

    Bits 6 and 7 of that octet: 0 allowed, 1 restricted, 2 not available (Q.951).
    """
    if judged in PRESENTATIONS:
        return judged
    bits = (int(callingpres) >> 5) & 3 if callingpres.isascii() and callingpres.isdigit() else 0
    return PRESENTATIONS[min(bits, 2)]
