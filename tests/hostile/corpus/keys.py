"""F11. Keys as SIP INFO and as RTP events (RFC 4733): good ones, floods, doubles, keys that no telephone has, and broken packets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

PLACE, OPERATOR = "place", "operator"


@dataclass(frozen=True)
class Info:
    """INFO requests, one after the other. `choice` is what the row must say; None: nothing is promised of it."""

    bodies: Sequence[bytes]
    kind: bytes = b"application/dtmf-relay"
    choice: str | None = None


@dataclass(frozen=True)
class Events:
    """RTP events: (event, milliseconds, end packets) each; or whole packets behind an RTP head, or raw datagrams."""

    keys: Sequence[tuple[int, int, int]] = ()
    payloads: Sequence[bytes] = ()
    raw: Sequence[bytes] = ()
    choice: str | None = None


def _relay(key: str, duration: object = 160) -> bytes:
    return f"Signal={key}\r\nDuration={duration}\r\n".encode()


_GOOD_INFO = (
    *(Info((_relay("1"),), choice=PLACE) for _ in range(6)),
    *(Info((_relay("0"),), choice=OPERATOR) for _ in range(3)),
    Info((b"1",), b"application/dtmf", PLACE),
    Info((b"0",), b"application/dtmf", OPERATOR),
    Info((_relay("9"), _relay("1"))),
    Info((_relay("1"),) * 5, choice=PLACE),
    Info((_relay("0"),) * 5, choice=OPERATOR),
)
_ODD_INFO = tuple(
    Info((body,), kind)
    for kind in (b"application/dtmf-relay", b"application/dtmf")
    for body in (
        b"", b"\x00", b"\xff", b"Signal=", b"Signal=\r\n", b"Signal", b"Signal=1", b"signal=1\r\n", b"Signal= 1 \r\nDuration= 0 \r\n", b"Signal=11\r\nDuration=160\r\n",
        _relay("A"), _relay("D"), _relay("*"), _relay("#"), _relay("E"), _relay("!"), _relay("\xff"), _relay("-1"), _relay("16"), _relay("255"), _relay("${EPOCH}"),
        _relay("1", 0), _relay("1", -1), _relay("1", 999_999_999), _relay("1", "x"), _relay("1" * 200), b"Signal=1\r\n" * 200, b"Duration=160\r\n", b"x" * 10_000,
    )
) + tuple(Info((_relay("1"),), kind) for kind in (b"text/plain", b"application/x", b"", b"application/dtmf-relay;x=y", b"APPLICATION/DTMF-RELAY"))  # fmt: skip
_FLOODS = (
    *(Info(tuple(_relay(key) for key in "123456789*#ABCD" * 14)[:200]) for _ in range(1)),
    Info((_relay("*"),) * 100),
    Info((_relay("#"),) * 100),
    Info(tuple(_relay(key) for key in "9" * 3)),
)

_GOOD_RTP = (
    *(Events(((1, milliseconds, 3),), choice=PLACE) for milliseconds in (60, 80, 100, 160, 250, 400)),
    *(Events(((0, milliseconds, 3),), choice=OPERATOR) for milliseconds in (80, 160, 400)),
    *(Events(((1, 160, ends),), choice=PLACE) for ends in (1, 2, 3, 10, 50)),
)
_ODD_RTP = (
    *(Events(((event, 160, 3),)) for event in (9, 10, 11, 12, 15, 16, 17, 40, 64, 127, 128, 255)),
    *(Events(((1, 160, 0),)) for _ in range(2)),  # never ends
    *(Events(((1, milliseconds, 3),)) for milliseconds in (0, 1, 20, 8000)),
    Events(tuple((event, 60, 3) for event in (9,) * 3)),
    Events(tuple((event % 16, 40, 1) for event in range(200))),
    Events(((1, 100, 3), (2, 100, 3), (3, 100, 3), (0, 100, 3))),
    *(Events(payloads=(payload,) * 20) for payload in (
        b"", b"\x01", b"\x01\x8a", b"\x01\x8a\x00", b"\x01\x8a\xff\xff", b"\x01\xca\x05\x00", b"\x01\x8a\x05\x00" * 10, b"\x01\x8a\x00\x00", b"\xff\xff\xff\xff",
        b"\x01\x8a\x05\x00" + b"\x00" * 1400, bytes(range(256)), b"\x01\x0a\x00\x00",
    )),
    *(Events(raw=(data,) * 10) for data in (
        b"", b"\x00", b"\x80", b"\x80\x65", b"\x80\xe5" + b"\x00" * 10, b"\xff" * 12, b"\xff" * 1400, b"\x8f\x65" + b"\x00" * 20, b"\xb0\x65" + b"\x00" * 10 + b"\xff\xff\xff\xff",
        b"\x40\x65" + b"\x00" * 14, b"\x80\xc8" + b"\x00" * 26, b"\x81\xcb\x00\x01" + b"\x00" * 4, b"\x00" * 2000, b"Event: Hangup\r\n\r\n", b"INVITE sip:x SIP/2.0\r\n\r\n",
    )),
)  # fmt: skip

CASES: tuple[Info | Events, ...] = (*_GOOD_INFO, *_ODD_INFO, *_FLOODS, *_GOOD_RTP, *_ODD_RTP)
